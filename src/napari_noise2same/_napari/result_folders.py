"""Results that go into folders: where, and whether they have to."""

from __future__ import annotations

import shutil
from pathlib import Path

from napari.layers import Layer

from napari_noise2same._napari.model_files import file_name
from napari_noise2same._napari.results import SUFFIX

__all__ = ["ENDING", "fits_memory", "free_space", "result_path"]

ENDING = ".ome.zarr"
"""What the name of a result ends in."""

# A result may take this share of the memory that is free: napari and the network need some too.
_SHARE = 1 / 3


def fits_memory(needed: int, free: int) -> bool:
    """Tell whether results fit into memory and leave enough of it.

    Parameters
    ----------
    needed : int
        Bytes of the results.
    free : int
        Bytes that are available.

    Returns
    -------
    bool
        Whether they fit.
    """
    return needed <= free * _SHARE


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


def free_space(folder: Path) -> int | None:
    """Return the free space of the disk that a folder is on, or will be.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    int or None
        Bytes; None if it cannot be found out.
    """
    for path in (folder, *folder.parents):
        if path.exists():
            return shutil.disk_usage(path).free
    return None


def _beside(source: str | None) -> Path:
    """Return the folder that a file is in, with Zarr folders taken for files."""
    if not source or "://" in source:
        return Path.home()
    path = Path(source)
    outermost = [folder for folder in path.parents if folder.suffix == ".zarr"][-1:]
    return (outermost or [path])[0].parent
