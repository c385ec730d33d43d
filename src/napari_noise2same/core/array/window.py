"""Arrays that are part of another one, or have its axes in another order; nothing is read early."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array.types import ArrayLike
from napari_noise2same.core.array.view import Region

__all__ = ["Derived", "Transposed", "Window", "complete_index", "transposed"]


@dataclass(frozen=True, eq=False)
class Derived(ABC):
    """An array that is made of another one when it is indexed.

    Attributes
    ----------
    source : ArrayLike
        The other one.
    """

    source: ArrayLike

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""

    @abstractmethod
    def __getitem__(self, index: Any) -> Any:
        """Return the values at an index."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return np.dtype(self.source.dtype)


@dataclass(frozen=True, eq=False)
class Window(Derived):
    """A region of an array as an array of its own; nothing is read before it is indexed.

    Attributes
    ----------
    source : ArrayLike
        The whole array.
    region : tuple of slice
        One slice per dimension, with start and stop inside the array and no step.
    target : tuple of slice, optional
        The part of the region that is wanted, also in pixels of the whole array: what is around
        it helps a network. All of the region by default.
    """

    region: Region
    target: Region | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(part.stop - part.start for part in self.region)

    def __getitem__(self, index: Any) -> Any:
        """Return the values at an index of integers, slices of step 1, and an ellipsis."""
        places = zip(self.region, complete_index(index, len(self.region)), strict=True)
        return self.source[tuple(_shift(part, place) for part, place in places)]

    @property
    def wanted(self) -> Region:
        """The part that is wanted, in pixels of the whole array."""
        return self.target or self.region

    def keep(self, result: NDArray[Any]) -> NDArray[Any]:
        """Return what is wanted of a result.

        Parameters
        ----------
        result : ndarray
            What was made of the window, of its shape.

        Returns
        -------
        ndarray
            A view of it.
        """
        pairs = zip(self.wanted, self.region, strict=True)
        return result[tuple(slice(w.start - r.start, w.stop - r.start) for w, r in pairs)]


@dataclass(frozen=True, eq=False)
class Transposed(Derived):
    """An array with its axes in another order; nothing is read before it is indexed.

    Attributes
    ----------
    source : ArrayLike
        The array as it is.
    order : tuple of int
        Its axes in the new order, as `numpy.transpose` takes them.
    """

    order: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(self.source.shape[axis] for axis in self.order)

    @property
    def chunks(self) -> tuple[Any, ...] | None:
        """The source's chunks, as it tells them; None if it has none."""
        chunks = getattr(self.source, "chunks", None)
        return None if chunks is None else tuple(chunks[axis] for axis in self.order)

    def __getitem__(self, index: Any) -> Any:
        """Return the values at an index of integers, slices, and an ellipsis."""
        places = complete_index(index, self.ndim)
        values = np.asarray(self.source[tuple(places[i] for i in np.argsort(self.order))])
        # Slices keep their axes, integers do not.
        left = [
            axis for axis, place in zip(self.order, places, strict=True) if isinstance(place, slice)
        ]
        return values.transpose([sorted(left).index(axis) for axis in left])

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """Read all of it: napari does so with the coarsest size of an image."""
        return np.array(self[()], dtype=dtype, copy=copy)


def transposed(array: ArrayLike, axes: str, wanted: str) -> ArrayLike:
    """Bring the axes of an array into another order, without reading it.

    Parameters
    ----------
    array : ArrayLike
        The array.
    axes : str
        Its axes.
    wanted : str
        The same letters in the order wanted.

    Returns
    -------
    ArrayLike
        The array itself where the order is right; a view of a NumPy array.
    """
    if axes == wanted:
        return array
    order = tuple(axes.index(axis) for axis in wanted)
    return array.transpose(order) if isinstance(array, np.ndarray) else Transposed(array, order)


def complete_index(index: Any, ndim: int) -> Sequence[Any]:
    """Write an index out.

    Parameters
    ----------
    index : Any
        Integers and slices, in a tuple if there are several, and at most one ellipsis.
    ndim : int
        Number of axes.

    Returns
    -------
    sequence
        One entry for each axis.
    """
    index = index if isinstance(index, tuple) else (index,)
    before = next((n for n, place in enumerate(index) if place is ...), len(index))
    after = index[before + 1 :]
    return (*index[:before], *(slice(None),) * (ndim - before - len(after)), *after)


def _shift(part: slice, place: Any) -> Any:
    """Return an index into the whole array for one into its window."""
    if not isinstance(place, slice):
        return range(part.start, part.stop)[place]
    start, stop, _ = place.indices(part.stop - part.start)
    return slice(part.start + start, part.start + max(start, stop))
