"""How far apart pixels have independent noise."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from napari_noise2same.core.noise._filters import Floats, Samples, as_floats, second_differences
from napari_noise2same.core.noise._texture import block_means, is_noise

__all__ = ["independent_distances", "planes_share_noise"]

_Ratios = Callable[[int, int], tuple[float, float]]

_AXES = (-2, -1)
# Side of the blocks in which neighbours are compared, in steps of the distance. Of blocks with
# structure their ratio says little, so that it counts where it is nearly largest.
_BLOCK, _QUANTILES = 16, (0.5, 0.9)
# Measured on real images that were smoothed, shifted and enlarged by different amounts: below 0.63
# the shipped weights do better on every second pixel, by up to 15 dB. White noise has 1.2.
_SHARED = 0.63
# In one direction only; above, every second pixel along it is no better, and 0.4 dB worse at most.
_SHARED_ALONG = 0.45
# Texture looks shared as well. But not to the same extent in all blocks, and over larger distances
# too, where noise soon is white, or the ratio rises faster than the distance.
_UNIFORM = 1.4
_WHITE = 0.85
# Far apart, there is no more noise along one axis than along the other, but more of lines, even
# where there is little else: 1.2 and 2 times were measured.
_LINES, _PLAIN = 1.5, 0.2


def independent_distances(samples: Samples, most: int) -> tuple[int, int]:
    """Find the distances in Y and in X at which pixels share no noise.

    Parameters
    ----------
    samples : ndarray or sequence of ndarray
        Real pixels of any scale, ``(..., y, x)`` each.
    most : int
        The largest distance that is looked for, at least 2.

    Returns
    -------
    tuple of int
        In Y and in X. 1 for independent noise and wherever pixels do not tell; more in images
        that were enlarged or smoothed in this direction.

    Notes
    -----
    The second difference of white noise is as large over one pixel as over two; of noise that
    neighbours share, it is smaller over one.
    """
    arrays = as_floats(samples)
    ratios = cache(partial(_ratios, arrays))
    if all(_is_shared(*ratios(axis, 1), _SHARED) for axis in _AXES):
        if not is_noise(arrays):
            return 1, 1
        # Structure makes distances longer, and images are rarely enlarged more along one axis.
        shortest = min(_distance(ratios, axis, most) for axis in _AXES)
        return shortest, shortest
    for axis, across in (_AXES, _AXES[::-1]):
        clear = _is_shared(*ratios(axis, 1), _SHARED_ALONG) and ratios(across, 1)[1] >= _WHITE
        # Lines of one period may hide at one distance.
        lines = (_has_lines(arrays, axis, across, distance) for distance in (most - 1, most))
        if clear and is_noise(arrays) and not any(lines):
            distance = _distance(ratios, axis, most, across)
            return (distance, 1) if axis == -2 else (1, distance)
    return 1, 1


def planes_share_noise(samples: Samples) -> bool:
    """Tell whether neighbouring planes share their noise, as where Z was enlarged.

    Parameters
    ----------
    samples : ndarray or sequence of ndarray
        Real pixels of any scale, ``(..., z, y, x)`` each.

    Returns
    -------
    bool
        Whether they do; not so wherever pixels do not tell.
    """
    ratios = [_plane_ratios(array) for array in as_floats(samples)]
    return _is_shared(*_quantiles(ratios), _SHARED)


def _plane_ratios(array: Floats) -> Floats:
    """Compare second differences over one plane and over two, in blocks of a plane."""
    squares = [_squares(np.moveaxis(array, -3, -1), 1, step) for step in (1, 2)]
    if not squares[0].size:
        return np.empty(0)
    over_planes = (*range(array.ndim - 3), -1)
    return _compared(*(block_means(part.mean(axis=over_planes), _BLOCK) for part in squares))


def _is_shared(median: float, large: float, limit: float) -> bool:
    """Tell whether neighbours share what differs, to the same extent in all blocks."""
    return large < min(limit, _UNIFORM * median)


def _distance(ratios: _Ratios, axis: int, most: int, across: int | None = None) -> int:
    """Find the distance along an axis where neighbours share what differs; 1 for texture."""

    def whiteness(distance: int) -> float:
        _, along = ratios(axis, distance)
        # What structure takes from it, it takes along an axis that shares no noise too.
        return along if across is None else along / min(ratios(across, distance)[1], 1.0)

    for distance in range(2, most + 1):
        there = whiteness(distance)
        if there >= _SHARED:
            steep = there >= distance * whiteness(1)
            white = max(there, whiteness(distance + 1)) >= _WHITE
            return distance if steep or white else 1
    return 1


def _has_lines(arrays: list[Floats], axis: int, across: int, distance: int) -> bool:
    """Tell whether there is more along an axis, so far apart, than noise that has no direction."""

    def plain(axis: int) -> float:
        parts = [_energies(np.moveaxis(a, axis, -1), distance, distance).ravel() for a in arrays]
        energies = np.concatenate(parts)
        energies = energies[energies > 0]  # not so where a pixel is no number
        return float(np.quantile(energies, _PLAIN)) if energies.size else np.inf

    beside = plain(across)
    # Where there is too little to tell, there may be.
    return bool(np.isinf(beside)) or plain(axis) > _LINES * beside


def _ratios(arrays: list[Floats], axis: int, distance: int) -> tuple[float, float]:
    """Compare second differences along an axis over a distance and over twice that.

    Returns what they are to each other in most blocks, and where they differ least; 1 where there
    are no blocks.
    """
    parts = []
    for array in arrays:
        values = np.moveaxis(array, axis, -1)
        near, far = (_energies(values, distance, step) for step in (distance, 2 * distance))
        parts.append(_compared(near, far))
    return _quantiles(parts)


def _compared(near: Floats, far: Floats) -> Floats:
    """Return the ratios of energies where there are any."""
    return np.asarray(near[far > 0] / far[far > 0])


def _quantiles(parts: list[Floats]) -> tuple[float, float]:
    """Return what ratios are in most blocks, and where they are nearly largest."""
    ratios = np.concatenate(parts)
    median, large = np.quantile(ratios, _QUANTILES) if ratios.size else (1.0, 1.0)
    return float(median), float(large)


def _energies(values: Floats, distance: int, step: int) -> Floats:
    """Return the mean squares of second differences along the last axis, in blocks."""
    return block_means(_squares(values, distance, step), _BLOCK * distance)


def _squares(values: Floats, distance: int, step: int) -> Floats:
    """Return the squares of second differences along the last axis, wherever two steps fit."""
    return second_differences(values, step, margin=2 * distance) ** 2
