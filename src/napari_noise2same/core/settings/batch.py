"""Settings of denoising many files."""

from __future__ import annotations

from typing import Literal

from napari_noise2same.core.settings.base import Settings

__all__ = ["BatchConfig", "ResultFormat"]

ResultFormat = Literal["tif", "ome.tif", "zarr"]


class BatchConfig(Settings):
    """Which files to denoise, and where the results go.

    Attributes
    ----------
    inputs : tuple of str
        Files, folders and patterns such as ``day*/*.tif``.
    output : str
        Folder for the results; if empty, one beside the images.
    format : {"tif", "ome.tif", "zarr"}, optional
        Format of the results; that of each image by default.
    """

    inputs: tuple[str, ...] = ()
    output: str = ""
    format: ResultFormat | None = None
