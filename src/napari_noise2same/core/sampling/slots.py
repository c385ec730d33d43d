"""The stretches of an axis in which blocks may lie: without chunks in common, if there are any."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from napari_noise2same.core.array import Edges

__all__ = ["Slot", "block_around", "block_inside", "chunk_slots", "free_slots"]

# The first pixel of a stretch, and the one behind its last.
Slot = tuple[int, int]


def free_slots(length: int, side: int) -> list[Slot]:
    """Divide an axis without chunks into no more slots than blocks that cover it once.

    Parameters
    ----------
    length, side : int
        Lengths of the axis and of a block, which is no longer, in pixels.

    Returns
    -------
    list of (int, int)
        The slots; each place at which a block may begin is in one of them.
    """
    count, ends = -(-length // side), length - side + 1
    starts = pairwise([i * ends // count for i in range(count + 1)])
    return [(first, end - 1 + side) for first, end in starts]


def chunk_slots(edges: Edges, side: int) -> list[Slot]:
    """Let each block lie in one chunk, or in as few whole chunks as are long enough.

    Parameters
    ----------
    edges : ndarray of int, shape (chunks + 1,)
        What `chunk_edges` returns for the axis.
    side : int
        Length of a block, in pixels; no longer than the axis.

    Returns
    -------
    list of (int, int)
        The slots, none of which share a chunk. The last chunks are left out where they are too
        short together for a block.
    """
    slots, begin = [], 0
    for end in map(int, edges):
        if end - begin >= side:
            slots.append((begin, end))
            begin = end
    return slots


def block_inside(slot: Slot, start: int, side: int) -> slice:
    """Return the block that lies in a slot.

    Parameters
    ----------
    slot : (int, int)
        The slot.
    start : int
        Where the block should begin.
    side : int
        Its length, in pixels.

    Returns
    -------
    slice
        The block, moved into the slot, and shortened if the slot is.
    """
    first, end = slot
    begin = max(min(start, end - side), first)
    return slice(begin, min(begin + side, end))


def block_around(pixel: int, start: int, slots: Sequence[Slot], side: int) -> slice:
    """Return a block that holds a pixel and lies in its slot.

    Parameters
    ----------
    pixel, start : int
        The pixel, and where the block around it should begin.
    slots : sequence of (int, int)
        The slots.
    side : int
        Length of the block, in pixels.

    Returns
    -------
    slice
        The block; just as it should be if the pixel is in no slot.
    """
    slot = next((slot for slot in slots if slot[0] <= pixel < slot[1]), (start, start + side))
    return block_inside(slot, start, side)
