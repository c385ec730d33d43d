"""Which blocks of a large image to read: evenly spread, and each chunk once if possible."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from napari_noise2same.core.array import Edges, ImageView, Region, chunk_edges
from napari_noise2same.core.sampling.positions import Positions, start_around
from napari_noise2same.core.sampling.slots import Slot, block_around, chunk_slots, free_slots
from napari_noise2same.core.sampling.spreading import spread_blocks

__all__ = ["Place", "block_shape", "shared_axes", "spread_places"]

# Sample of the image, and region of the sample; None for all of it.
Place = tuple[int, Region | None]

# Side of the blocks read from images that are too large to be read whole.
_BLOCK_SIDES = {2: (256, 256), 3: (32, 128, 128)}


def block_shape(lengths: Sequence[int], patch: Sequence[int] = ()) -> tuple[int, ...]:
    """Return the shape of a block.

    Parameters
    ----------
    lengths : sequence of int
        Spatial shape of the image, in pixels.
    patch : sequence of int
        Spatial shape that the block must hold.

    Returns
    -------
    tuple of int
        Spatial shape of a block, which fits into the image.
    """
    sides = _BLOCK_SIDES[len(lengths)]
    return tuple(
        min(max(side, least), length)
        for side, least, length in zip(sides, patch or sides, lengths, strict=True)
    )


def shared_axes(view: ImageView) -> str:
    """Return the axes along which a chunk reaches over several samples of an image.

    Parameters
    ----------
    view : ImageView
        The image.

    Returns
    -------
    str
        Axes that are not spatial, and not those of channels that go together.
    """
    edges = _edges(view)
    split = view.layout.samples + ("" if view.joint_channels else view.layout.channel)
    return "".join(a for a in split if a in edges and np.diff(edges[a]).max() > 1)


def spread_places(
    view: ImageView, max_pixels: float, patch: Sequence[int], rng: np.random.Generator
) -> Iterator[Place]:
    """Spread blocks evenly until the budget is used: as many in each channel.

    Parameters
    ----------
    view : ImageView
        The image.
    max_pixels : float
        Most pixels to read.
    patch : sequence of int
        Spatial shape that every block must hold.
    rng : numpy.random.Generator
        Source of all that is left to chance.

    Yields
    ------
    sample : int
        Sample of the image.
    region : tuple of slice
        Region of the sample.
    """
    turns = view.n_channels // view.sample_channels
    frames = _frame_groups(view, turns)
    sides = block_shape(view.spatial_shape, patch)
    slots = _slots(view, sides)
    affordable = int(max_pixels / (math.prod(sides) * view.sample_channels))
    most = len(frames) * math.prod(map(len, slots))
    if affordable > turns * most:
        # Larger blocks, rather than to read a chunk twice.
        sides = _grown(sides, slots, max_pixels / (turns * most * view.sample_channels))
    for turn in range(turns):
        count = max(affordable // turns + (turn < affordable % turns), 1)
        for frame, region in spread_blocks(frames, slots, sides, min(count, most), rng):
            sample = frame * turns + turn
            yield sample, _marked_region(view, sample, sides, slots, rng) or region


def _edges(view: ImageView) -> dict[str, Edges]:
    """Return the edges of the array's chunks by axis; nothing for an array without chunks."""
    return dict(zip(view.layout.axes, chunk_edges(view.array) or (), strict=False))


def _slots(view: ImageView, sides: Sequence[int]) -> list[list[Slot]]:
    """Return the slots of each spatial axis."""
    edges = _edges(view)
    places = zip(view.layout.spatial, view.spatial_shape, sides, strict=True)
    return [
        chunk_slots(edges[axis], side) if axis in edges else free_slots(length, side)
        for axis, length, side in places
    ]


def _grown(sides: Sequence[int], slots: Sequence[Sequence[Slot]], pixels: float) -> tuple[int, ...]:
    """Enlarge a block to a number of pixels, but not beyond what a slot holds."""
    factor = (pixels / math.prod(sides)) ** (1 / len(sides))
    longest = [max(end - first for first, end in axis) for axis in slots]
    return tuple(min(int(side * factor), most) for side, most in zip(sides, longest, strict=True))


def _frame_groups(view: ImageView, turns: int) -> list[list[int]]:
    """Return the frames in which something is marked, those that share chunks together."""
    edges, axes = _edges(view), view.layout.samples
    lengths = dict(zip(view.layout.axes, view.array.shape, strict=True))
    groups: dict[tuple[int, ...], list[int]] = {}
    for frame, place in enumerate(np.ndindex(*(lengths[axis] for axis in axes))):
        if (mask := view.read_mask(frame * turns)) is None or mask.any():
            key = tuple(
                int(np.searchsorted(edges[axis], index, side="right")) if axis in edges else index
                for axis, index in zip(axes, place, strict=True)
            )
            groups.setdefault(key, []).append(frame)
    return list(groups.values())


def _marked_region(
    view: ImageView,
    sample: int,
    sides: Sequence[int],
    slots: Sequence[Sequence[Slot]],
    rng: np.random.Generator,
) -> Region | None:
    """Choose a block around a marked pixel, if some are marked and others not."""
    mask = view.read_mask(sample)
    if mask is None:
        return None
    marked = Positions(mask)
    pixel = marked[int(rng.integers(len(marked)))]
    starts = start_around(pixel, sides, view.spatial_shape)
    return tuple(map(block_around, pixel, starts, slots, sides))
