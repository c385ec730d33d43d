"""Noise that neighbouring pixels share, told from structure that looks like it."""

from __future__ import annotations

import numpy as np

from napari_noise2same.core.noise._blocks import split_blocks
from napari_noise2same.core.noise._filters import (
    Floats,
    high_pass,
    interior,
    second_differences,
)

_SIDE, _FEWEST = 32, 16
# How much the logarithms of blocks' energies spread at one brightness, in both directions together
# and along one. Of real images that were smoothed, shifted and enlarged, it is less.
_SPREAD, _SPREAD_ALONG = 0.22, 0.26
# Crowded bright spots differ far more at their peaks than around them: the skewness of their second
# differences is mostly 1.5 to 20, that of noise at most 1.35 from 0.3 photons a pixel on.
_SKEWNESS = 1.4
# Nothing that sums up independent noise has a kurtosis of less than 3, however it varies; in blocks
# of so few pixels 2.8 was measured.
_KURTOSIS = 2.7
# Lattices and grids are as they were farther away than noise is shared. Noise with streaks has a
# correlation of up to 0.23 there. Noise of its own hides them at the first step.
_PERIODIC, _PERIOD_SIDE, _FAR, _STEPS = 0.3, 64, 12, (1, 3)
# Of the absolute difference of two draws: its median for a standard deviation of 1.
_MEDIAN = 0.6745 * 2**0.5


def is_noise(arrays: list[Floats]) -> bool:
    """Tell whether what differs between neighbours may be noise that they share.

    It is as strong wherever it is as bright, is not skewed as by small spots, deviates at least as
    far as a Gaussian does, and does not repeat.
    """
    along_y, along_x = _moments(arrays, -2), _moments(arrays, -1)
    seen = (along_y[1] > 0) & (along_x[1] > 0)  # not so where a pixel is no number
    if seen.sum() < _FEWEST:
        return False
    order = np.argsort(along_y[0][seen])
    along_y, along_x = along_y[:, seen][:, order], along_x[:, seen][:, order]
    return (
        _spread(along_y[1] + along_x[1]) < _SPREAD
        and all(_deviates_like_noise(moments) for moments in (along_y, along_x))
        and not any(_repeats(arrays, axis, step) for axis in (-2, -1) for step in _STEPS)
    )


def block_means(values: Floats, side: int) -> Floats:
    """Return the mean of every whole block of the last two axes."""
    blocks, within = split_blocks(values, (1,) * (values.ndim - 2) + (side, side))
    return np.asarray(blocks.mean(axis=within))


def _moments(arrays: list[Floats], axis: int) -> Floats:
    """Return the mean of every block, and the moments 2 to 4 of its differences along an axis."""
    parts = []
    for array in arrays:
        both = array.ndim - 2, array.ndim - 1
        across = tuple(other for other in both if other != array.ndim + axis)
        differences = interior(high_pass(array, (array.ndim + axis,)), across)
        values = interior(array, both), *(differences**power for power in (2, 3, 4))
        parts.append([block_means(value, _SIDE).ravel() for value in values])
    return np.concatenate(parts, axis=1)


def _deviates_like_noise(moments: Floats) -> bool:
    """Tell whether most blocks' differences along one axis have the distribution of noise."""
    _, squares, cubes, fourths = moments
    skewness = abs(np.median(cubes / squares**1.5))
    kurtosis = np.median(fourths / squares**2)
    return bool(_spread(squares) < _SPREAD_ALONG and skewness < _SKEWNESS and kurtosis > _KURTOSIS)


def _spread(energies: Floats) -> float:
    """Return how much the logarithms of energies differ from one to the next."""
    return float(np.median(abs(np.diff(np.log(energies)))) / _MEDIAN)


def _repeats(arrays: list[Floats], axis: int, step: int) -> bool:
    """Tell whether differences along an axis are alike farther away than noise is shared."""
    along = (np.moveaxis(array, axis, -1) for array in arrays)
    differences = (second_differences(values, step, margin=step) for values in along)
    likeness = np.concatenate([_autocorrelations(values) for values in differences])
    lag = np.minimum(np.arange(_PERIOD_SIDE), _PERIOD_SIDE - np.arange(_PERIOD_SIDE))
    far = np.maximum(lag[:, np.newaxis], lag) > _FAR
    return bool(len(likeness)) and bool(abs(likeness.mean(axis=0)[far]).max() > _PERIODIC)


def _autocorrelations(values: Floats) -> Floats:
    """Return the cyclic autocorrelation of each block in which every pixel is a number."""
    side = _PERIOD_SIDE
    blocks, within = split_blocks(values, (1,) * (values.ndim - 2) + (side, side))
    blocks = np.moveaxis(blocks, within[-2:], (-2, -1)).reshape(-1, side, side)
    power = abs(np.fft.rfft2(blocks)) ** 2
    energy = power.sum(axis=(1, 2))
    correlations = np.fft.irfft2(power[np.isfinite(energy) & (energy > 0)])
    return np.asarray(correlations / correlations[:, :1, :1])
