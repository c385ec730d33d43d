from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.core.io.pyramid import Pyramid, level_shapes
from noise2same_testing.arrays import picture


def empty(shape: tuple[int, ...], axes: str, dtype: Any = np.float32, levels: int = 3) -> Pyramid:
    """A pyramid in memory, of more levels than so small an image would have."""
    shapes = [shape]
    for _ in range(levels - 1):
        last = zip(shapes[-1], shape, axes, strict=True)
        shapes.append(tuple(-(-n // 2) if a in "YX" and top > 1 else n for n, top, a in last))
    return Pyramid(tuple(np.zeros(s, dtype) for s in shapes), axes)


def test_levels_are_halved_in_the_plane_until_they_fit_a_window() -> None:
    assert level_shapes((3, 40, 1025, 300), "CZYX") == [
        (3, 40, 1025, 300),
        (3, 40, 513, 150),
        (3, 40, 257, 75),
    ]
    assert level_shapes((512, 512), "YX") == [(512, 512)]
    assert level_shapes((1, 2000), "YX") == [(1, 2000), (1, 1000), (1, 500)]


def test_a_coarser_pixel_is_the_mean_of_those_it_covers() -> None:
    data = picture(2, 7, 6)
    pyramid = empty(data.shape, "TYX")
    pyramid.fill(data)
    finest, half, quarter = pyramid.levels
    np.testing.assert_array_equal(finest, data)
    np.testing.assert_allclose(half[1, 0, 2], data[1, :2, 4:].mean(), rtol=1e-6)
    # At the end there are fewer to cover.
    np.testing.assert_allclose(half[0, 3, 1], data[0, 6, 2:4].mean(), rtol=1e-6)
    np.testing.assert_allclose(quarter[0, 0, 0], data[0, :4, :4].mean(), rtol=1e-6)


def test_integers_are_rounded_not_cut() -> None:
    data = np.array([[0, 1], [1, 1]], np.uint8)
    pyramid = empty((2, 2), "YX", np.uint8, levels=2)
    pyramid.fill(data)
    assert pyramid.levels[1].dtype == np.uint8
    assert pyramid.levels[1].item() == 1


@pytest.mark.parametrize("dtype", ["uint16", "int32", "uint64", "float16", "float64", "bool"])
def test_every_type_of_pixel_is_kept(dtype: str) -> None:
    pyramid = empty((4, 4), "YX", dtype, levels=2)
    largest = 1 if dtype == "bool" else 60000
    pyramid.fill(np.full((4, 4), largest, dtype))
    np.testing.assert_array_equal(pyramid.levels[1], np.full((2, 2), largest, dtype))


def test_pixels_that_are_not_finite_do_not_disturb() -> None:
    pyramid = empty((2, 4), "YX", levels=2)
    pyramid.fill(np.array([[np.inf, -np.inf, 1, 1], [np.nan, 0, 1, 1]], np.float32))
    assert np.isnan(pyramid.levels[1][0, 0])
    assert pyramid.levels[1][0, 1] == 1


@given(
    shape=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    cell=st.tuples(st.integers(1, 11), st.integers(1, 11)),
    order=st.randoms(use_true_random=False),
)
def test_cells_of_any_size_in_any_order_give_what_the_whole_gives(
    shape: tuple[int, int], cell: tuple[int, int], order: Any
) -> None:
    data = picture(*shape)
    whole, parts = empty(shape, "YX"), empty(shape, "YX")
    whole.fill(data)
    regions = [
        (slice(y, min(y + cell[0], shape[0])), slice(x, min(x + cell[1], shape[1])))
        for y in range(0, shape[0], cell[0])
        for x in range(0, shape[1], cell[1])
    ]
    order.shuffle(regions)
    for region in regions:
        parts.levels[0][region] = data[region]
        parts.update(region)
    for found, expected in zip(parts.levels, whole.levels, strict=True):
        np.testing.assert_array_equal(found, expected)
