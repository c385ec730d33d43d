"""Which parts of an array are stored, or computed, together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array.types import ArrayLike

__all__ = ["Edges", "chunk_edges"]

Edges = NDArray[np.intp]


def chunk_edges(array: ArrayLike) -> tuple[Edges, ...] | None:
    """Return where the chunks of an array begin and end.

    Parameters
    ----------
    array : ArrayLike
        The array: Zarr and HDF5 have the length of a chunk for each axis in `chunks`, dask has the
        lengths of all chunks there.

    Returns
    -------
    tuple of ndarray, shape (chunks + 1,), or None
        For each axis the first pixel of each chunk, and the axis' length at last. None for an
        array without chunks, of which any part costs the same.
    """
    chunks = getattr(array, "chunks", None)
    if not isinstance(chunks, tuple) or len(chunks) != len(array.shape):
        return None
    return tuple(_edges(chunk, length) for chunk, length in zip(chunks, array.shape, strict=True))


def _edges(chunk: int | tuple[int, ...], length: int) -> Edges:
    """Return the edges along one axis."""
    if isinstance(chunk, tuple):
        return np.cumsum((0, *chunk))
    return np.append(np.arange(0, length, chunk), length)
