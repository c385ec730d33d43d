from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from napari_noise2same.core.sampling.slots import free_slots
from napari_noise2same.core.sampling.spreading import spread_blocks

Blocks = list[tuple[int, tuple[int, ...]]]


def spread(
    frames: int, lengths: Sequence[int], sides: Sequence[int], count: int, seed: int
) -> Blocks:
    """Frames and first pixels of the blocks of an array without chunks."""
    slots = [free_slots(length, side) for length, side in zip(lengths, sides, strict=True)]
    rng = np.random.default_rng(seed)
    blocks = spread_blocks([[frame] for frame in range(frames)], slots, sides, count, rng)
    return [(frame, tuple(axis.start for axis in region)) for frame, region in blocks]


@st.composite
def samples(draw: st.DrawFn) -> tuple[int, list[int], list[int], Blocks]:
    """Frames, their lengths, the sides of the blocks, and the blocks."""
    frames = draw(st.integers(1, 50))
    dims = draw(st.sampled_from([2, 3]))
    sides = [draw(st.integers(2, 20)) for _ in range(dims)]
    lengths = [draw(st.integers(side, 12 * side)) for side in sides]
    most = frames * math.prod(length / side for length, side in zip(lengths, sides, strict=True))
    count = draw(st.integers(1, max(1, min(int(most), 300))))
    return frames, lengths, sides, spread(frames, lengths, sides, count, draw(st.integers(0, 99)))


@given(sample=samples())
def test_blocks_are_inside_and_no_two_are_the_same(
    sample: tuple[int, list[int], list[int], Blocks],
) -> None:
    frames, lengths, sides, blocks = sample
    assert len(set(blocks)) == len(blocks)
    for frame, corner in blocks:
        assert 0 <= frame < frames
        for start, side, length in zip(corner, sides, lengths, strict=True):
            assert 0 <= start <= length - side


@given(sample=samples(), stretch=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_every_stretch_of_time_has_its_share(
    sample: tuple[int, list[int], list[int], Blocks], stretch: tuple[float, float]
) -> None:
    frames, _, _, blocks = sample
    first, last = sorted(int(part * frames) for part in stretch)
    found = sum(first <= frame < last for frame, _ in blocks)
    assert abs(found - len(blocks) * (last - first) / frames) < 2


@given(
    cells=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    count=st.integers(1, 200),
    seed=st.integers(0, 99),
)
def test_every_quarter_of_the_frame_has_its_share(
    cells: tuple[int, int], count: int, seed: int
) -> None:
    side, frames = 8, 60
    lengths = [side * 2**n for n in cells]
    assume(count <= frames * math.prod(2**n for n in cells))
    blocks = spread(frames, lengths, (side, side), count, seed)
    ends = [length - side + 1 for length in lengths]
    quarters = Counter(
        tuple(int(start >= end // 2) for start, end in zip(corner, ends, strict=True))
        for _, corner in blocks
    )
    for quarter in np.ndindex(2, 2):
        assert abs(quarters[quarter] - count / 4) < 1, quarters


def test_blocks_of_a_single_large_image_leave_no_part_out() -> None:
    corners = np.array([c for _, c in spread(1, (8000, 8000), (256, 256), 64, seed=0)])
    for y in range(0, 8000, 2000):
        for x in range(0, 8000, 2000):
            near = (abs(corners + 128 - [y + 1000, x + 1000]) < 1000 + 128).all(axis=1)
            assert near.sum() >= 3


def test_chance_decides_where() -> None:
    def places(seed: int) -> Blocks:
        return spread(9, (400, 400), (64, 64), 20, seed)

    assert places(1) == places(1)
    assert places(1) != places(2)


def test_frames_that_share_chunks_are_drawn_from_as_one() -> None:
    groups = [[0, 1, 2], [3, 4, 5], [6, 7]]
    found = set()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        blocks = list(spread_blocks(groups, [[(0, 9)], [(0, 9)]], (9, 9), 3, rng))
        assert [frame // 3 for frame, _ in blocks] == [0, 1, 2]
        found |= {frame for frame, _ in blocks}
    assert found == set(range(8))
