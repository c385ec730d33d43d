"""How far apart pixels have independent noise."""

from __future__ import annotations

import numpy as np

from napari_noise2same.core.noise._blocks import split_blocks
from napari_noise2same.core.noise._filters import Floats, Samples, as_floats, high_pass, interior

__all__ = ["independent_distance"]

# Side of the blocks in which neighbours are compared, in steps of the distance. Of blocks with
# structure their ratio says little, so that it counts where it is nearly largest.
_BLOCK, _QUANTILES = 16, (0.5, 0.9)
# Measured on real images that were smoothed, shifted and enlarged by different amounts: below 0.63
# the shipped weights do better on every second pixel, by up to 15 dB. White noise has 1.2.
_SHARED = 0.63
# Texture looks shared as well. But not to the same extent in all blocks; over larger distances
# too, where noise soon is white, or the ratio rises faster than the distance; and it is strong here
# and weak there, where noise is as strong as the brightness tells (logarithms of the energy of
# larger blocks).
_UNIFORM = 1.4
_WHITE = 0.85
_LARGE_BLOCK, _FEWEST = 32, 16
_SPREAD = 0.22
# Of the absolute difference of two draws: its median for a standard deviation of 1.
_MEDIAN = 0.6745 * 2**0.5


def independent_distance(samples: Samples, most: int) -> int:
    """Find the distance in Y and X at which pixels share no noise.

    Parameters
    ----------
    samples : ndarray or sequence of ndarray
        Real pixels of any scale, ``(..., y, x)`` each.
    most : int
        The largest distance that is looked for.

    Returns
    -------
    int
        1 for independent noise, for noise that neighbours share in one direction only, and
        wherever pixels do not tell; more in images that were enlarged or smoothed.

    Notes
    -----
    The second difference of white noise is as large over one pixel as over two; of noise that
    neighbours share, it is smaller over one.
    """
    arrays = as_floats(samples)
    median, large = _ratios(arrays, 1)
    if not large < min(_SHARED, _UNIFORM * median) or not _is_noise(arrays):
        return 1
    for distance in range(2, most + 1):
        _, there = _ratios(arrays, distance)
        if there >= _SHARED:
            steep = there >= distance * large
            white = max(there, _ratios(arrays, distance + 1)[1]) >= _WHITE
            return distance if steep or white else 1
    return 1


def _is_noise(arrays: list[Floats]) -> bool:
    """Tell whether what differs between neighbours is as strong wherever it is as bright."""
    energies, means = [], []
    for array in arrays:
        y, x = array.ndim - 2, array.ndim - 1
        rows, columns = high_pass(array, (y,))[..., 1:-1], high_pass(array, (x,))[..., 1:-1, :]
        energies.append(_block_means(rows**2 + columns**2, _LARGE_BLOCK).ravel())
        means.append(_block_means(interior(array, (y, x)), _LARGE_BLOCK).ravel())
    energy, mean = np.concatenate(energies), np.concatenate(means)
    seen = energy > 0  # not so where a pixel is no number
    if seen.sum() < _FEWEST:
        return False
    by_brightness = energy[seen][np.argsort(mean[seen])]
    spread = np.median(abs(np.diff(np.log(by_brightness)))) / _MEDIAN
    return bool(spread < _SPREAD)


def _ratios(arrays: list[Floats], distance: int) -> tuple[float, float]:
    """Compare second differences over a distance and over twice that.

    Returns what they are to each other in most blocks, and where they differ least, along the axis
    where they do so less; 1 where there are no blocks.
    """
    found = []
    for axis in (-2, -1):
        parts = []
        for array in arrays:
            values = np.moveaxis(array, axis, -1)
            near, far = (_energies(values, distance, step) for step in (distance, 2 * distance))
            parts.append(near[far > 0] / far[far > 0])
        ratios = np.concatenate(parts)
        median, large = np.quantile(ratios, _QUANTILES) if ratios.size else (1.0, 1.0)
        found.append((float(median), float(large)))
    return max(found, key=lambda ratio: ratio[1])


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
