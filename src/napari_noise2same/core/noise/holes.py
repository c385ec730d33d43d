"""Pixels and lines without a value, or with one that has nothing to do with what is around them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import binary_dilation, label, uniform_filter, uniform_filter1d

__all__ = ["fill_holes", "hide_outliers"]

# Side of the window in Y and X.
_SIDE = 5
# In units of the image's standard deviation. Very bright objects are as far away as that, too, but
# all around them there is some of their light.
_FARTHEST, _GLOW = 300.0, 30.0
# How far a defective pixel is from all eight around it: in standard deviations of the noise, and in
# differences between these. Of light, which optics spread, they would have some too.
_LONELY_SIGMAS = 8.0
_LONELY_RANGES = 4.0
# Of a camera's rows and columns means over so many pixels are compared, and nearly all must agree;
# shorter lines are in pictures, too. Those that are closer hardly spoil what is around them.
_LINE, _LINE_SIGMAS, _LINE_SHARE = 61, 3.0, 0.9


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


def hide_outliers(
    normalised: NDArray[np.float32], sigma: ArrayLike
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Keep from a network what would spoil all that it sees with it.

    Sentinels as -1e30, the hits of cosmic rays, and a camera's hot and dead pixels, rows and
    columns are not the noise that it knows; light so bright has none that shows.

    Parameters
    ----------
    normalised : ndarray of float32, shape (..., Y, X)
        Pixels in units of the image's standard deviation.
    sigma : array_like
        Standard deviation of the noise in these units, one for all or one for each plane, with
        axes of length 1 for Y and X. Infinite where it is unknown: then no pixel is hot or dead.

    Returns
    -------
    shown : ndarray of float32, same shape
        The pixels; single ones more than 300 away from zero, and those that are hot or dead, are
        replaced as holes are, and so are such lines; others that are so far away are drawn in,
        unless all that is around them is 30 away at least, as where there is a bright object.
        Where there is nothing to replace them by, those that are not finite are zero.
    kept : ndarray of bool, same shape
        Which of these are to stay as they are: those that are no numbers, those more than 300 away
        from zero, and those that there is nothing to replace by.
    """
    noise = np.asarray(sigma, np.float32)
    drawn_in = np.clip(np.nan_to_num(normalised, posinf=0, neginf=0), -_FARTHEST, _FARTHEST)
    hidden = _absurd(normalised) | _lonely(normalised, noise)
    for along, across in ((-1, -2), (-2, -1)):
        hidden |= _lines(drawn_in, noise, along, across)
    if not hidden.any():
        return normalised, hidden
    filled = fill_holes(np.where(hidden, np.float32(np.nan), normalised))
    known = np.isfinite(filled)
    kept = hidden & ~(known & (np.abs(normalised) <= _FARTHEST))
    return np.where(known, filled, drawn_in), kept


def _absurd(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pixels are far from zero, or no number, and are no light."""
    absurd = ~(np.abs(values) <= _FARTHEST)
    if not absurd.any():
        return absurd
    adjacent = np.zeros((3,) * values.ndim, np.bool_)
    adjacent[(1,) * (values.ndim - 2)] = True
    objects, count = label(absurd, adjacent)
    dark = ~(np.abs(values) > _GLOW) | ~np.isfinite(values)
    defects = np.zeros(count + 1, np.bool_)
    defects[objects[absurd & binary_dilation(dark, adjacent)]] = True
    return np.asarray(defects[objects])


def _lonely(values: NDArray[np.float32], sigma: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pixels are far from all eight around them, which are close to each other."""
    around = [(0, 0)] * (values.ndim - 2) + [(1, 1)] * 2
    padded = np.pad(values, around, mode="reflect")
    with np.errstate(invalid="ignore", over="ignore"):
        highest, lowest = _of_neighbours(np.maximum, padded), _of_neighbours(np.minimum, padded)
        distance = np.maximum(values - highest, lowest - values)
        least = np.maximum(_LONELY_SIGMAS * sigma, _LONELY_RANGES * (highest - lowest))
        return np.asarray(distance > least)


def _lines(
    values: NDArray[np.float32], sigma: NDArray[np.float32], along: int, across: int
) -> NDArray[np.bool_]:
    """Return which pixels lie on a line that is far from the two lines on each of its sides.

    Of light, which optics spread, the next line would have some too, and the one after it less.
    """
    means = uniform_filter1d(values, _LINE, axis=along)
    beyond, above, here, below, beneath = _beside(means, across)
    distance = np.maximum(here - np.maximum(above, below), np.minimum(above, below) - here)
    found = np.asarray(distance > _LINE_SIGMAS * sigma)
    if not found.any():
        return found
    slope = np.maximum(np.maximum(abs(above - beyond), abs(below - beneath)), abs(above - below))
    _, above, here, below, _ = _beside(values, across)
    agreeing = (here > np.maximum(above, below), here < np.minimum(above, below))
    shares = [uniform_filter1d(a.astype(np.float32), _LINE, axis=along) for a in agreeing]
    found &= (distance > _LONELY_RANGES * slope) & (np.maximum(*shares) > _LINE_SHARE)
    # At the border lines often differ, as where an image was filtered, and spoil only one side.
    np.moveaxis(found, across, 0)[[0, -1]] = False
    return found


def _beside(values: NDArray[np.float32], axis: int) -> list[NDArray[np.float32]]:
    """Return what lies two before, one before, at, one after and two after each pixel."""
    around = [(0, 0)] * values.ndim
    around[axis] = (2, 2)
    lines = np.moveaxis(np.pad(values, around, mode="edge"), axis, 0)
    count = values.shape[axis]
    return [np.moveaxis(lines[i : i + count], 0, axis) for i in range(5)]


def _of_neighbours(largest: np.ufunc, padded: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the maximum, or minimum, of the eight pixels around each that is not padding."""
    left, middle, right = padded[..., :-2], padded[..., 1:-1], padded[..., 2:]
    beside = largest(left, right)
    rows = largest(beside, middle)
    above_and_below = largest(rows[..., :-2, :], rows[..., 2:, :])
    return np.asarray(largest(beside[..., 1:-1, :], above_and_below))
