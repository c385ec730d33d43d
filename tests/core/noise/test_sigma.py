from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.noise import estimate_sigma

SHAPES = [(4000,), (96, 96), (24, 40, 40)]


def smooth_scene(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.float64]:
    """Return blobs between 0 and 1."""
    scene = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 4)
    scaled: NDArray[np.float64] = (scene - scene.min()) / np.ptp(scene)
    return scaled


def noisy_scene(shape: tuple[int, ...], sigma: float, signal: float = 100) -> NDArray[np.float64]:
    noise = np.random.default_rng(1).normal(0, sigma, shape)
    return signal * smooth_scene(shape) + noise


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sigma", [1e-6, 3.0, 1e9])
def test_finds_the_noise_over_a_smooth_scene(shape: tuple[int, ...], sigma: float) -> None:
    image = noisy_scene(shape, sigma, signal=20 * sigma)
    assert estimate_sigma(image) == pytest.approx(sigma, rel=0.1)


def test_is_little_misled_by_the_edges_of_a_photograph(photograph: NDArray[np.float64]) -> None:
    image = photograph + np.random.default_rng(0).normal(0, 25, (512, 512))
    assert estimate_sigma(image) == pytest.approx(25, rel=0.1)


@pytest.mark.parametrize("sigma", [2, 4, 8])
def test_little_noise_is_found_in_a_photograph(
    sigma: float, photograph: NDArray[np.float64]
) -> None:
    image = photograph + np.random.default_rng(0).normal(0, sigma, (512, 512))
    assert estimate_sigma(image) == pytest.approx(sigma, rel=0.1)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), photons=st.floats(0.03, 30))
def test_counted_photons_count_though_most_pixels_may_have_none(seed: int, photons: float) -> None:
    image = np.random.default_rng(seed).poisson(photons, (192, 192))
    assert estimate_sigma(image) == pytest.approx(np.sqrt(photons), rel=0.25)


def test_noise_that_grows_with_the_signal_counts_by_its_mean_variance() -> None:
    photons = np.linspace(4, 400, 320)[:, np.newaxis] * np.ones(320)
    image = np.random.default_rng(0).poisson(photons)
    assert estimate_sigma(image) == pytest.approx(np.sqrt(photons.mean()), rel=0.05)


def test_an_image_of_one_block_is_enough() -> None:
    image = np.random.default_rng(0).normal(0, 3, (10, 10))
    assert 1 < estimate_sigma(image) < 6


def test_noise_counts_though_a_mask_is_beside_all_of_it() -> None:
    image = np.random.default_rng(0).normal(0, 3, (26, 26))
    for rows, columns in product((slice(10), slice(16, None)), repeat=2):
        image[rows, columns] = 0
    assert 1 < estimate_sigma(image) < 6


def test_ignores_hot_pixels_and_non_finite_ones() -> None:
    image = noisy_scene((96, 96), 3)
    image[::24, ::24] = 1e12
    image[5::16, 7::16] = np.nan
    assert estimate_sigma(image) == pytest.approx(3, rel=0.1)


def test_infinite_pixels_do_not_count() -> None:
    image = noisy_scene((96, 96), 3) + 1000
    image[::8, ::8] = np.inf
    assert estimate_sigma(image) == pytest.approx(3, rel=0.1)


def test_ignores_plateaus_that_clipping_has_left() -> None:
    image = noisy_scene((96, 96), 3)
    image[:32], image[32:64] = 0, 50
    assert estimate_sigma(image) == pytest.approx(3, rel=0.1)


def test_counts_an_image_without_noise_as_noiseless() -> None:
    assert estimate_sigma(np.full((16, 16), 7)) == 0
    square = np.zeros((64, 64))
    square[20:40, 20:40] = 1
    assert estimate_sigma(square) == 0


def test_leading_axes_are_separate_pictures() -> None:
    levels = np.array([0, 1000, 0, 3000, 0, 500])[:, np.newaxis, np.newaxis]
    image = levels + np.random.default_rng(0).normal(0, 2, (6, 64, 64))
    assert estimate_sigma(image, spatial_ndim=2) == pytest.approx(2, rel=0.1)
    assert estimate_sigma(list(image)) == estimate_sigma(image, spatial_ndim=2)


def test_the_last_three_axes_are_spatial_by_default() -> None:
    image = np.random.default_rng(0).normal(0, 2, (3, 16, 32, 32))
    assert estimate_sigma(image) == estimate_sigma(image, spatial_ndim=3)


@pytest.mark.parametrize("dtype", [">u2", "<i4", ">f4", "f2", "u1"])
def test_any_type_and_layout_counts_by_its_values(dtype: str) -> None:
    image = np.round(noisy_scene((96, 96), 5) + 50).astype(dtype)
    expected = estimate_sigma(image.astype(np.float64))
    assert estimate_sigma(np.repeat(image, 2, axis=1)[:, ::2]) == expected


def test_filters_only_axes_that_are_long_enough() -> None:
    row = np.random.default_rng(0).normal(0, 2, (1, 4000))
    assert estimate_sigma(row) == estimate_sigma(row[0])


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 1)),
        np.zeros((0, 5)),
        np.full((9, 9), np.nan),
        np.zeros((9, 9), complex),
        np.zeros(()),
        [],
    ],
)
def test_refuses_what_shows_no_noise(image: Any) -> None:
    with pytest.raises(ImageError, match=r"Expected .* found .*;"):
        estimate_sigma(image)


@pytest.mark.parametrize("spatial_ndim", [0, 3, 4])
def test_refuses_spatial_dimensions_that_are_not_there(spatial_ndim: int) -> None:
    with pytest.raises(ImageError, match="spatial dimensions"):
        estimate_sigma(np.zeros((9, 9)), spatial_ndim=spatial_ndim)
