from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_noise2same.core.array import ImageView, plan_layout
from napari_noise2same.core.errors import ImageError, StoppedError, UnreadableError
from napari_noise2same.core.noise import fill_holes
from napari_noise2same.core.sampling import load_blocks
from noise2same_testing.arrays import CountingArray

Array = NDArray[Any]


class ChunkedArray:
    """Values that count how often each of their chunks is read."""

    def __init__(self, values: Array, chunks: tuple[int, ...]) -> None:
        self._values = values
        self.shape, self.dtype, self.chunks = values.shape, values.dtype, chunks
        self.reads: Counter[tuple[int, ...]] = Counter()

    def __getitem__(self, index: Any) -> Array:
        where = np.arange(math.prod(self.shape)).reshape(self.shape)[index].ravel()
        places = np.array(np.unravel_index(where, self.shape)).T // self.chunks
        self.reads.update(map(tuple, np.unique(places, axis=0).tolist()))
        values: Array = self._values[index]
        return values


def zeros(*shape: int) -> CountingArray:
    """Zeros that take no memory, and know where they were read."""
    return CountingArray(np.broadcast_to(np.zeros(1, np.uint8), shape))


def view(array: Any, axes: str, *, joint: bool = False) -> ImageView:
    return ImageView(array, plan_layout(axes, array.shape), joint_channels=joint)


def test_small_images_are_taken_whole() -> None:
    values = np.random.default_rng(0).integers(0, 99, (2, 3, 20, 30))
    blocks = load_blocks([view(values, "TCYX")], 4000, seed=0)
    assert [block.channels for block in blocks] == [(0,), (1,), (2,)] * 2
    np.testing.assert_array_equal(
        np.concatenate([block.values for block in blocks]), values.reshape(6, 20, 30)
    )


@pytest.mark.parametrize("reads", [0, 2, 6])
@pytest.mark.parametrize("budget", [6 * 300**2, 6 * 256**2], ids=["whole", "sample"])
def test_reading_ends_after_the_read_under_way_when_told_to_stop(reads: int, budget: int) -> None:
    array = zeros(6, 300, 300)
    with pytest.raises(StoppedError, match="was stopped"):
        load_blocks([view(array, "TYX")], budget, seed=0, stop=lambda: len(array.indices) == reads)
    assert len(array.indices) == reads


def test_an_array_whose_chunks_hold_several_frames_is_not_read_when_told_to_stop() -> None:
    array = ChunkedArray(np.zeros((6, 20, 30)), (3, 20, 30))
    with pytest.raises(StoppedError):
        load_blocks([view(array, "TYX")], 10**5, seed=0, stop=lambda: True)
    assert not array.reads


def test_joint_channels_stay_together() -> None:
    values = np.random.default_rng(0).integers(0, 99, (20, 30, 3))
    (block,) = load_blocks([view(values, "YXS", joint=True)], 4000, seed=0)
    assert block.channels == (0, 1, 2)
    np.testing.assert_array_equal(block.values, values.transpose(2, 0, 1))


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("budget", [6, 7.5, 20])
def test_of_a_large_image_no_more_than_the_budget_is_read(joint: bool, budget: float) -> None:
    array = zeros(30, 3, 300, 400)
    pixels = int(budget * 256**2)
    blocks = load_blocks([view(array, "TCYX", joint=joint)], pixels, seed=0)
    assert array.pixels <= pixels
    assert array.pixels > pixels - 3 * 256**2
    assert {channel for block in blocks for channel in block.channels} == {0, 1, 2}
    assert len(array.indices) == len(blocks)  # each channel is looked at in other places


def test_the_budget_is_shared_by_the_images_according_to_the_roots_of_their_sizes() -> None:
    small, large = zeros(20, 256, 256), zeros(80, 256, 256)
    load_blocks([view(small, "TYX"), view(large, "TYX")], 9 * 256**2, seed=0)
    assert small.pixels == 3 * 256**2
    assert large.pixels == 6 * 256**2


def test_blocks_know_their_image_and_small_images_beside_a_huge_one_are_read_whole() -> None:
    huge, small = zeros(6000, 6000), zeros(100, 100)
    blocks = load_blocks([view(huge, "YX"), view(small, "YX")], 10 * 256**2, seed=0)
    assert small.pixels == 100**2
    assert huge.pixels == 9 * 256**2
    assert [block.image for block in blocks] == [0] * 9 + [1]


def test_a_large_volume_is_read_in_small_blocks() -> None:
    array = zeros(100, 300, 300)
    blocks = load_blocks([view(array, "ZYX")], 2_000_000, seed=0)
    assert array.pixels <= 2_000_000
    assert {block.values.shape for block in blocks} == {(1, 32, 128, 128)}


def test_blocks_come_from_the_whole_of_a_large_time_lapse() -> None:
    array = zeros(40, 2, 400, 400)
    for seed in range(12):
        load_blocks([view(array, "TCYX")], 8 * 256**2, seed=seed)
    frames = [index[0] for index in array.indices]
    assert min(frames) < 8
    assert max(frames) >= 32
    starts = [(index[2].start, index[3].start) for index in array.indices]
    assert np.ptp(starts, axis=0).min() > 100


def test_the_seed_decides_which_blocks_are_read() -> None:
    def corners(seed: int) -> list[Any]:
        array = zeros(9, 400, 400)
        load_blocks([view(array, "TYX")], 8 * 256**2, seed=seed)
        return array.indices

    assert corners(3) == corners(3)
    assert corners(3) != corners(4)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_not_finite_become_the_mean_around_or_of_the_others(odd: float) -> None:
    values = np.arange(400, dtype=np.float32).reshape(20, 20)
    values[3, 4] = values[8:19, 8:19] = odd
    (block,) = load_blocks([view(values, "YX")], 4000, seed=0)
    finite = np.isfinite(values)
    np.testing.assert_array_equal(block.values[0][finite], values[finite])
    assert block.values[0, 3, 4] == pytest.approx(64)
    around = fill_holes(values)
    assert block.values[0, 13, 13] == pytest.approx(around[np.isfinite(around)].mean())
    assert block.values.dtype == np.float32


