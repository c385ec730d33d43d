"""Where to read a large image, so that a sample of it leaves no part out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from napari_noise2same.core.array import Region
from napari_noise2same.core.sampling.slots import Slot, block_inside

__all__ = ["spread_blocks"]

Cell = tuple[int, ...]


def spread_blocks(
    frames: Sequence[Sequence[int]],
    slots: Sequence[Sequence[Slot]],
    sides: Sequence[int],
    count: int,
    rng: np.random.Generator,
) -> Iterator[tuple[int, Region]]:
    """Spread blocks evenly over frames of one size.

    The blocks follow each other through time in equal steps. Space is divided into a grid, and
    they go from cell to cell in an order that is even after any number of blocks; inside its cell
    a block lies in any slot, and there anywhere.

    Parameters
    ----------
    frames : sequence of sequence of int
        The frames, those that share chunks together.
    slots : sequence of sequence of (int, int)
        The stretches of each spatial axis that may hold a block.
    sides : sequence of int
        Shape of a block, in pixels.
    count : int
        Number of blocks, at most one for each slot of each group of frames.
    rng : numpy.random.Generator
        Source of all that is left to chance.

    Yields
    ------
    frame : int
        Frame of a block.
    region : tuple of slice
        Where it lies. No two blocks are in the same slots of the same group of frames.
    """
    grid = _grid([len(axis) for axis in slots], count)
    cells = _spread_order(grid, rng)
    offset = rng.random()
    for i in range(count):
        cell = cells[i % len(cells)]
        axes = zip(cell, grid, slots, sides, strict=True)
        region = tuple(_inside(*axis, rng=rng) for axis in axes)
        group = frames[int((i + offset) * len(frames) / count)]
        yield group[int(rng.integers(len(group)))], region


def _grid(slots: Sequence[int], count: int) -> list[int]:
    """Join slots to cells no smaller than needed: a few times as many as there are blocks."""
    grid = list(slots)
    while math.prod(grid) >= 4 * count:
        axis = int(np.argmax(grid))
        grid[axis] = -(-grid[axis] // 2)
    return grid


def _inside(
    cell: int, cells: int, slots: Sequence[Slot], side: int, *, rng: np.random.Generator
) -> slice:
    """Choose where in its cell a block lies, along one axis: all places are alike."""
    mine = slots[cell * len(slots) // cells : (cell + 1) * len(slots) // cells]
    ends = np.cumsum([max(end - first - side, 0) + 1 for first, end in mine])
    place = int(rng.integers(ends[-1]))
    slot = int(np.searchsorted(ends, place, side="right"))
    # From the end of the slot, whose last place comes right before the next one's first.
    return block_inside(mine[slot], mine[slot][1] - side - int(ends[slot] - 1 - place), side)


def _spread_order(grid: Sequence[int], rng: np.random.Generator, turn: int = 0) -> list[Cell]:
    """Order the cells of a grid so that the first ones, however many, are spread evenly.

    The sequence of van der Corput in more dimensions: the axes in turn are halved, the halves
    ordered each by itself, and then taken alternately.
    """
    axes = [axis % len(grid) for axis in range(turn, turn + len(grid))]
    axis = next((axis for axis in axes if grid[axis] > 1), None)
    if axis is None:
        return [(0,) * len(grid)]
    half = grid[axis] // 2
    low = _spread_order([*grid[:axis], half, *grid[axis + 1 :]], rng, axis + 1)
    high = _spread_order([*grid[:axis], grid[axis] - half, *grid[axis + 1 :]], rng, axis + 1)
    high = [(*cell[:axis], cell[axis] + half, *cell[axis + 1 :]) for cell in high]
    halves = [low, high] if rng.random() < 0.5 else [high, low]
    places = [((i + 0.5) / len(part), cell) for part in halves for i, cell in enumerate(part)]
    return [cell for _, cell in sorted(places, key=lambda place: place[0])]
