"""The pixels that training sees: all of them, or blocks spread evenly over a large image."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import ImageView, Region
from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.noise import Domain, DomainKind, fit_domain
from napari_noise2same.core.training.positions import Positions, start_around
from napari_noise2same.core.training.spreading import spread_blocks

__all__ = ["Block", "fit_domains", "load_blocks", "normalise"]

# Side of the blocks read from images that are too large to be read whole.
_BLOCK_SIDES = {2: (256, 256), 3: (32, 128, 128)}


_Place = tuple[ImageView, int, Region | None]


@dataclass(frozen=True)
class Block:
    """Pixels of one sample.

    Attributes
    ----------
    values : ndarray, shape (channels, [Z,] Y, X)
        Finite values in the image's units.
    channels : tuple of int
        Which channels of the image they are.
    mask : ndarray of bool, shape ([Z,] Y, X), optional
        Where to train; everywhere by default.
    """

    values: NDArray[Any]
    channels: tuple[int, ...]
    mask: NDArray[np.bool_] | None = None


def load_blocks(
    views: Sequence[ImageView], max_pixels: int, seed: int, *, patch: Sequence[int] = ()
) -> list[Block]:
    """Read what training needs.

    Parameters
    ----------
    views : sequence of ImageView
        The images.
    max_pixels : int
        Most pixels to read. Images with more are sampled in blocks that are spread evenly, each
        image by its share of the pixels.
    seed : int
        Seed of the choice.
    patch : sequence of int
        Spatial shape that every block must hold.

    Returns
    -------
    list of Block
        Whole samples, or blocks of them, less those without a finite pixel. Of an image
        with a mask, samples and blocks in which nothing is marked are not read.

    Raises
    ------
    ImageError
        If no pixel of a channel is finite.
    """
    total = sum(_pixels(view) for view in views)
    regions: list[_Place]
    if total <= max_pixels:
        regions = [(view, sample, None) for view in views for sample in range(len(view))]
    else:
        rng = np.random.default_rng(seed)
        regions = [
            place
            for view in views
            for place in _spread_places(view, max_pixels * _pixels(view) / total, patch, rng)
        ]
    blocks = [
        Block(_filled(view.read(sample, region)), view.channels(sample), mask)
        for view, sample, region in regions
        if (mask := view.read_mask(sample, region)) is None or mask.any()
    ]
    alive = [block for block in blocks if block.values.size]
    if {c for block in alive for c in block.channels} != {c for b in blocks for c in b.channels}:
        raise ImageError(
            "Expected finite pixels in each channel, found only NaN and infinities in one: "
            "leave it out."
        )
    return alive


def _filled(values: NDArray[Any]) -> NDArray[Any]:
    """Replace what is not finite by the mean of the channel; nothing, if there is no mean."""
    finite = np.isfinite(values)
    if finite.all():
        return values
    axes = tuple(range(1, values.ndim))
    counts = finite.sum(axis=axes, keepdims=True)
    if not counts.all():
        return values[:0]
    means = np.where(finite, values, 0).sum(axis=axes, keepdims=True, dtype=np.float64) / counts
    return np.where(finite, values, means).astype(values.dtype)


def fit_domains(blocks: Sequence[Block], kind: DomainKind) -> tuple[Domain, ...]:
    """Fit one domain to each channel, over all blocks, marked or not: patches hold both.

    Parameters
    ----------
    blocks : sequence of Block
        What `load_blocks` has returned.
    kind : {"stabilised", "linear"}
        Whether to stabilise the noise.

    Returns
    -------
    tuple of Domain
        One for each channel of the images.

    Raises
    ------
    ImageError
        If a channel is constant.
    """
    by_channel: dict[int, list[NDArray[Any]]] = {}
    for block in blocks:
        for channel, values in zip(block.channels, block.values, strict=True):
            by_channel.setdefault(channel, []).append(values)
    spatial_ndim = blocks[0].values.ndim - 1
    return tuple(
        fit_domain(by_channel[channel], kind, spatial_ndim=spatial_ndim)
        for channel in sorted(by_channel)
    )


def normalise(
    values: NDArray[Any], channels: Sequence[int], domains: Sequence[Domain]
) -> NDArray[np.float32]:
    """Take pixels to the domains of their channels.

    Parameters
    ----------
    values : ndarray, shape (channels, [Z,] Y, X)
        Pixels in the image's units.
    channels : sequence of int
        Which channels of the image they are.
    domains : sequence of Domain
        One for each channel of the image.

    Returns
    -------
    ndarray of float32, same shape
        Pixels in normalised units.
    """
    return np.stack([domains[c].forward(plane) for c, plane in zip(channels, values, strict=True)])


def _pixels(view: ImageView) -> int:
    """Return the number of values in an image."""
    return len(view) * view.sample_channels * math.prod(view.spatial_shape)


def _spread_places(
    view: ImageView, max_pixels: float, patch: Sequence[int], rng: np.random.Generator
) -> Iterator[_Place]:
    """Spread blocks evenly until the budget is used: as many in each channel."""
    sides = _BLOCK_SIDES[len(view.spatial_shape)]
    shape = [
        min(max(side, least), length)
        for side, least, length in zip(sides, patch or sides, view.spatial_shape, strict=True)
    ]
    affordable = int(max_pixels / (math.prod(shape) * view.sample_channels))
    turns = view.n_channels // view.sample_channels
    frames = [
        frame
        for frame in range(len(view) // turns)
        if (mask := view.read_mask(frame * turns)) is None or mask.any()
    ]
    for turn in range(turns):
        count = max(affordable // turns + (turn < affordable % turns), 1)
        for frame, corner in spread_blocks(len(frames), view.spatial_shape, shape, count, rng):
            sample = frames[frame] * turns + turn
            start = _marked_start(view, sample, shape, rng) or corner
            region = tuple(slice(c, c + side) for c, side in zip(start, shape, strict=True))
            yield view, sample, region


def _marked_start(
    view: ImageView, sample: int, shape: Sequence[int], rng: np.random.Generator
) -> tuple[int, ...] | None:
    """Choose where a block begins around a marked pixel, if some are marked and others not."""
    mask = view.read_mask(sample)
    if mask is None:
        return None
    marked = Positions(mask)
    return start_around(marked[int(rng.integers(len(marked)))], shape, view.spatial_shape)
