"""Telling results of denoising from images."""

from __future__ import annotations

import json
from pathlib import Path

import tifffile

from napari_noise2same.core.io.tiff_reading import DAMAGE
from napari_noise2same.core.io.tiff_writing import SOFTWARE, TIFF_SUFFIXES

__all__ = ["is_result", "is_unfinished", "journal_path"]

_JOURNAL = ".denoising.jsonl"


def is_result(path: Path) -> bool:
    """Tell whether a file says that `write_image` has written it with a description.

    Parameters
    ----------
    path : Path
        A TIFF file or a Zarr folder; other formats have no place to say so.

    Returns
    -------
    bool
        Whether it is a result; False for a file that cannot be read.
    """
    if path.is_dir():
        return _is_zarr_result(path)
    return path.suffix.lower() in TIFF_SUFFIXES and _is_tiff_result(path)


def is_unfinished(path: Path) -> bool:
    """Tell whether a Zarr folder is a result in which something is still missing.

    Parameters
    ----------
    path : Path
        A file or folder.

    Returns
    -------
    bool
        Whether it says so.
    """
    return journal_path(path).is_file()


def journal_path(folder: Path) -> Path:
    """Return the place of the journal of a result.

    Parameters
    ----------
    folder : Path
        Zarr folder of the result.

    Returns
    -------
    Path
        A file that is there as long as the result is not finished.
    """
    return folder / _JOURNAL


def _is_tiff_result(path: Path) -> bool:
    """Look at one tag of the first page."""
    try:
        with tifffile.TiffFile(path) as tif:
            tag = tif.pages.first.tags.get("Software")
            return tag is not None and tag.value == SOFTWARE
    except DAMAGE:
        return False


def _is_zarr_result(path: Path) -> bool:
    """Look at the attributes of the group, which need no zarr to be read."""
    try:
        attributes = json.loads((path / "zarr.json").read_text(encoding="utf-8"))["attributes"]
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return isinstance(attributes, dict) and bool(attributes.get(SOFTWARE))
