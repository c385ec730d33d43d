"""Settings of denoising many files: immutable, validated, with a JSON round trip."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["BatchConfig", "ResultFormat"]

ResultFormat = Literal["tif", "ome.tif", "zarr"]


class BatchConfig(BaseModel):
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

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: tuple[str, ...] = ()
    output: str = ""
    format: ResultFormat | None = None
