from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_noise2same.core.noise import fill_holes, hide_outliers


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4"])
def test_a_hole_becomes_the_mean_around_it(odd: float, dtype: str) -> None:
    values = np.arange(140, dtype=dtype).reshape(10, 14)
    values[4, 6] = odd
    found = fill_holes(values)
    assert found.dtype == values.dtype
    np.testing.assert_allclose(found, np.arange(140).reshape(10, 14))
    assert not np.isfinite(values[4, 6])


@pytest.mark.parametrize("corner", [(0, 0), (0, -1), (-1, 0), (-1, -1), (0, 5), (4, -1)])
def test_a_hole_at_the_border_is_filled(corner: tuple[int, int]) -> None:
    values = np.full((9, 11), 7.0)
    values[corner] = np.nan
    np.testing.assert_allclose(fill_holes(values), 7)


def test_planes_do_not_see_each_other() -> None:
    values = np.arange(6.0).reshape(2, 3, 1, 1) * np.ones((9, 8))
    holed = values.copy()
    holed[1, 1, 4, 4] = np.nan
    np.testing.assert_allclose(fill_holes(holed), values)


def test_the_inside_of_a_large_hole_stays() -> None:
    values = np.ones((20, 20))
    values[5:12, 6:15] = np.nan
    found = fill_holes(values)
    np.testing.assert_array_equal(np.isnan(found[6:11, 7:14]), True)
    np.testing.assert_array_equal(found[np.isfinite(found)], 1)
    assert np.isfinite(found[5, 6])


@pytest.mark.parametrize("values", [np.arange(12).reshape(3, 4), np.full((3, 4), 0.5)])
def test_nothing_is_copied_without_holes(values: Any) -> None:
    assert fill_holes(values) is values


def test_what_is_close_is_left_alone() -> None:
    values = np.array([[-299.0, 0.0], [1.5, 299.0]], np.float32)
    shown, hidden = hide_outliers(values)
    assert shown is values
    assert not hidden.any()


def test_bright_areas_are_drawn_in_and_nothing_is_put_where_nothing_is_known() -> None:
    values = np.zeros((9, 20), np.float32)
    values[:, 7:] = np.float32(5000)
    values[:, 14:] = np.nan
    shown, hidden = hide_outliers(values)
    np.testing.assert_array_equal(hidden, np.broadcast_to(np.arange(20) >= 7, values.shape))
    np.testing.assert_array_equal(shown[:, 9:14], 300)
    np.testing.assert_array_equal(shown[:, 16:], 0)
