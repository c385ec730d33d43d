"""Where to read a large image, so that a sample of it leaves no part out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

__all__ = ["spread_blocks"]

Cell = tuple[int, ...]


def spread_blocks(
    frames: int,
    lengths: Sequence[int],
    sides: Sequence[int],
    count: int,
    rng: np.random.Generator,
) -> Iterator[tuple[int, Cell]]:
    """Spread blocks evenly over frames of one size.

    The blocks follow each other through time in equal steps. Space is divided into a grid, and
    they go from cell to cell in an order that is even after any number of blocks; inside its cell
    a block lies anywhere.

    Parameters
    ----------
    frames : int
        Number of frames.
    lengths : sequence of int
        Spatial shape of a frame, in pixels.
    sides : sequence of int
        Shape of a block, in pixels; no longer than a frame.
    count : int
        Number of blocks, at most what covers all frames once.
    rng : numpy.random.Generator
        Source of all that is left to chance.

    Yields
    ------
    frame : int
        Frame of a block.
    corner : tuple of int
        Its first pixel. No block comes twice.
    """
    grid = _grid(lengths, sides, count)
    cells = _spread_order(grid, rng)
    offset = rng.random()
    for i in range(count):
        cell = cells[i % len(cells)]
        places = zip(cell, grid, lengths, sides, strict=True)
        corner = tuple(_inside(*place, rng=rng) for place in places)
        yield int((i + offset) * frames / count), corner


def _grid(lengths: Sequence[int], sides: Sequence[int], count: int) -> list[int]:
    """Divide space into cells no smaller than needed: a few times as many as there are blocks."""
    grid = [-(-length // side) for length, side in zip(lengths, sides, strict=True)]
    while math.prod(grid) >= 4 * count:
        axis = int(np.argmax(grid))
        grid[axis] = -(-grid[axis] // 2)
    return grid


def _inside(cell: int, cells: int, length: int, side: int, *, rng: np.random.Generator) -> int:
    """Choose where in its cell a block begins, along one axis."""
    ends = length - side + 1
    return int(rng.integers(cell * ends // cells, (cell + 1) * ends // cells))


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
