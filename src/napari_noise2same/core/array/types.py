"""The little that is asked of an array."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

__all__ = ["ArrayLike"]


@runtime_checkable
class ArrayLike(Protocol):
    """Anything with a shape, a dtype and slicing: NumPy, dask, Zarr, memory maps.

    Nothing here ever loads such an array whole: it is read region by region.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""

    def __getitem__(self, index: Any, /) -> Any:
        """Return the values at `index`, convertible with `numpy.asarray`."""
