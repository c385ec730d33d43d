"""Arrays as napari wants those of several sizes: a slice of one is read when its pixels are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import ArrayLike, Derived, complete_index

__all__ = ["Lazy", "lazy_levels", "renew"]

# Values of a size that is kept in memory; the coarsest size of a plane has less.
_SMALL = 2**20


@dataclass(frozen=True, eq=False)
class Lazy(Derived):
    """A part of an array that is read by `numpy.asarray` only.

    napari cuts the visible rectangle out of all planes of a size, and then one plane out of that:
    a Zarr array would read them all. dask arrays would do, but napari keeps their chunks, so that
    a result would not be seen to fill, and the engine would not know the file behind them.

    Attributes
    ----------
    source : ArrayLike
        The array.
    index : tuple of int or range
        What of it, one entry for each of its axes.
    """

    index: tuple[int | range, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(len(part) for part in self.index if isinstance(part, range))

    @property
    def chunks(self) -> tuple[Any, ...] | None:
        """Shape of the source's chunks, by which napari widens what it reads; None if unknown."""
        chunks = getattr(self.source, "chunks", None)
        if chunks is None:
            return None
        return tuple(n for n, i in zip(chunks, self.index, strict=True) if isinstance(i, range))

    def __getitem__(self, index: Any) -> Lazy | NDArray[Any]:
        """Return a smaller part, which is read at once if the index is more than ranges."""
        places = index if isinstance(index, tuple) else (index,)
        if not all(map(_is_range, places)):
            values: NDArray[Any] = np.asarray(self)[index]
            return values
        wanted = iter(complete_index(index, self.ndim))
        parts = (part[next(wanted)] if isinstance(part, range) else part for part in self.index)
        return Lazy(self.source, tuple(parts))

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """Read the part."""
        index = (slice(i.start, i.stop) if isinstance(i, range) else i for i in self.index)
        return np.array(self.source[tuple(index)], dtype=dtype, copy=copy)


def lazy_levels(levels: Sequence[ArrayLike]) -> list[ArrayLike]:
    """See all sizes of an image as napari wants them.

    Parameters
    ----------
    levels : sequence of ArrayLike
        The arrays, finest first.

    Returns
    -------
    list of ArrayLike
        The same. Nothing is read but the coarsest size if it is small, as that of a plane is: of
        this napari would keep its own copy, in which nothing is ever seen to fill.
    """
    lazy: list[ArrayLike] = [Lazy(level, tuple(map(range, level.shape))) for level in levels]
    if math.prod(levels[-1].shape) <= _SMALL:
        lazy[-1] = np.array(levels[-1][:])
    return lazy


def renew(levels: Sequence[ArrayLike], sources: Sequence[ArrayLike]) -> None:
    """Read again what `lazy_levels` has read.

    Parameters
    ----------
    levels : sequence of ArrayLike
        What it has returned.
    sources : sequence of ArrayLike
        What was given to it.
    """
    if isinstance(levels[-1], np.ndarray):
        levels[-1][:] = sources[-1][:]


def _is_range(place: Any) -> bool:
    """Tell whether an entry of an index is one place or a range of them."""
    if isinstance(place, slice):
        return place.step in (None, 1)
    return isinstance(place, int | np.integer)
