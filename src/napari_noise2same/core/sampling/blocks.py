"""The pixels that training sees: all of them, or blocks spread evenly over large images."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import ImageView, phases, read_pixels
from napari_noise2same.core.errors import FileError, ImageError, StoppedError, UnreadableError
from napari_noise2same.core.noise import fill_holes
from napari_noise2same.core.sampling.places import Place, shared_axes, spread_places
from napari_noise2same.core.sampling.shares import fair_shares

__all__ = ["Block", "by_image", "load_blocks", "pixels_of", "take_apart"]


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
    image : int
        Which of the images they are from.
    """

    values: NDArray[Any]
    channels: tuple[int, ...]
    mask: NDArray[np.bool_] | None = None
    image: int = 0

    @property
    def trainable(self) -> int:
        """Number of values to train on."""
        pixels = self.values[0].size if self.mask is None else np.count_nonzero(self.mask)
        return int(pixels) * len(self.channels)


def load_blocks(
    views: Sequence[ImageView],
    max_pixels: int,
    seed: int,
    *,
    patch: Sequence[int] = (),
    stop: Callable[[], bool] = lambda: False,
) -> list[Block]:
    """Read what training needs.

    Parameters
    ----------
    views : sequence of ImageView
        The images.
    max_pixels : int
        Most pixels to read. Larger images are sampled in blocks that are spread evenly, each
        image by its `fair_shares`.
    seed : int
        Seed of the choice.
    patch : sequence of int
        Spatial shape that every block must hold.
    stop : callable
        Asked before every read and after the last; reading ends when it returns True.

    Returns
    -------
    list of Block
        Whole samples, or blocks of them, less those in which a channel that has finite pixels
        elsewhere has none; one that has none anywhere is 0. Of an image with a mask, samples and
        blocks in which nothing is marked are not read.

    Raises
    ------
    ImageError
        If no pixel is finite.
    UnreadableError
        If pixels of an image cannot be read.
    StoppedError
        If it was told to stop.
    """
    shares = fair_shares(list(map(pixels_of, views)), max_pixels)
    rng = np.random.default_rng(seed)
    blocks: list[Block] = []
    for image, (view, share) in enumerate(zip(views, shares, strict=True)):
        try:
            blocks += _read(view, image, share, patch, rng, stop)
        except FileError as error:
            which = f" (Image {image + 1} of {len(views)}.)" if len(views) > 1 else ""
            raise UnreadableError(f"{error}{which}", image) from error
    _obey(stop)
    alive = set().union(*map(_alive, blocks))
    kept = [block for block in blocks if alive.intersection(block.channels) == _alive(block)]
    if blocks and not any(map(_alive, kept)):
        raise ImageError("Expected finite pixels, found only NaN and infinities.")
    return [_without_dead(block) for block in kept]


def take_apart(blocks: Sequence[Block], distance: tuple[int, int]) -> list[Block]:
    """Make blocks of every so many rows and columns, which have independent noise.

    Parameters
    ----------
    blocks : sequence of Block
        What `load_blocks` has returned.
    distance : tuple of int
        Rows and columns from one to the next of the same block.

    Returns
    -------
    list of Block
        The blocks, views of the same pixels; in some of them nothing may be marked.
    """
    if distance == (1, 1):
        return list(blocks)
    return [
        replace(
            block,
            values=block.values[place],
            mask=None if block.mask is None else block.mask[place],
        )
        for block in blocks
        for place in phases(distance)
    ]


def by_image(blocks: Sequence[Block]) -> dict[int, list[Block]]:
    """Return the blocks of each image.

    Parameters
    ----------
    blocks : sequence of Block
        Blocks of one or several images.

    Returns
    -------
    dict of int to list of Block
        The blocks by the number of their image.
    """
    images: dict[int, list[Block]] = {}
    for block in blocks:
        images.setdefault(block.image, []).append(block)
    return images


def _alive(block: Block) -> set[int]:
    """Return the channels that have finite pixels, which then are finite all over."""
    pairs = zip(block.channels, block.values, strict=True)
    return {channel for channel, plane in pairs if np.isfinite(plane.flat[0])}


def _without_dead(block: Block) -> Block:
    """Set channels without a finite pixel to 0."""
    if len(_alive(block)) == len(block.channels):
        return block
    return replace(block, values=np.where(np.isfinite(block.values), block.values, 0))


def _read(
    view: ImageView,
    image: int,
    max_pixels: float,
    patch: Sequence[int],
    rng: np.random.Generator,
    stop: Callable[[], bool],
) -> Iterator[Block]:
    """Read an image whole, or a sample of it."""
    _obey(stop)
    whole = pixels_of(view) <= max_pixels
    source = _source(view, whole=whole)
    samples: Iterator[Place] = ((sample, None) for sample in range(len(source)))
    places = samples if whole else spread_places(source, max_pixels, patch, rng)
    for sample, region in places:
        _obey(stop)
        mask = source.read_mask(sample, region)
        if mask is not None and not mask.any():
            continue
        values, channels = source.read(sample, region), source.channels(sample)
        if source.joint_channels == view.joint_channels:
            yield Block(_filled(values), channels, mask, image)
            continue
        for plane, channel in zip(values, channels, strict=True):
            yield Block(_filled(plane[np.newaxis]), (channel,), mask, image)


def _obey(stop: Callable[[], bool]) -> None:
    """End reading if told to."""
    if stop():
        raise StoppedError("Reading the images was stopped: start again to go on.")


def _source(view: ImageView, *, whole: bool) -> ImageView:
    """Return a view of the image that reads no chunk once for each of its frames or channels."""
    shared = shared_axes(view)
    if whole and shared:
        return view.of(read_pixels(view.array))
    if view.layout.channel and view.layout.channel in shared:
        return view.with_joint_channels()
    return view


def pixels_of(view: ImageView) -> int:
    """Return the number of values in an image.

    Parameters
    ----------
    view : ImageView
        The image; nothing is read.

    Returns
    -------
    int
        The number, over all frames and channels.
    """
    return len(view) * view.sample_channels * math.prod(view.spatial_shape)


def _filled(values: NDArray[Any]) -> NDArray[Any]:
    """Replace what is not finite by the mean around it, or of the channel, if there is one."""
    values = fill_holes(values)
    finite = np.isfinite(values)
    if finite.all():
        return values
    axes = tuple(range(1, values.ndim))
    counts = finite.sum(axis=axes, keepdims=True)
    sums = np.where(finite, values, 0).sum(axis=axes, keepdims=True, dtype=np.float64)
    means = sums / np.maximum(counts, 1)
    return np.where(finite | (counts == 0), values, means).astype(values.dtype)