def test_each_joint_channel_is_filled_with_its_own_mean() -> None:
    values = np.stack([np.arange(400.0), 1000 + np.arange(400.0)]).reshape(2, 20, 20)
    values[:, 3, 4] = np.nan
    (block,) = load_blocks([view(values, "CYX", joint=True)], 4000, seed=0)
    np.testing.assert_allclose(block.values[:, 3, 4], [64, 1064])


def test_a_dead_frame_does_not_stop_the_others() -> None:
    values = np.arange(1200, dtype=np.float32).reshape(3, 20, 20)
    values[1] = np.nan
    blocks = load_blocks([view(values, "TYX")], 4000, seed=0)
    assert [float(block.values[0, 0, 0]) for block in blocks] == [0, 800]


@pytest.mark.parametrize("joint", [False, True])
def test_a_channel_of_nan_alone_is_blank_and_leaves_the_others_alone(joint: bool) -> None:
    values = np.random.default_rng(0).normal(size=(2, 20, 20))
    values[0] = np.nan
    blocks = load_blocks([view(values, "CYX", joint=joint)], 4000, seed=0)
    np.testing.assert_array_equal(np.concatenate([b.values for b in blocks])[0], 0)
    np.testing.assert_array_equal(np.concatenate([b.values for b in blocks])[1], values[1])


@pytest.mark.parametrize("joint", [False, True])
def test_nan_alone_is_refused(joint: bool) -> None:
    values = np.full((2, 20, 20), np.nan)
    with pytest.raises(ImageError, match="only NaN and infinities"):
        load_blocks([view(values, "CYX", joint=joint)], 4000, seed=0)


def masked_view(array: Any, axes: str, mask: Array, *, joint: bool = False) -> ImageView:
    layout = plan_layout(axes, array.shape)
    return ImageView(array, layout, joint_channels=joint, mask=mask)


@pytest.mark.parametrize("joint", [False, True])
def test_frames_in_which_nothing_is_marked_are_not_read(joint: bool) -> None:
    array = zeros(5, 2, 20, 30)
    mask = np.zeros((5, 1, 20, 30), bool)
    mask[3, 0, 4:7, 5:9] = True
    blocks = load_blocks([masked_view(array, "TCYX", mask, joint=joint)], 10**5, seed=0)
    assert {index[0] for index in array.indices} == {3}
    assert sorted(channel for block in blocks for channel in block.channels) == [0, 1]
    for block in blocks:
        assert block.mask is not None
        np.testing.assert_array_equal(block.mask, mask[3, 0])


def test_a_mask_without_frames_holds_for_all_of_them() -> None:
    mask = np.zeros((1, 20, 30), bool)
    mask[0, 4, 5] = True
    blocks = load_blocks([masked_view(zeros(3, 20, 30), "TYX", mask)], 10**5, seed=0)
    assert len(blocks) == 3
    for block in blocks:
        np.testing.assert_array_equal(block.mask, mask[0])


def test_of_a_large_image_the_blocks_around_marks_are_read() -> None:
    array = zeros(10, 2, 1000, 1000)
    mask = np.zeros((10, 1, 1000, 1000), bool)
    mask[[2, 7], 0, 640:643, 700:702] = True
    blocks = load_blocks([masked_view(array, "TCYX", mask)], 8 * 256**2, seed=0)
    assert array.pixels == 8 * 256**2
    assert {index[0] for index in array.indices} == {2, 7}
    assert {channel for block in blocks for channel in block.channels} == {0, 1}
    for block in blocks:
        assert block.mask is not None
        assert block.mask.shape == (256, 256)
        assert block.mask.any()


def test_chunks_of_several_frames_or_channels_are_read_once() -> None:
    values = np.random.default_rng(0).integers(0, 99, (6, 2, 20, 30))
    array = ChunkedArray(values, (4, 2, 16, 16))
    blocks = load_blocks([view(array, "TCYX")], 10**5, seed=0)
    assert set(array.reads.values()) == {1}
    assert [block.channels for block in blocks] == [(0,), (1,)] * 6
    found = np.concatenate([block.values for block in blocks])
    np.testing.assert_array_equal(found, values.reshape(12, 20, 30))


def test_of_a_large_colour_picture_no_chunk_is_read_once_for_each_channel() -> None:
    values = np.random.default_rng(0).integers(0, 255, (1400, 1400, 3), np.uint8)
    array = ChunkedArray(values, (512, 512, 3))
    blocks = load_blocks([view(array, "YXS")], 3 * 4 * 256**2, seed=0)
    assert set(array.reads.values()) == {1}
    assert [block.channels for block in blocks] == [(0,), (1,), (2,)] * 4
    assert {block.values.shape for block in blocks} == {(1, 256, 256)}


def test_what_cannot_be_read_is_named() -> None:
    class Damaged(CountingArray):
        def __getitem__(self, index: Any) -> Array:
            raise RuntimeError("Zstd decompression error")

    layout = plan_layout("YX", (16, 16))
    values = np.zeros((16, 16), np.uint8)
    views = [ImageView(array(values), layout) for array in (CountingArray, Damaged)]
    with pytest.raises(UnreadableError, match=r"Zstd.*Image 2 of 2") as caught:
        load_blocks(views, 10**6, 0)
    assert caught.value.image == 1
