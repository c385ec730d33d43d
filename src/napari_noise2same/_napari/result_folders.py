"""Where results in folders lie."""

from __future__ import annotations

from pathlib import Path

from napari.layers import Layer

from napari_noise2same._napari.model_files import file_name
from napari_noise2same._napari.results import SUFFIX

__all__ = ["ENDING", "result_path"]

ENDING = ".ome.zarr"
"""What the name of a result ends in."""


def result_path(layer: Layer, folder: str) -> Path:
    """Name the folder of a layer's result; nothing is looked up.

    Parameters
    ----------
    layer : napari.layers.Layer
        The layer.
    folder : str
        What it lies in; if empty, beside the file of the layer, or in the user's home folder if
        the layer has none.

    Returns
    -------
    Path
        The folder.
    """
    parent = Path(folder) if folder else _beside(layer.source.path)
    return parent / file_name(layer.name + SUFFIX, ENDING.removeprefix("."))


def _beside(source: str | None) -> Path:
    """Return the folder that a file is in, with Zarr folders taken for files."""
    if not source or "://" in source:
        return Path.home()
    path = Path(source)
    outermost = [folder for folder in path.parents if folder.suffix == ".zarr"][-1:]
    return (outermost or [path])[0].parent
