"""Means, noise variances and structure of an image's blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.noise._filters import (
    Floats,
    Samples,
    as_floats,
    high_pass,
    interior,
    local_mean,
    spatial_axes,
)

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
    pixels: int = _PIXELS

    def usable(self, fewest: int) -> BlockStatistics:
        """Return the blocks that show noise, saturated ones only if there are too few others."""
        noisy = np.isfinite(self.variance) & (self.variance > 0)
        unsaturated = noisy & ~self.saturated
        keep = unsaturated if unsaturated.sum() >= fewest else noisy
        return BlockStatistics(
            self.mean[keep], self.variance[keep], self.structure[keep], self.saturated[keep]
        )


def block_statistics(samples: Samples, spatial_ndim: int | None) -> BlockStatistics:
    """Return the statistics of all whole blocks of about 64 pixels in the samples."""
    parts = [_statistics(values, spatial_ndim) for values in as_floats(samples)]
    return BlockStatistics(
        np.concatenate([part.mean for part in parts]),
        np.concatenate([part.variance for part in parts]),
        np.concatenate([part.structure for part in parts]),
        np.concatenate([part.saturated for part in parts]),
    )


def _statistics(values: Floats, spatial_ndim: int | None) -> BlockStatistics:
    """Return the statistics of one sample's blocks."""
    axes = spatial_axes(values.shape, spatial_ndim)
    if not axes or not np.isfinite(values).any():
        return BlockStatistics(np.empty(0), np.empty(0), np.empty(0), np.empty(0, dtype=bool))
    # Sums of squares lose their digits when a camera's offset rides on them.
    origin = float(np.nanmedian(values))
    values, ceiling = _fenced(values - origin)
    inner = interior(values, axes)
    edges = _block_edges(inner.shape, axes)
    cells = tuple(min(edge, 2) for edge in edges)
    cell_means = _block_means(inner, cells)
    cells_per_block = tuple(edge // cell for edge, cell in zip(edges, cells, strict=True))
    square_of_means = _block_means(cell_means, cells_per_block) ** 2
    saturated = _block_means((inner == ceiling).astype(np.float64), edges)
    return BlockStatistics(
        mean=_block_means(local_mean(values, axes), edges).ravel() + origin,
        variance=_block_means(high_pass(values, axes) ** 2, edges).ravel(),
        structure=(_block_means(cell_means**2, cells_per_block) - square_of_means).ravel(),
        saturated=saturated.ravel() > _SATURATED_FRACTION,
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


def _block_means(values: Floats, edges: tuple[int, ...]) -> Floats:
    """Return the mean of each whole block."""
    counts = [length // edge for length, edge in zip(values.shape, edges, strict=True)]
    whole = values[tuple(slice(n * edge) for n, edge in zip(counts, edges, strict=True))]
    split = [size for pair in zip(counts, edges, strict=True) for size in pair]
    means: Floats = whole.reshape(split).mean(axis=tuple(range(1, len(split), 2)))
    return means
