from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_noise2same.core.array import ImageView, Region, plan_layout
from noise2same_testing.arrays import CountingArray


def numbered(shape: tuple[int, ...], dtype: str = "int64") -> NDArray[Any]:
    """An array in which every value occurs once."""
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


@st.composite
def views(draw: st.DrawFn) -> ImageView:
    """Views of arrays of any axes order, some of them with singleton axes."""
    channel = draw(st.sampled_from(["", "C", "S"]))
    others = draw(st.sets(st.sampled_from("TZ")))
    axes = "".join(draw(st.permutations(["Y", "X", *channel, *sorted(others)])))
    shape = tuple(draw(st.integers(1, 4)) for _ in axes)
    dims: Literal[2, 3] = 3 if "Z" in axes and draw(st.booleans()) else 2
    layout = plan_layout(axes, shape, spatial_dims=dims)
    return ImageView(numbered(shape), layout, joint_channels=draw(st.booleans()))


def canonical(view: ImageView) -> NDArray[Any]:
    """Shape (samples, channels, [Z,] Y, X) in one go, by way of a transposition."""
    layout = view.layout
    order = layout.samples + layout.channel + layout.spatial
    moved = np.asarray(view.array).transpose([layout.axes.index(a) for a in order])
    return moved.reshape(-1, view.sample_channels, *view.spatial_shape)


@given(views())
def test_samples_are_those_of_the_array_in_its_order(view: ImageView) -> None:
    expected = canonical(view)
    assert len(view) == len(expected)
    for sample, values in enumerate(expected):
        np.testing.assert_array_equal(view.read(sample), values)


@given(views(), st.data())
def test_a_region_is_that_part_of_the_sample(view: ImageView, data: st.DataObject) -> None:
    region: Region = tuple(
        slice(start, data.draw(st.integers(start + 1, length)))
        for length in view.spatial_shape
        for start in [data.draw(st.integers(0, length - 1))]
    )
    sample = data.draw(st.integers(0, len(view) - 1))
    expected = view.read(sample)[(slice(None), *region)]
    np.testing.assert_array_equal(view.read(sample, region), expected)

    target = np.full(view.array.shape, -1)
    view.of(target).assign(sample, region, expected)
    assert np.count_nonzero(target >= 0) == expected.size
    np.testing.assert_array_equal(target[target >= 0], np.asarray(view.array)[target >= 0])


@given(views())
def test_what_is_read_and_assigned_comes_back_in_the_same_order(view: ImageView) -> None:
    target = np.full(view.array.shape, -1)
    for sample in range(len(view)):
        view.of(target).assign(sample, None, view.read(sample))
    np.testing.assert_array_equal(target, np.asarray(view.array))


@given(views())
def test_channels_name_the_channels_of_a_sample(view: ImageView) -> None:
    array, layout = np.asarray(view.array), view.layout
    for sample in range(len(view)):
        channels = list(view.channels(sample))
        assert len(channels) == view.sample_channels
        if layout.channel:
            own = np.isin(array, view.read(sample)).nonzero()[layout.axes.index(layout.channel)]
            assert sorted(channels) == sorted(set(own.tolist()))
        else:
            assert channels == [0]


@pytest.mark.parametrize(
    ("joint", "samples", "channels"), [(True, 5, (0, 1, 2)), (False, 15, (1,))]
)
def test_channels_are_one_sample_or_several(
    joint: bool, samples: int, channels: tuple[int, ...]
) -> None:
    array = numbered((3, 5, 6, 7))
    view = ImageView(array, plan_layout("CTYX", array.shape), joint_channels=joint)
    assert len(view) == samples
    assert (view.n_channels, view.sample_channels) == (3, len(channels))
    assert view.channels(1) == channels
    assert view.spatial_shape == (6, 7)
    expected = array[:, 1] if joint else array[1:2, 0]
    np.testing.assert_array_equal(view.read(1), expected)


@pytest.mark.parametrize(("joint", "values"), [(True, 2 * 5 * 3 * 2), (False, 5 * 3 * 2)])
def test_only_the_region_asked_for_is_read(joint: bool, values: int) -> None:
    array = CountingArray(numbered((4, 20, 2, 10, 30)))
    layout = plan_layout("TYCZX", array.shape)
    view = ImageView(array, layout, joint_channels=joint)
    assert array.pixels == 0
    view.read(len(view) - 1, (slice(2, 7), slice(0, 3), slice(28, 30)))
    assert array.pixels == values


def test_another_array_of_the_same_axes_can_be_read() -> None:
    array = numbered((3, 4, 5))
    view = ImageView(array, plan_layout("TYX", array.shape))
    np.testing.assert_array_equal(view.of(-array).read(2), -array[2:3])


@pytest.mark.parametrize("dtype", [">u2", ">f4", "<i4", "bool"])
def test_values_come_in_native_byte_order(dtype: str) -> None:
    array = (numbered((4, 5)) % 3).astype(dtype)
    values = ImageView(array, plan_layout("XY", array.shape)).read(0)
    assert values.dtype == np.dtype(dtype).newbyteorder("=")
    assert values.dtype.isnative
    np.testing.assert_array_equal(values[0], array.T)


def test_arrays_need_not_be_contiguous() -> None:
    array = numbered((8, 12, 10))[::2, ::-1, 1::3]
    view = ImageView(array, plan_layout("YTX", array.shape))
    np.testing.assert_array_equal(view.read(1), array[np.newaxis, :, 1])
    target = np.zeros((12, 4, 6), array.dtype).transpose(1, 0, 2)[:, :, ::2]
    view.of(target).assign(1, None, view.read(1))
    np.testing.assert_array_equal(target[:, 1], array[:, 1])
    assert not target[:, [0, *range(2, 12)]].any()


def test_a_view_can_be_of_a_copy_or_have_its_channels_together() -> None:
    values = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    mask = np.zeros((2, 1, 4, 5), bool)
    mask[1, 0, 2, 3] = True
    seen = ImageView(values, plan_layout("TCYX", values.shape), mask=mask)
    joint = seen.with_joint_channels()
    np.testing.assert_array_equal(joint.read(1), values[1])
    np.testing.assert_array_equal(joint.read_mask(1), mask[1, 0])
    loaded = seen.of(values.copy())
    np.testing.assert_array_equal(loaded.read(4), values[1, 1:2])
    np.testing.assert_array_equal(loaded.read_mask(4), mask[1, 0])
