"""How large the cells are that a large image is cut into: integer arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from napari_noise2same.core.tiling.geometry import Segment, plan_axis

__all__ = ["choose_cell"]

# Decoding a pixel of the source costs less than this share of sending it through the network.
_DECODING = 0.05


@dataclass(frozen=True)
class _Option:
    """One length of cells along one axis: the most one reads, and what all read and decode."""

    cell: int
    largest: int
    read: int
    decoded: int


def choose_cell(
    shape: Sequence[int],
    *,
    chunk: Sequence[int],
    source_chunk: Sequence[int],
    halo: Sequence[int],
    multiple: Sequence[int],
    max_pixels: int,
) -> tuple[int, ...]:
    """Choose the cells that waste least on context and on chunks that are read for a part.

    Parameters
    ----------
    shape : sequence of int
        Spatial shape of the image.
    chunk : sequence of int
        Chunks of the result; a cell is made of whole ones.
    source_chunk : sequence of int
        Chunks of the image, 1 where it has none.
    halo : sequence of int
        Context on each side of a cell.
    multiple : sequence of int
        Grid of the network, to which reading is extended.
    max_pixels : int
        The most that a cell with its context may have.

    Returns
    -------
    tuple of int
        Shape of a cell, of one chunk where even that is too large with its context.
    """
    choices = list(
        product(
            *(
                _options(*axis, most=max(max_pixels * side // math.prod(chunk), side))
                for side, axis in zip(
                    chunk, zip(shape, chunk, source_chunk, halo, multiple, strict=True), strict=True
                )
            )
        )
    )
    fitting = [choice for choice in choices if _largest(choice) <= max_pixels]
    best = min(fitting, key=_cost) if fitting else min(choices, key=_largest)
    return tuple(option.cell for option in best)


def _options(
    length: int, chunk: int, source: int, halo: int, multiple: int, *, most: int
) -> list[_Option]:
    """Return the lengths of equal cells of whole chunks, up to the most that can fit."""
    whole = -(-length // chunk)
    lengths = {min(-(-whole // n) * chunk, length) for n in range(-(-length // most), whole + 1)}
    return [_option(length, cell, source, halo, multiple) for cell in sorted(lengths)]


def _option(length: int, cell: int, source: int, halo: int, multiple: int) -> _Option:
    """Count what cells of one length read and decode."""
    segments = plan_axis(length, cell, halo=halo, multiple=multiple)
    reads = [segment.read.stop - segment.read.start for segment in segments]
    return _Option(cell, max(reads), sum(reads), sum(_decoded(s, source) for s in segments))


def _decoded(segment: Segment, source: int) -> int:
    """Return the length of the chunks that hold what a segment reads."""
    first, last = segment.read.start // source, -(-segment.read.stop // source)
    decoded: int = (last - first) * source
    return decoded


def _largest(choice: tuple[_Option, ...]) -> int:
    """Return the most pixels that a cell has with its context."""
    return math.prod(option.largest for option in choice)


def _cost(choice: tuple[_Option, ...]) -> float:
    """Add up the work for the whole image."""
    read = math.prod(option.read for option in choice)
    return read + _DECODING * math.prod(option.decoded for option in choice)
