from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from napari_noise2same.core.noise import fill_holes, hide_outliers


def hide(values: Any, sigma: Any) -> tuple[Any, Any]:
    """Return what a network is shown, and which pixels are not as they were."""
    shown, _ = hide_outliers(values, sigma)
    return shown, ~(shown == values)


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


def test_what_holds_no_value_or_cannot_be_replaced_is_kept() -> None:
    values = np.zeros((40, 40), np.float32)
    values[5, 5], values[5, 15], values[5, 25], values[15, 5] = 200, 400, np.nan, -200
    values[20:] = 5000
    values[20:, 20:] = np.nan
    _, kept = hide_outliers(values, 1.0)
    expected = np.zeros(values.shape, bool)
    expected[5, 15] = expected[5, 25] = True
    expected[20:] = True
    np.testing.assert_array_equal(kept, expected)


@pytest.mark.parametrize("values", [np.arange(12).reshape(3, 4), np.full((3, 4), 0.5)])
def test_nothing_is_copied_without_holes(values: Any) -> None:
    assert fill_holes(values) is values


def test_what_is_close_is_left_alone() -> None:
    values = np.array([[-299.0, 0.0], [1.5, 299.0]], np.float32)
    shown, hidden = hide(values, np.inf)
    assert shown is values
    assert not hidden.any()


def test_bright_areas_are_drawn_in_and_nothing_is_put_where_nothing_is_known() -> None:
    values = np.zeros((9, 20), np.float32)
    values[:, 7:] = np.float32(5000)
    values[:, 14:] = np.nan
    shown, hidden = hide(values, np.inf)
    np.testing.assert_array_equal(hidden, np.broadcast_to(np.arange(20) >= 7, values.shape))
    np.testing.assert_array_equal(shown[:, 9:14], 300)
    np.testing.assert_array_equal(shown[:, 16:], 0)


@pytest.mark.parametrize("place", [(0, 0), (0, 7), (-1, -1), (20, 20)])
@pytest.mark.parametrize("odd", [12.0, -12.0, 200.0])
def test_a_hot_or_dead_pixel_is_replaced(place: tuple[int, int], odd: float) -> None:
    values = np.random.default_rng(0).normal(0, 1, (3, 32, 33)).astype(np.float32)
    values[(1, *place)] += np.float32(odd + np.sign(odd) * 6)
    shown, hidden = hide(values, 1.0)
    assert np.argwhere(hidden).tolist() == [[1, place[0] % 32, place[1] % 33]]
    assert abs(shown[(1, *place)]) < 2
    np.testing.assert_array_equal(shown[~hidden], values[~hidden])


def test_each_plane_has_its_own_noise() -> None:
    values = np.zeros((2, 9, 9), np.float32)
    values[:, 4, 4] = 20
    _, hidden = hide(values, np.reshape([1.0, 10.0], (2, 1, 1)))
    np.testing.assert_array_equal(np.argwhere(hidden), [[0, 4, 4]])


@pytest.mark.parametrize("width", [0.35, 0.5, 1.0])
@pytest.mark.parametrize("photons", [100, 1e4, 1e6])
def test_points_of_light_are_left_alone(width: float, photons: float) -> None:
    """Optics spread them over more than one pixel, even where these are too large."""
    spread = np.diff(norm.cdf(np.arange(-4.5, 5), scale=width))
    light = np.outer(spread, spread) * photons
    _, hidden = hide(np.asarray(np.sqrt(light) / 5, np.float32), 0.1)
    assert not hidden.any()


@pytest.mark.parametrize("line", [1, 20, -2])
@pytest.mark.parametrize("axis", [-2, -1])
@pytest.mark.parametrize("odd", [6.0, -6.0, 250.0, 1e20])
def test_a_hot_or_dead_line_is_replaced(line: int, axis: int, odd: float) -> None:
    values = np.random.default_rng(0).normal(0, 1, (2, 96, 97)).astype(np.float32)
    np.moveaxis(values, axis, 0)[line, 1] += np.float32(odd)
    shown, hidden = hide(values, 1.0)
    on_line = np.zeros(values.shape, bool)
    np.moveaxis(on_line, axis, 0)[line, 1] = True
    np.testing.assert_array_equal(hidden, on_line)
    assert abs(shown).max() < 6


@pytest.mark.parametrize("line", [0, -1])
def test_the_border_of_a_filtered_image_is_left_alone(line: int) -> None:
    values = np.random.default_rng(0).normal(0, 1, (96, 97)).astype(np.float32)
    values[line] -= 20
    assert not hide(values, 1.0)[1].any()


@pytest.mark.parametrize("width", [0.35, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("photons", [100, 1e4, 1e6])
def test_straight_threads_and_edges_are_left_alone(width: float, photons: float) -> None:
    profile = norm.cdf(np.arange(-9.5, 10), scale=width)
    for light in (np.diff(profile), profile[1:]):
        values = np.broadcast_to(np.sqrt(light * photons)[:, None] / 5, (len(light), 80))
        for thread in (values, values.T):
            assert not hide(np.asarray(thread, np.float32), 0.1)[1].any()


def test_noise_of_photons_is_left_alone() -> None:
    counts = np.random.default_rng(0).poisson(0.01, (256, 256))
    _, hidden = hide(np.sqrt(counts).astype(np.float32), 0.5)
    assert not hidden.any()


@pytest.mark.parametrize("photons", [2e5, 1e6, 2e7])
def test_very_bright_light_is_left_alone(photons: float) -> None:
    """Hidden, the peak of a bead spoils all that the network sees with it."""
    spread = np.exp(-(np.arange(-20, 21) ** 2) / 8)
    values = np.zeros((3, 41, 41), np.float32)
    values[1] = np.sqrt(photons * np.outer(spread, spread))
    assert values.max() > 400
    shown, hidden = hide(values, 1.0)
    assert shown is values
    assert not hidden.any()


@pytest.mark.parametrize("side", [2, 3, 8])
def test_what_no_light_is_around_is_hidden_beside_very_bright_light(side: int) -> None:
    spread = np.exp(-(np.arange(-20, 21) ** 2) / 8)
    values = np.asarray(1000 * np.sqrt(np.outer(spread, spread)), np.float32)
    values[30 : 30 + side, 2 : 2 + side] = 1000
    _, hidden = hide(values, 1.0)
    assert hidden[30 : 30 + side, 2 : 2 + side].all()
    assert hidden.sum() == side**2
