"""How far apart pixels have independent noise."""

from __future__ import annotations

import numpy as np

from napari_noise2same.core.noise._blocks import split_blocks
from napari_noise2same.core.noise._filters import Floats, Samples, as_floats, high_pass, interior

__all__ = ["independent_distances"]

_AXES = (-2, -1)
# Side of the blocks in which neighbours are compared, in steps of the distance. Of blocks with
# structure their ratio says little, so that it counts where it is nearly largest.
_BLOCK, _QUANTILES = 16, (0.5, 0.9)
# Measured on real images that were smoothed, shifted and enlarged by different amounts: below 0.63
# the shipped weights do better on every second pixel, by up to 15 dB. White noise has 1.2.
_SHARED = 0.63
# In one direction only; above, every second pixel along it is no better, and 0.4 dB worse at most.
_SHARED_ALONG = 0.45
# Texture looks shared as well. But not to the same extent in all blocks; over larger distances
# too, where noise soon is white, or the ratio rises faster than the distance; and it is strong here
# and weak there, where noise is as strong as the brightness tells (logarithms of the energy of
# larger blocks).
_UNIFORM = 1.4
_WHITE = 0.85
_LARGE_BLOCK, _FEWEST = 32, 16
_SPREAD, _SPREAD_ALONG = 0.22, 0.26
# Of the absolute difference of two draws: its median for a standard deviation of 1.
_MEDIAN = 0.6745 * 2**0.5


def independent_distances(samples: Samples, most: int) -> tuple[int, int]:
    """Find the distances in Y and in X at which pixels share no noise.

    Parameters
    ----------
    samples : ndarray or sequence of ndarray
        Real pixels of any scale, ``(..., y, x)`` each.
    most : int
        The largest distance that is looked for.

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
    nearest = [_ratios(arrays, axis, 1) for axis in _AXES]
    limit = _SHARED if all(_is_shared(*ratios, _SHARED) for ratios in nearest) else _SHARED_ALONG
    shared = [_is_shared(*ratios, limit) for ratios in nearest]
    # Noise that is shared along one axis only is white along the other.
    clear = all(share or large >= _WHITE for share, (_, large) in zip(shared, nearest, strict=True))
    if not any(shared) or not clear or not _is_noise(arrays):
        return 1, 1
    found = [
        _distance(arrays, axis, large, most, alone=not all(shared)) if share else 1
        for axis, (_, large), share in zip(_AXES, nearest, shared, strict=True)
    ]
    # Too long a distance costs more than too short a one. 1 is texture: along one axis is enough.
    rows, columns = (min(found),) * 2 if all(shared) else found
    return rows, columns


def _is_shared(median: float, large: float, limit: float) -> bool:
    """Tell whether neighbours share what differs, to the same extent in all blocks."""
    return large < min(limit, _UNIFORM * median)


def _distance(arrays: list[Floats], axis: int, nearest: float, most: int, *, alone: bool) -> int:
    """Find the distance along an axis where neighbours share what differs; 1 for texture."""

    def whiteness(distance: int) -> float:
        _, along = _ratios(arrays, axis, distance)
        # What structure takes from it, it takes along the other axis too.
        _, across = _ratios(arrays, sum(_AXES) - axis, distance) if alone else (0, 1.0)
        return along / min(across, 1.0)

    for distance in range(2, most + 1):
        there = whiteness(distance)
        if there >= _SHARED:
            steep = there >= distance * nearest
            white = max(there, whiteness(distance + 1)) >= _WHITE
            return distance if steep or white else 1
    return 1


def _is_noise(arrays: list[Floats]) -> bool:
    """Tell whether what differs between neighbours is as strong wherever it is as bright."""
    rows, columns, means = [], [], []
    for array in arrays:
        y, x = array.ndim - 2, array.ndim - 1
        along_y, along_x = high_pass(array, (y,))[..., 1:-1], high_pass(array, (x,))[..., 1:-1, :]
        rows.append(_block_means(along_y**2, _LARGE_BLOCK).ravel())
        columns.append(_block_means(along_x**2, _LARGE_BLOCK).ravel())
        means.append(_block_means(interior(array, (y, x)), _LARGE_BLOCK).ravel())
    energies, mean = (
        np.array([np.concatenate(rows), np.concatenate(columns)]),
        np.concatenate(means),
    )
    seen = energies.min(axis=0) > 0  # not so where a pixel is no number
    if seen.sum() < _FEWEST:
        return False
    by_brightness = energies[:, seen][:, np.argsort(mean[seen])]
    along = max(map(_spread, by_brightness))
    return _spread(by_brightness.sum(axis=0)) < _SPREAD and along < _SPREAD_ALONG


def _spread(energies: Floats) -> float:
    """Return how much the logarithms of energies differ from one to the next."""
    return float(np.median(abs(np.diff(np.log(energies)))) / _MEDIAN)


def _ratios(arrays: list[Floats], axis: int, distance: int) -> tuple[float, float]:
    """Compare second differences along an axis over a distance and over twice that.

    Returns what they are to each other in most blocks, and where they differ least; 1 where there
    are no blocks.
    """
    parts = []
    for array in arrays:
        values = np.moveaxis(array, axis, -1)
        near, far = (_energies(values, distance, step) for step in (distance, 2 * distance))
        parts.append(near[far > 0] / far[far > 0])
    ratios = np.concatenate(parts)
    median, large = np.quantile(ratios, _QUANTILES) if ratios.size else (1.0, 1.0)
    return float(median), float(large)


def _energies(values: Floats, distance: int, step: int) -> Floats:
    """Return the mean squares of second differences along the last axis, in blocks."""
    centre = 2 * distance
    length = max(values.shape[-1] - 2 * centre, 0)
    before, middle, after = (
        values[..., start : start + length] for start in (centre - step, centre, centre + step)
    )
    return _block_means((2 * middle - before - after) ** 2, _BLOCK * distance)


def _block_means(values: Floats, side: int) -> Floats:
    """Return the mean of every whole block of the last two axes."""
    blocks, within = split_blocks(values, (1,) * (values.ndim - 2) + (side, side))
    return np.asarray(blocks.mean(axis=within))
