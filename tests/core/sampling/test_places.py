from __future__ import annotations

import math
from collections import Counter
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_noise2same.core.array import ImageView, Region, plan_layout
from napari_noise2same.core.sampling.places import block_shape, shared_axes, spread_places


class Chunks:
    """An array of which only the shape and the chunks are there."""

    dtype = np.dtype(np.uint8)

    def __init__(self, shape: tuple[int, ...], chunks: Any) -> None:
        self.shape, self.chunks = shape, chunks

    def __getitem__(self, index: Any) -> NDArray[Any]:
        raise AssertionError("no pixel is to be read to choose places")


def view(shape: tuple[int, ...], chunks: Any, axes: str, **options: Any) -> ImageView:
    return ImageView(Chunks(shape, chunks), plan_layout(axes, shape), **options)


def places(view: ImageView, pixels: float, seed: int = 0) -> list[tuple[int, Region]]:
    found = spread_places(view, pixels, (), np.random.default_rng(seed))
    return [(sample, region) for sample, region in found if region is not None]


def touched(region: Region, chunk: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Chunks that hold pixels of a region."""
    spans = [range(r.start // c, (r.stop - 1) // c + 1) for r, c in zip(region, chunk, strict=True)]
    return list(product(*spans))


def size(region: Region) -> int:
    return math.prod(r.stop - r.start for r in region)


def test_of_a_plane_of_forty_thousand_squared_each_block_is_in_a_chunk_of_its_own() -> None:
    found = places(view((40_000, 40_000), (1024, 1024), "YX"), 20e6)
    chunks = [chunk for _, region in found for chunk in touched(region, (1024, 1024))]
    assert len(found) == len(chunks) == len(set(chunks)) == 305
    quarters = Counter((y // 20, x // 20) for y, x in chunks)
    assert min(quarters.values()) > 65


def test_of_a_large_volume_each_block_is_in_chunks_of_its_own() -> None:
    found = places(view((1024, 1024, 1024), (64, 128, 128), "ZYX"), 20e6)
    chunks = [chunk for _, region in found for chunk in touched(region, (64, 128, 128))]
    assert len(found) == len(chunks) == len(set(chunks)) == 38


@pytest.mark.parametrize("channels", [1, 3])
def test_with_fewer_chunks_than_blocks_the_blocks_are_larger(channels: int) -> None:
    picture = view((channels, 5000, 5000), (channels, 1024, 1024), "CYX", joint_channels=True)
    found = places(picture, channels * 20e6)
    chunks = [chunk for _, region in found for chunk in touched(region, (1024, 1024))]
    assert len(found) == len(chunks) == len(set(chunks)) == 25
    assert 19e6 < sum(size(region) for _, region in found) <= 20e6


def test_a_single_chunk_is_read_once() -> None:
    found = places(view((9000, 9000), ((9000,), (9000,)), "YX"), 20e6)
    ((_, region),) = found
    assert 19e6 < size(region) <= 20e6


def test_chunks_of_several_frames_are_read_once() -> None:
    found = places(view((100, 1024, 1024), (10, 512, 512), "TYX"), 20e6)
    chunks = [
        (frame // 10, *chunk) for frame, region in found for chunk in touched(region, (512, 512))
    ]
    assert len(found) == len(chunks) == len(set(chunks)) == 40
    assert {frame // 10 for frame, _ in found} == set(range(10))


@st.composite
def images(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], float]:
    """Shape and chunks of a series of large planes, and a budget."""
    shape = (draw(st.integers(1, 12)), *(draw(st.integers(300, 5000)) for _ in range(2)))
    chunk = tuple(draw(st.integers(1, length)) for length in shape)
    return shape, chunk, draw(st.floats(0.01, 0.9)) * math.prod(shape)


@given(images())
def test_no_chunk_is_read_twice_and_the_budget_is_kept(
    image: tuple[tuple[int, ...], tuple[int, ...], float],
) -> None:
    shape, chunk, budget = image
    found = places(view(shape, chunk, "TYX"), budget)
    chunks = [(f // chunk[0], *c) for f, region in found for c in touched(region, chunk[1:])]
    assert found
    assert len(chunks) == len(set(chunks))
    if len(found) > 1:
        assert sum(size(region) for _, region in found) <= budget
    for frame, region in found:
        assert 0 <= frame < shape[0]
        for r, length in zip(region, shape[1:], strict=True):
            assert 0 <= r.start < r.stop <= length


@pytest.mark.parametrize(
    ("chunks", "axes", "options", "shared"),
    [
        ((1, 1, 64, 64), "TCYX", {}, ""),
        ((4, 1, 64, 64), "TCYX", {}, "T"),
        ((1, 3, 64, 64), "TCYX", {}, "C"),
        ((1, 3, 64, 64), "TCYX", {"joint_channels": True}, ""),
        (None, "TCYX", {}, ""),
    ],
)
def test_the_axes_along_which_samples_share_chunks(
    chunks: Any, axes: str, options: dict[str, Any], shared: str
) -> None:
    assert shared_axes(view((8, 3, 256, 256), chunks, axes, **options)) == shared


def test_a_block_holds_the_patch_and_fits_into_the_image() -> None:
    assert block_shape((5000, 5000)) == (256, 256)
    assert block_shape((5000, 100), (300, 64)) == (300, 100)
    assert block_shape((20, 500, 500), (16, 48, 48)) == (20, 128, 128)


def test_around_marks_blocks_stay_in_one_chunk() -> None:
    mask = np.zeros((4000, 4000), bool)
    mask[1000:1100, 2020:2070] = True
    marked = view((4000, 4000), (1024, 1024), "YX", mask=mask)
    for _, region in places(marked, 5 * 256**2):
        assert len(touched(region, (1024, 1024))) == 1
        assert mask[region].any()
