"""Arrays that another process can open by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_noise2same.core.array import ArrayLike, Derived, MappedFile
from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io import is_zarr

__all__ = ["check_present", "file_of", "portable_source"]


def file_of(array: ArrayLike | None) -> Path | None:
    """Return where on a disk an array lies.

    Parameters
    ----------
    array : ArrayLike or None
        An image.

    Returns
    -------
    Path or None
        The folder of a Zarr array, or the file of a memory map, or of the whole that one of them
        is a window of or has in another order; None for all others.
    """
    whole = _whole(array)
    if isinstance(whole, np.memmap):
        return None if whole.filename is None else Path(whole.filename)
    return _folder_of(whole)


def check_present(array: ArrayLike) -> None:
    """Make sure that a Zarr array is where it was: chunks that are not found read as empty.

    Parameters
    ----------
    array : ArrayLike
        An image.

    Raises
    ------
    FileError
        If it is not there.
    """
    folder = _folder_of(_whole(array))
    if folder is not None and not is_zarr(folder):
        raise FileError(
            f"Expected the image at {folder}, found nothing there: every process that "
            "denoises must reach it."
        )


def _whole(array: ArrayLike | None) -> ArrayLike | None:
    """Return what an array is a part of, or has in another order, or else itself."""
    while isinstance(array, Derived):
        array = array.source
    return array


def _folder_of(array: ArrayLike | None) -> Path | None:
    """Return the folder of a Zarr array on a disk."""
    root = getattr(getattr(getattr(array, "store_path", None), "store", None), "root", None)
    return None if root is None else Path(root) / getattr(array, "path", "")


def portable_source(array: ArrayLike | None) -> ArrayLike | None:
    """Return what can be sent to another process instead of the pixels.

    Parameters
    ----------
    array : ArrayLike or None
        An image.

    Returns
    -------
    ArrayLike or None
        A Zarr array in a store outside this process, a dask array or a mapped file, which are
        small, or one of them in part or in another order; None for arrays in memory.
    """
    if isinstance(array, Derived):
        whole = portable_source(array.source)
        return None if whole is None else replace(array, source=whole)
    if isinstance(array, np.memmap):
        return MappedFile.of(array)
    if isinstance(array, np.ndarray) or array is None:
        return None
    import dask.array
    import zarr

    if isinstance(array, zarr.Array):
        return None if isinstance(array.store, zarr.storage.MemoryStore) else array
    return array if isinstance(array, dask.array.Array) else None
