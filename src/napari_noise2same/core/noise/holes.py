"""Single pixels without a value, as a detector's dead ones are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

__all__ = ["fill_holes"]

# Side of the window in Y and X.
_SIDE = 5


def fill_holes(values: NDArray[Any]) -> NDArray[Any]:
    """Replace pixels that are not finite by the mean of the finite ones around them.

    Parameters
    ----------
    values : ndarray, shape (..., Y, X)
        Real pixels.

    Returns
    -------
    ndarray, same shape and type
        The pixels; the array itself, if all are finite. Where fewer than half of the pixels around
        are finite, those that are not stay as they are.
    """
    finite = np.isfinite(values)
    if finite.all():
        return values
    window = (1,) * (values.ndim - 2) + (_SIDE, _SIDE)
    share = uniform_filter(finite.astype(np.float64), window)
    known = uniform_filter(np.where(finite, values, 0).astype(np.float64), window)
    holes = ~finite & (share > 0.5)
    filled = values.copy()
    filled[holes] = known[holes] / share[holes]
    return filled
