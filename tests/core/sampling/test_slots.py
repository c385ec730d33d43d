from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.core.sampling.slots import (
    block_around,
    block_inside,
    chunk_slots,
    free_slots,
)


@st.composite
def chunked_axes(draw: st.DrawFn) -> tuple[list[int], int]:
    """Lengths of chunks, and that of a block."""
    chunks = draw(st.lists(st.integers(1, 50), min_size=1, max_size=20))
    return chunks, draw(st.integers(1, sum(chunks)))


@given(st.integers(1, 30), st.integers(0, 200))
def test_without_chunks_every_place_is_in_one_slot(side: int, more: int) -> None:
    length = side + more
    slots = free_slots(length, side)
    starts = [start for first, end in slots for start in range(first, end - side + 1)]
    assert starts == list(range(length - side + 1))
    assert len(slots) <= -(-length // side)


@given(chunked_axes())
def test_slots_share_no_chunk_and_of_the_axis_only_an_end_shorter_than_a_block_is_left_out(
    axis: tuple[list[int], int],
) -> None:
    chunks, side = axis
    edges = np.cumsum([0, *chunks])
    slots = chunk_slots(edges, side)
    for first, end in slots:
        assert {first, end} <= set(edges.tolist())
        assert end - first >= side
    assert slots[0][0] == 0
    assert all(before[1] == after[0] for before, after in pairwise(slots))
    assert sum(chunks) - slots[-1][1] < side


@given(st.integers(1, 60), st.integers(1, 30), st.integers(1, 300))
def test_of_equal_chunks_a_slot_has_no_more_than_a_block_needs(
    chunk: int, side: int, more: int
) -> None:
    length = side + more
    edges = np.append(np.arange(0, length, chunk), length)
    for first, end in chunk_slots(edges, side):
        assert np.count_nonzero((edges[:-1] < end) & (edges[1:] > first)) <= -(-side // chunk) + 1
        if chunk >= side:
            assert np.count_nonzero((edges[:-1] < end) & (edges[1:] > first)) == 1


@given(st.integers(0, 50), st.integers(1, 50), st.integers(-20, 120), st.integers(1, 70))
def test_a_block_is_moved_into_its_slot_and_shortened_to_it(
    first: int, length: int, start: int, side: int
) -> None:
    block = block_inside((first, first + length), start, side)
    assert first <= block.start < block.stop <= first + length
    assert block.stop - block.start == min(side, length)
    if first <= start <= first + length - side:
        assert block.start == start


@given(chunked_axes(), st.data())
def test_a_block_around_a_pixel_holds_it(axis: tuple[list[int], int], data: st.DataObject) -> None:
    chunks, side = axis
    length = sum(chunks)
    pixel = data.draw(st.integers(0, length - 1))
    start = min(max(pixel - side // 2, 0), length - side)
    slots = chunk_slots(np.cumsum([0, *chunks]), side)
    block = block_around(pixel, start, slots, side)
    assert 0 <= block.start <= pixel < block.stop <= length
    assert block.stop - block.start == side
