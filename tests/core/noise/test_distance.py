"""The distance at which pixels have independent noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, shift, zoom
from scipy.spatial import KDTree
from skimage.data import brick, camera, grass, gravel

from napari_noise2same.core.noise import independent_distances, planes_share_noise
from napari_noise2same.samples import cells

Array = NDArray[np.float64]

MOST = 4


def counted(seed: int = 0, side: int = 256) -> Array:
    """Return photons of a smooth scene, whose noise is independent."""
    rng = np.random.default_rng(seed)
    scene = gaussian_filter(rng.standard_normal((side, side)), 6)
    photons = rng.poisson(5 + 40 * (scene - scene.min()) / np.ptp(scene))
    return np.asarray(photons, np.float64)


def enlarged(image: Array, factor: float, order: int) -> Array:
    return np.asarray(zoom(image, factor, order=order, mode="nearest", grid_mode=True))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**16), gain=st.floats(1e-9, 1e9), offset=st.floats(-1e3, 1e3))
def test_the_noise_of_a_camera_is_independent(seed: int, gain: float, offset: float) -> None:
    image = cells(seed, side=256).noisy.astype(np.float64)
    assert independent_distances(gain * (image + offset), MOST) == (1, 1)


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize(("factor", "distance"), [(1.5, 2), (2, 2), (3, 3), (4, 4)])
def test_an_enlarged_image_has_it_as_far_apart_as_it_was_enlarged(
    factor: float, distance: int, order: int
) -> None:
    assert independent_distances(enlarged(counted(), factor, order), MOST) == (distance, distance)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("order", [0, 1])
def test_noise_alone_has_it_too(order: int, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(100, 10, (128, 128))
    assert independent_distances(enlarged(noise, 2, order), MOST) == (2, 2)


@pytest.mark.parametrize("order", [1, 3])
def test_half_a_pixel_of_drift_that_was_corrected_is_noticed(order: int) -> None:
    moved = shift(counted(), 0.5, order=order, mode="nearest")
    assert independent_distances(moved, MOST) == (2, 2)


@pytest.mark.parametrize(("width", "distance"), [(0.4, 1), (0.7, 2), (0.8, 2)])
def test_smoothing_is_noticed(width: float, distance: int) -> None:
    assert independent_distances(gaussian_filter(counted(), width), MOST) == (distance, distance)


def test_a_distance_that_is_larger_than_asked_for_is_not_found() -> None:
    image = enlarged(counted(), 3, 1)
    assert [independent_distances(image, most) for most in (2, 3)] == [(1, 1), (3, 3)]


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize(("factor", "distance"), [(1.5, 2), (2, 2), (3, 3), (4, 4)])
def test_noise_may_be_shared_in_one_direction_only(
    transpose: bool, order: int, factor: float, distance: int
) -> None:
    image = zoom(counted(), (1, factor), order=order, mode="nearest", grid_mode=True)
    expected = (distance, 1) if transpose else (1, distance)
    assert independent_distances(image.T if transpose else image, MOST) == expected


@pytest.mark.parametrize(("width", "distance"), [(0.4, 1), (0.6, 1), (0.7, 2), (1.2, 3)])
def test_the_smoothing_of_lines_is_noticed_where_it_is_strong(width: float, distance: int) -> None:
    image = gaussian_filter1d(counted(), width, axis=1)
    assert independent_distances(image, MOST) == (1, distance)


def test_of_two_directions_the_shorter_distance_counts() -> None:
    image = zoom(counted(), (2, 3), order=1, mode="nearest", grid_mode=True)
    assert independent_distances(image, MOST) == (2, 2)


def test_stripes_are_no_noise_that_is_shared_along_them() -> None:
    rng = np.random.default_rng(0)
    stripes = 40 * np.sin(np.arange(256) * 2.4)[:, None] + rng.normal(0, 1, (256, 256))
    assert independent_distances(stripes, MOST) == (1, 1)


@pytest.mark.parametrize("picture", [brick, camera, grass, gravel])
@pytest.mark.parametrize("sigma", [0, 1, 2, 5])
def test_texture_is_no_noise(picture: object, sigma: float) -> None:
    assert callable(picture)
    image = picture() + np.random.default_rng(0).normal(0, sigma, (512, 512))
    assert independent_distances(image, MOST) == (1, 1)


def seen(structure: Array) -> Array:
    """Return photons of a sharp structure, blurred by less than a pixel."""
    rng = np.random.default_rng(1)
    sharp = gaussian_filter(structure, 0.8)
    photons = rng.poisson(5 + 1000 * sharp / sharp.max())
    return np.asarray(photons + rng.normal(0, 1.5, photons.shape))


def spots(one_in: int) -> Array:
    rng = np.random.default_rng(4)
    picture = np.zeros(256 * 256)
    np.add.at(picture, rng.integers(0, picture.size, picture.size // one_in), 1)
    return picture.reshape(256, 256) * 10 ** rng.uniform(0, 1, (256, 256))


def foam() -> Array:
    """Return the walls between bubbles of about five pixels."""
    rng = np.random.default_rng(4)
    bubbles = KDTree(rng.uniform(0, 256, (3000, 2)))
    (nearest, next_to_it), _ = np.moveaxis(
        bubbles.query(np.argwhere(np.ones((256, 256))), 2), -1, 1
    )
    return np.asarray(next_to_it - nearest < 1, np.float64).reshape(256, 256)


@pytest.mark.parametrize("one_in", [40, 100])
def test_crowded_spots_are_no_noise(one_in: int) -> None:
    assert independent_distances(seen(spots(one_in)), MOST) == (1, 1)


@pytest.mark.parametrize("period", [6, 9, 13])
def test_a_grid_is_no_noise(period: int) -> None:
    y, x = np.indices((256, 256)) % period < 2
    assert independent_distances(seen(np.asarray(y | x, np.float64)), MOST) == (1, 1)


@pytest.mark.parametrize("seed", range(2))
def test_a_lattice_of_dots_is_no_noise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, x = (np.indices((256, 256)) + 5) % 10 - 5
    dots = np.exp(-(x**2 + y**2) / (2 * 1.67**2))
    noisy = rng.poisson(60 * dots + 3) + rng.normal(0, 2, dots.shape)
    assert independent_distances(noisy, MOST) == (1, 1)


def test_foam_is_no_noise() -> None:
    assert independent_distances(seen(foam()), MOST) == (1, 1)


@pytest.mark.parametrize("strength", [2, 8])
@pytest.mark.parametrize("transpose", [False, True])
def test_bands_are_no_noise_that_is_shared_across_them(strength: float, transpose: bool) -> None:
    rng = np.random.default_rng(0)
    lines = gaussian_filter1d(rng.standard_normal(256), 1)
    waves = [np.sin(np.arange(256) * 2 * np.pi / period) for period in (4, 5)]
    for bands in (*waves, lines / lines.std()):
        image = strength * bands[:, None] + rng.standard_normal((256, 256))
        assert independent_distances(image.T if transpose else image, MOST) == (1, 1)


def test_all_samples_count_whatever_their_axes() -> None:
    planes = np.stack([enlarged(counted(seed, 128), 2, 1) for seed in range(3)])
    assert independent_distances(planes, MOST) == (2, 2)
    assert independent_distances(list(planes), MOST) == (2, 2)
    assert independent_distances([*planes[:1], counted(), counted(1)], MOST) == (1, 1)


def test_pixels_that_are_no_numbers_do_not_count() -> None:
    image = enlarged(counted(), 2, 1)
    image[:100, :100] = np.nan
    image[300, 300] = np.inf
    assert independent_distances(image, MOST) == (2, 2)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (40, 40), (2, 7, 9)])
@pytest.mark.parametrize("value", [0.0, np.nan])
def test_where_there_is_too_little_to_see_nothing_is_found(
    shape: tuple[int, ...], value: float
) -> None:
    assert independent_distances(np.full(shape, value), MOST) == (1, 1)
    noise = np.random.default_rng(0).normal(size=shape)
    assert independent_distances(gaussian_filter(noise, 1), MOST) == (1, 1)


def test_a_strip_is_too_narrow_to_tell_lines_from_noise() -> None:
    strip = zoom(counted(side=1024)[:40], (1, 2), order=1, mode="nearest", grid_mode=True)
    assert independent_distances(strip, MOST) == (1, 1)


def test_black_around_an_image_does_not_count() -> None:
    image = np.zeros((700, 700))
    image[50:650, 50:650] = enlarged(counted(side=300), 2, 1)
    assert independent_distances(image, MOST) == (2, 2)


def stack(seed: int = 0) -> Array:
    """Photons of a scene that goes on from plane to plane."""
    rng = np.random.default_rng(seed)
    scene = gaussian_filter(rng.standard_normal((16, 96, 96)), (2, 4, 4))
    photons = rng.poisson(5 + 40 * (scene - scene.min()) / np.ptp(scene))
    return np.asarray(photons, np.float64)


def test_the_planes_of_a_stack_have_noise_of_their_own() -> None:
    assert not planes_share_noise(stack())
    assert not planes_share_noise([stack(), stack(1)])


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("factor", [1.5, 2, 3])
def test_planes_that_were_made_of_others_share_their_noise(factor: float, order: int) -> None:
    deep = zoom(stack(), (factor, 1, 1), order=order, mode="nearest", grid_mode=True)
    assert planes_share_noise(deep)
    assert planes_share_noise(np.stack([deep, deep]))


def test_stacks_that_were_moved_or_smoothed_along_z_share_their_noise() -> None:
    assert planes_share_noise(shift(stack(), (0.5, 0, 0), order=1, mode="nearest"))
    assert planes_share_noise(gaussian_filter1d(stack(), 0.7, axis=0))


@pytest.mark.parametrize("shape", [(1, 40, 40), (4, 40, 40), (9, 7, 40), (9, 40, 40)])
@pytest.mark.parametrize("value", [0.0, np.nan])
def test_of_too_few_planes_nothing_is_told(shape: tuple[int, ...], value: float) -> None:
    assert not planes_share_noise(np.full(shape, value))
