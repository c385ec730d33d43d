"""Regions of arrays as arrays of their own, with the neighbours that a network looks at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import ArrayLike, Region
from napari_noise2same.core.io import Image

__all__ = ["Window", "crop"]


@dataclass(frozen=True, eq=False)
class Window:
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

    source: ArrayLike
    region: Region
    target: Region | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(part.stop - part.start for part in self.region)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return np.dtype(self.source.dtype)

    @property
    def wanted(self) -> Region:
        """The part that is wanted, in pixels of the whole array."""
        return self.target or self.region

    def __getitem__(self, index: Any) -> Any:
        """Return the values at an index of integers and slices of step 1."""
        index = index if isinstance(index, tuple) else (index,)
        whole = (slice(None),) * (len(self.region) - len(index))
        places = zip(self.region, (*index, *whole), strict=True)
        return self.source[tuple(_shift(part, place) for part, place in places)]

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


def crop(image: Image, region: Region, *, depth: str = "", context: int = 0) -> Image:
    """Return a region of an image, without reading it.

    Parameters
    ----------
    image : Image
        The image.
    region : tuple of slice
        One slice per dimension, as `visible_region` returns them.
    depth : str
        Axis along which a network looks at neighbours, or nothing.
    context : int
        Neighbours to take in on each side along that axis.

    Returns
    -------
    Image
        The region and the neighbours, with all else that is known about the image. Its data are a
        `Window`.
    """
    lengths = zip(image.axes, region, image.data.shape, strict=True)
    wide = tuple(
        slice(max(part.start - context, 0), min(part.stop + context, length))
        if axis == depth
        else part
        for axis, part, length in lengths
    )
    mask = image.mask
    if mask is not None:
        parts = zip(wide, mask.shape, strict=True)
        mask = mask[tuple(slice(None) if length == 1 else part for part, length in parts)]
    return replace(image, data=Window(image.data, wide, region), mask=mask)


def _shift(part: slice, place: Any) -> Any:
    """Return an index into the whole array for one into its window."""
    if not isinstance(place, slice):
        return range(part.start, part.stop)[place]
    start, stop, _ = place.indices(part.stop - part.start)
    return slice(part.start + start, part.start + max(start, stop))
