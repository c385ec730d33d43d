"""Means, noise variances and structure of an image's blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from napari_noise2same.core.noise._filters import (
    Floats,
    Samples,
    as_floats,
    high_pass,
    interior,
    local_mean,
    spatial_axes,
)

# In the image, and in each bin.
FEWEST_BLOCKS = 16

_PIXELS = 64
_SATURATED_FRACTION = 0.05
_OUTLIER_QUANTILE = 0.005
_OUTLIER_RANGES = 4.0


@dataclass(frozen=True)
class BlockStatistics:
    """One value per block of pixels, blocks of every sample in one row."""

    mean: Floats
    variance: Floats  # mean of the squared high-pass
    structure: Floats  # variance of the means of 2-pixel-wide cells
    saturated: NDArray[np.bool_]
    beside_mask: NDArray[np.bool_]  # part of it may have no noise
    pixels: int = _PIXELS

    def usable(self) -> BlockStatistics:
        """Return the blocks that show noise, saturated ones only if there are too few others."""
        noisy = np.isfinite(self.variance) & (self.variance > 0)
        unsaturated = noisy & ~self.saturated
        return self._selected(unsaturated if unsaturated.sum() >= FEWEST_BLOCKS else noisy)

    def off_masks(self) -> BlockStatistics:
        """Return the blocks without those at the edge of a mask, all if these are the most."""
        return self if self.beside_mask.mean() > 0.5 else self._selected(~self.beside_mask)

    def _selected(self, keep: NDArray[np.bool_]) -> BlockStatistics:
        """Return some of the blocks."""
        return BlockStatistics(
            self.mean[keep],
            self.variance[keep],
            self.structure[keep],
            self.saturated[keep],
            self.beside_mask[keep],
        )


def block_statistics(samples: Samples, spatial_ndim: int | None) -> BlockStatistics:
    """Return the statistics of all whole blocks of about 64 pixels in the samples."""
    parts = [_statistics(values, spatial_ndim) for values in as_floats(samples)]
    return BlockStatistics(
        np.concatenate([part.mean for part in parts]),
        np.concatenate([part.variance for part in parts]),
        np.concatenate([part.structure for part in parts]),
        np.concatenate([part.saturated for part in parts]),
        np.concatenate([part.beside_mask for part in parts]),
    )


def _statistics(values: Floats, spatial_ndim: int | None) -> BlockStatistics:
    """Return the statistics of one sample's blocks."""
    axes = spatial_axes(values.shape, spatial_ndim)
    if not axes or not np.isfinite(values).any():
        none, never = np.empty(0), np.empty(0, dtype=bool)
        return BlockStatistics(none, none, none, saturated=never, beside_mask=never)
    values, ceiling = _fenced(values)
    inner = interior(values, axes)
    edges = _block_edges(inner.shape, axes)
    cells = tuple(min(edge, 2) for edge in edges)
    cells_per_block = tuple(edge // cell for edge, cell in zip(edges, cells, strict=True))
    cell_means, within = split_blocks(_block_means(inner, cells), cells_per_block)
    saturated = _block_means((inner == ceiling).astype(np.float64), edges)
    variance = _block_means(high_pass(values, axes) ** 2, edges)
    beside_mask = maximum_filter(variance == 0, size=3, axes=axes, mode="nearest")
    return BlockStatistics(
        mean=_block_means(local_mean(values, axes), edges).ravel(),
        variance=variance.ravel(),
        structure=cell_means.var(axis=within).ravel(),
        saturated=saturated.ravel() > _SATURATED_FRACTION,
        beside_mask=beside_mask.ravel(),
    )


def _fenced(values: Floats) -> tuple[Floats, float]:
    """Return the values with enormous ones drawn in, and the largest that is left."""
    low, high = np.nanquantile(values, [_OUTLIER_QUANTILE, 1 - _OUTLIER_QUANTILE])
    if low < high:
        margin = _OUTLIER_RANGES * (high - low)
        values = np.clip(values, low - margin, high + margin)
    return values, float(np.nanmax(values))


def _block_edges(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """Return even block sides, 1 for axes that are too short or not spatial."""
    edge = round(_PIXELS ** (1 / len(axes)))
    return tuple(
        max(min(edge, length // 2 * 2), 1) if axis in axes else 1
        for axis, length in enumerate(shape)
    )


def split_blocks(values: Floats, edges: tuple[int, ...]) -> tuple[Floats, tuple[int, ...]]:
    """Return the values with each axis split into whole blocks, and the axes within a block."""
    counts = [length // edge for length, edge in zip(values.shape, edges, strict=True)]
    whole = values[tuple(slice(n * edge) for n, edge in zip(counts, edges, strict=True))]
    split = [size for pair in zip(counts, edges, strict=True) for size in pair]
    return whole.reshape(split), tuple(range(1, len(split), 2))


def _block_means(values: Floats, edges: tuple[int, ...]) -> Floats:
    """Return the mean of each whole block's finite values, NaN if those are not more than half."""
    blocks, within = split_blocks(values, edges)
    finite = np.isfinite(blocks)
    if finite.all():
        return np.asarray(blocks.mean(axis=within))
    count = finite.sum(axis=within)
    total = np.where(finite, blocks, 0).sum(axis=within)
    return np.where(2 * count > math.prod(edges), total / np.maximum(count, 1), np.nan)
