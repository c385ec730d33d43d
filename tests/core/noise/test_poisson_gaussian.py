from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, rotate

from napari_noise2same.core.errors import ConfigurationError, ImageError
from napari_noise2same.core.noise import PoissonGaussian, fit_poisson_gaussian
from napari_noise2same.samples import cells

SHAPES = [(320, 320), (32, 80, 80)]


def scene(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return blobs from 0 to 1 on a dark background."""
    blobs = gaussian_filter(np.random.default_rng(3).standard_normal(shape), 4)
    positive = np.maximum(blobs / blobs.std(), 0) ** 2
    brightest: NDArray[np.float64] = positive / positive.max()
    return brightest


def textured(shape: tuple[int, ...], seed: int) -> NDArray[np.float64]:
    """Return a ramp from 0 to 6 with texture of unit contrast over all but its middle."""
    texture = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 1)
    brightness = np.linspace(0, 6, shape[-2])[:, np.newaxis]
    smooth = (brightness > 2) & (brightness < 3.8)
    return np.asarray(brightness + np.where(smooth, 0, texture / texture.std()))


def expose(
    photons: NDArray[np.float64],
    gain: float,
    read: float,
    offset: float | NDArray[np.float64] = 0,
) -> NDArray[np.float64]:
    rng = np.random.default_rng(4)
    return offset + gain * rng.poisson(photons) + rng.normal(0, read, photons.shape)


def variances(noise: PoissonGaussian, levels: list[float]) -> list[float]:
    return [float(value) for value in noise.variance(levels)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("gain", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("read_photons", [0.5, 3.0])
def test_finds_gain_and_read_noise(
    shape: tuple[int, ...], gain: float, read_photons: float
) -> None:
    noise = fit_poisson_gaussian(expose(400 * scene(shape), gain, gain * read_photons, 100 * gain))
    expected = PoissonGaussian(gain, (gain * read_photons) ** 2, 100 * gain)
    levels = [gain * (100 + photons) for photons in (10, 50, 150, 300)]
    assert noise.gain == pytest.approx(gain, rel=0.1)
    assert variances(noise, levels) == pytest.approx(variances(expected, levels), rel=0.1)


@pytest.mark.parametrize("shape", SHAPES)
def test_finds_read_noise_where_it_dominates(shape: tuple[int, ...]) -> None:
    noise = fit_poisson_gaussian(expose(300 * scene(shape), 2.0, 10.0, 50))
    levels: list[float] = [50, 100, 150, 200]
    assert variances(noise, levels) == pytest.approx([100, 200, 300, 400], rel=0.1)


@pytest.mark.parametrize("peak", [5, 20])
def test_counts_photons_where_most_pixels_have_none(peak: float) -> None:
    levels = [110 + 22 * photons for photons in (0.5, 1.0, 4.0)]
    noise = fit_poisson_gaussian(expose(peak * scene((320, 320)), 22, 0, 110))
    expected = PoissonGaussian(22, 0, 110)
    assert variances(noise, levels) == pytest.approx(variances(expected, levels), rel=0.15)


def test_is_little_misled_by_the_texture_of_a_photograph(photograph: NDArray[np.float64]) -> None:
    noise = fit_poisson_gaussian(expose(photograph / 2.0, 1, 2))
    levels: list[float] = [10, 50, 100]
    assert variances(noise, levels) == pytest.approx([14, 54, 104], rel=0.15)


@settings(max_examples=20, deadline=None)
@given(
    shape=st.sampled_from([(320, 320), (24, 96, 96)]),
    seed=st.integers(0, 9),
    roughness=st.floats(80, 400),
    sigma=st.floats(1e-3, 1e3),
)
def test_little_noise_is_found_where_most_of_the_picture_is_texture(
    shape: tuple[int, ...], seed: int, roughness: float, sigma: float
) -> None:
    picture = sigma * roughness * textured(shape, seed)
    image = picture + np.random.default_rng(seed).normal(0, sigma, shape)
    noise = fit_poisson_gaussian(image)
    levels = [roughness * sigma * brightness for brightness in (0, 3, 6)]
    assert variances(noise, levels) == pytest.approx([sigma**2] * 3, rel=0.2)


@pytest.mark.parametrize("sigma", [2, 4, 8])
def test_little_noise_is_found_in_a_photograph(
    sigma: float, photograph: NDArray[np.float64]
) -> None:
    image = photograph + np.random.default_rng(0).normal(0, sigma, (512, 512))
    noise = fit_poisson_gaussian(image)
    assert np.sqrt(noise.variance([20, 100, 200])) == pytest.approx([sigma] * 3, rel=0.1)


def test_photons_are_found_where_most_of_the_picture_is_texture() -> None:
    picture = 2000 * np.maximum(textured((320, 320), 0) + 3, 0)
    noise = fit_poisson_gaussian(expose(picture, 1, 3))
    levels: list[float] = [10_500, 12_500]
    assert variances(noise, levels) == pytest.approx(levels, rel=0.15)


@pytest.mark.parametrize("rows", [26, 51, 76])
def test_noise_is_found_though_part_of_the_picture_has_been_smoothed(rows: int) -> None:
    rng = np.random.default_rng(0)
    light = gaussian_filter(rng.standard_normal((256, 256)), 10)
    light = 100 + 30 * light / light.std()
    for sigma in (0, 1):
        image = light + rng.normal(0, 5, light.shape)
        image[:rows] = gaussian_filter(image, sigma)[:rows] if sigma else light[:rows]
        assert np.sqrt(fit_poisson_gaussian(image).variance(100)) == pytest.approx(5, rel=0.2)


def test_dark_texture_does_not_look_like_no_noise() -> None:
    image = 50 * textured((24, 96, 96), 3) + np.random.default_rng(53).normal(0, 1, (24, 96, 96))
    assert fit_poisson_gaussian(image).variance(0) > 0.4


@pytest.mark.parametrize("seed", range(4))
def test_a_background_that_varies_without_light_is_no_signal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pattern = gaussian_filter(rng.standard_normal((320, 320)), 12)
    lit = gaussian_filter(rng.standard_normal((320, 320)), 8)
    photons = np.maximum(lit / lit.std() - 0.8, 0)
    noise = fit_poisson_gaussian(
        expose(30 * photons / photons.max(), 45, 14, 400 + 8 * pattern / pattern.std())
    )
    assert variances(noise, [400, 600, 1000]) == pytest.approx([196, 9196, 27196], rel=0.15)


def test_the_offset_is_the_darkest_level() -> None:
    noise = fit_poisson_gaussian(expose(400 * scene((320, 320)), 1, 3, 100))
    assert noise.offset == pytest.approx(100, abs=1)


@pytest.mark.parametrize("shape", [(20_000,), (200, 200), (32, 40, 40)])
def test_pure_read_noise_has_no_gain(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).normal(10, 3, shape)
    noise = fit_poisson_gaussian(image)
    assert noise.gain == 0
    assert noise.readout == pytest.approx(9, rel=0.1)


def test_read_noise_over_a_scene_has_little_gain() -> None:
    image = 100 * scene((320, 320)) + np.random.default_rng(0).normal(0, 5, (320, 320))
    assert variances(fit_poisson_gaussian(image), [0, 50, 100]) == pytest.approx([25] * 3, rel=0.1)


def test_background_does_not_outvote_a_few_bright_objects() -> None:
    photons = np.zeros((320, 320))
    photons[16:96, 16:96] = 200
    noise = fit_poisson_gaussian(expose(photons, 1, 3))
    assert variances(noise, [0, 200]) == pytest.approx([9, 209], rel=0.15)


def test_ignores_hot_pixels() -> None:
    image = expose(400 * scene((320, 320)), 1, 3)
    hot = np.random.default_rng(0).random(image.shape) < 1e-3
    image[hot] = 1e9
    assert variances(fit_poisson_gaussian(image), [20, 200]) == pytest.approx([29, 209], rel=0.1)


def test_ignores_saturated_constant_and_non_finite_blocks() -> None:
    image = np.minimum(expose(400 * scene((480, 320)), 1, 3, 10), 200)
    image[:128] = 200
    image[128:160] = 0
    image[160:170] = np.nan
    noise = fit_poisson_gaussian(image)
    assert variances(noise, [30, 100]) == pytest.approx([29, 99], rel=0.1)


def test_finite_pixels_among_non_finite_ones_count() -> None:
    image = expose(400 * scene((320, 320)), 1, 3)
    image[::8, ::8] = np.nan
    assert variances(fit_poisson_gaussian(image), [20, 200]) == pytest.approx([29, 209], rel=0.1)


@pytest.mark.parametrize("angle", [0, 15])
def test_black_around_an_image_is_no_dark_level(angle: float) -> None:
    sample = cells(side=256)
    padded = np.pad(sample.noisy.astype(np.float64), 40)
    noise = fit_poisson_gaussian(rotate(padded, angle, order=0, reshape=False))
    assert noise.gain == pytest.approx(2, rel=0.15)
    assert noise.offset == pytest.approx(100, abs=10)


def test_saturated_pixels_do_not_look_like_less_noise() -> None:
    levels: list[float] = [20, 100, 150]
    image = expose(np.repeat(levels, 160)[:, np.newaxis] * np.ones(160), 1, 3)
    noise = fit_poisson_gaussian(np.minimum(image, 150))
    assert variances(noise, levels) == pytest.approx([29, 109, 159], rel=0.15)


def test_a_texture_of_one_brightness_is_outvoted() -> None:
    photons = np.linspace(10, 400, 480)[:, np.newaxis] * np.ones(320)
    photons[200:240] += np.random.default_rng(0).normal(0, 30, (40, 320))
    noise = fit_poisson_gaussian(expose(photons, 1, 3))
    assert variances(noise, [50, 300]) == pytest.approx([59, 309], rel=0.15)


def test_texture_of_the_brightest_of_few_levels_is_no_gain() -> None:
    rng = np.random.default_rng(0)
    image = np.repeat([0.0, 100, 200], 64)[:, np.newaxis] + rng.normal(0, 3, (192, 64))
    image[128:] += rng.normal(0, 30, (64, 64))
    assert variances(fit_poisson_gaussian(image), [0, 100, 200]) == pytest.approx([9] * 3, rel=0.15)


def test_photons_before_an_empty_background_leave_some_read_noise() -> None:
    spots = np.random.default_rng(0).random((256, 256)) < 0.002
    noise = fit_poisson_gaussian(expose(250 * gaussian_filter(1.0 * spots, 2), 1, 0))
    assert noise.gain == pytest.approx(1, rel=0.1)
    assert noise.readout >= 0.01 * noise.gain**2


def test_fits_a_clipped_image_that_has_no_other_blocks() -> None:
    image = np.minimum(np.random.default_rng(0).normal(0, 1, (64, 64)), 0.5)
    assert 0.2 < float(fit_poisson_gaussian(image).variance(0)) < 1


def test_leading_axes_and_samples_are_separate_pictures() -> None:
    image = expose(400 * scene((160, 160)), 1, 3)
    stack = np.stack([image, image[::-1], image.T])
    together = fit_poisson_gaussian(stack, spatial_ndim=2)
    apart = fit_poisson_gaussian(list(stack))
    assert apart.gain == pytest.approx(together.gain)
    assert fit_poisson_gaussian([*stack, np.full((9, 9), np.nan), np.ones((2, 2))]) == apart
    assert variances(together, [20, 200]) == pytest.approx([29, 209], rel=0.1)


@settings(max_examples=25, deadline=None)
@given(
    scale=st.floats(1e-9, 1e9),
    shift=st.floats(-1e4, 1e4),
)
def test_follows_the_units_of_the_image(scale: float, shift: float) -> None:
    image = expose(200 * scene((96, 96)), 1, 2)
    noise = fit_poisson_gaussian(image)
    moved = fit_poisson_gaussian(scale * (image + shift))
    assert moved.gain == pytest.approx(scale * noise.gain, rel=1e-4)
    assert moved.readout == pytest.approx(scale**2 * noise.readout, rel=1e-4)
    assert moved.offset == pytest.approx(scale * (noise.offset + shift), rel=1e-6, abs=1e-6 * scale)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_inverted_image_has_the_noise_of_the_upright_one(shape: tuple[int, ...]) -> None:
    image = expose(200 * scene(shape), 2, 3, 50)
    upright, inverted = fit_poisson_gaussian(image), fit_poisson_gaussian(4095 - image)
    assert not upright.inverted
    assert inverted.inverted
    assert inverted.gain == pytest.approx(upright.gain, rel=1e-4)
    assert inverted.offset == pytest.approx(4095 - upright.offset, rel=1e-6)
    levels = [60.0, 200.0, 400.0]
    mirrored = variances(inverted, [4095 - level for level in levels])
    assert mirrored == pytest.approx(variances(upright, levels), rel=1e-3)


@pytest.mark.parametrize("sigma", [1.0, 5.0, 25.0])
def test_texture_in_the_dark_of_a_photograph_is_no_inversion(
    sigma: float, photograph: NDArray[np.float64]
) -> None:
    noise = np.random.default_rng(0).normal(0, sigma, (512, 512))
    for picture in (photograph, 255 - photograph):
        assert not fit_poisson_gaussian(picture + noise).inverted


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    peak=st.floats(0.01, 1e4),
    read=st.floats(0, 100),
    levels=st.integers(2, 4096),
)
def test_is_sensible_for_any_image(seed: int, peak: float, read: float, levels: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.poisson(peak * rng.random((48, 48)) ** 4) + rng.normal(0, read, (48, 48))
    step = max(float(np.ptp(image)), 1e-3) / levels
    image = np.round(image / step) * step
    image[0, 0] += step
    try:
        noise = fit_poisson_gaussian(image)
    except ImageError:
        return
    assert noise.gain >= 0
    assert (noise.variance(image) > 0).all()


@pytest.mark.parametrize(
    "image",
    [np.zeros((128, 128)), np.random.default_rng(0).random((16, 16)), np.full((128, 128), np.nan)],
)
def test_refuses_an_image_with_too_little_to_fit(image: NDArray[np.float64]) -> None:
    with pytest.raises(ImageError, match="at least 16 blocks"):
        fit_poisson_gaussian(image)


def test_variance_is_that_of_the_line_and_of_read_noise_below_it() -> None:
    noise = PoissonGaussian(gain=2, readout=5, offset=10)
    np.testing.assert_array_equal(noise.variance([[0, 10], [11, 20]]), [[5, 5], [7, 25]])


def test_variance_of_an_inverted_image_falls_with_brightness() -> None:
    noise = PoissonGaussian(gain=2, readout=5, offset=10, inverted=True)
    np.testing.assert_array_equal(noise.variance([[0, 9], [10, 20]]), [[25, 7], [5, 5]])


@pytest.mark.parametrize(
    ("gain", "readout", "offset"),
    [(-1, 1, 0), (1, -1, 0), (0, 0, 0), (math.nan, 1, 0), (1, math.inf, 0), (1, 1, math.nan)],
)
def test_refuses_noise_that_cannot_be(gain: float, readout: float, offset: float) -> None:
    with pytest.raises(ConfigurationError, match="Expected a finite gain"):
        PoissonGaussian(gain, readout, offset)
