"""Single pixels without a value, as a detector's dead ones are, or with an absurd one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

__all__ = ["fill_holes", "hide_outliers"]

# Side of the window in Y and X.
_SIDE = 5
# In units of the image's standard deviation.
_FARTHEST = 300.0


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


def hide_outliers(normalised: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Keep from a network what would spoil all that it sees with it.

    Sentinels as -1e30 and the hits of cosmic rays are no noise to be removed; light so bright has
    none that shows.

    Parameters
    ----------
    normalised : ndarray of float32, shape (..., Y, X)
        Pixels in units of the image's standard deviation.

    Returns
    -------
    shown : ndarray of float32, same shape
        The pixels; single ones more than 300 away from zero are replaced as holes are, the others
        of them drawn in. Where there is nothing to replace them by, those that are not finite are
        zero.
    hidden : ndarray of bool, same shape
        Which pixels those are.
    """
    hidden = ~(np.abs(normalised) <= _FARTHEST)
    if not hidden.any():
        return normalised, hidden
    filled = fill_holes(np.where(hidden, np.float32(np.nan), normalised))
    drawn_in = np.clip(np.nan_to_num(normalised, posinf=0, neginf=0), -_FARTHEST, _FARTHEST)
    return np.where(np.isfinite(filled), filled, drawn_in), hidden
