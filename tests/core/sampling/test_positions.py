from __future__ import annotations

from itertools import product
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from napari_noise2same.core.sampling.positions import Positions, patch_starts, start_around

Mask = NDArray[np.bool_]


def masks(max_dims: int = 3) -> st.SearchStrategy[Mask]:
    shapes = array_shapes(min_dims=2, max_dims=max_dims, max_side=7)
    return arrays(np.bool_, shapes).filter(np.any)


@st.composite
def masks_and_patches(draw: Any) -> tuple[Mask, tuple[int, ...]]:
    mask = draw(masks())
    return mask, tuple(draw(st.integers(1, length)) for length in mask.shape)


@given(masks())
def test_positions_are_the_true_places_in_order(grid: Mask) -> None:
    positions = Positions(grid)

    assert [positions[i] for i in range(len(positions))] == [*map(tuple, np.argwhere(grid))]


@given(masks_and_patches())
def test_a_patch_may_begin_exactly_around_each_marked_pixel(
    case: tuple[Mask, tuple[int, ...]],
) -> None:
    mask, patch = case
    marked = np.argwhere(mask)
    expected = np.zeros([n - side + 1 for n, side in zip(mask.shape, patch, strict=True)], bool)
    for pixel in marked:
        expected[start_around(pixel.tolist(), patch, mask.shape)] = True

    np.testing.assert_array_equal(patch_starts(mask, patch), expected)
    np.testing.assert_array_equal(np.argwhere(mask), marked)


@given(masks_and_patches())
def test_a_patch_holds_its_pixel_and_has_it_in_the_centre_where_it_can(
    case: tuple[Mask, tuple[int, ...]],
) -> None:
    mask, patch = case
    for pixel in product(*map(range, mask.shape)):
        start = start_around(pixel, patch, mask.shape)
        for place, first, side, length in zip(pixel, start, patch, mask.shape, strict=True):
            assert 0 <= first <= place < first + side <= length
            centred = place - side // 2
            assert first == centred or not 0 <= centred <= length - side
