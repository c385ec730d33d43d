from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from napari_noise2same.core.errors import ConfigurationError, ImageError
from napari_noise2same.core.noise import (
    Domain,
    DomainKind,
    GeneralisedAnscombe,
    PoissonGaussian,
    fit_domain,
)

KINDS: list[DomainKind] = ["linear", "stabilised"]
SHAPE = (160, 160)


def clean_image() -> NDArray[np.float64]:
    blobs = gaussian_filter(np.random.default_rng(0).standard_normal(SHAPE), 5)
    clean: NDArray[np.float64] = 1000 * np.maximum(blobs / blobs.std(), 0) ** 2 + 500
    return clean


def noisy_image() -> NDArray[np.float64]:
    rng = np.random.default_rng(1)
    return rng.poisson(clean_image()) + rng.normal(0, 5, SHAPE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
@pytest.mark.parametrize("shift", [-3000, 0, 60_000])
def test_normalises_an_image_of_any_scale(kind: DomainKind, scale: float, shift: float) -> None:
    image = scale * (noisy_image() + shift)
    domain = fit_domain(image, kind)
    normalised = domain.forward(image)
    assert domain.kind == kind
    assert normalised.dtype == np.float32
    assert normalised.mean() == pytest.approx(0, abs=0.02)
    assert normalised.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_a_clean_image_of_many_photons_comes_back(kind: DomainKind) -> None:
    clean = clean_image()
    domain = fit_domain(noisy_image(), kind)
    restored = domain.inverse(domain.forward(clean))
    assert restored.dtype == np.float32
    # The exact unbiased inverse gives a quarter of a photon to values without noise.
    np.testing.assert_allclose(restored, clean, atol=0.3)


def test_noise_has_the_strength_sigma_at_every_intensity() -> None:
    clean, noisy = clean_image(), noisy_image()
    domain = fit_domain(noisy)
    error = domain.forward(noisy) - domain.forward(clean)
    median = np.median(clean)
    assert error[clean <= median].std() == pytest.approx(domain.sigma, rel=0.1)
    assert error[clean > median].std() == pytest.approx(domain.sigma, rel=0.1)


def test_half_a_photon_of_read_noise_is_reckoned_with() -> None:
    """Counted photons fit as well without any, but then the dark is stretched too much."""
    counts = np.random.default_rng(0).poisson((clean_image() - 500) / 100)
    domain = fit_domain(3.0 * counts)
    assert domain.noise is not None
    below = domain.noise.offset - domain.noise.gain * np.array([3, 2])
    step = np.diff(domain.forward(below) * domain.std).item()
    assert step <= 1 / np.sqrt(0.25)


@pytest.mark.parametrize("background", [0.02, 0.3])
def test_a_photon_or_none_keeps_its_mean(background: float) -> None:
    """What is reckoned with is not there, and the way back must know."""
    light = np.repeat([background, 1.0, 4.0], 128)[:, np.newaxis] * np.ones(256)
    counts = 10 * np.random.default_rng(0).poisson(light)
    domain = fit_domain(counts)
    for part in (counts[:128], counts[128:256], counts[256:]):
        restored = domain.inverse(domain.forward(part).mean(keepdims=True))
        assert restored.item() == pytest.approx(part.mean(), abs=0.03 * float(part.std()))


def test_linear_sigma_is_the_noise_relative_to_the_image() -> None:
    image = clean_image() + np.random.default_rng(0).normal(0, 30, SHAPE)
    assert fit_domain(image, "linear").sigma == pytest.approx(30 / image.std(), rel=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_sigma_of_nothing_but_noise_is_at_most_one(kind: DomainKind) -> None:
    image = np.random.default_rng(0).poisson(0.05, SHAPE)
    assert 0 <= fit_domain(image, kind).sigma <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_are_those_of_all_samples_together(kind: DomainKind) -> None:
    image = noisy_image()
    whole, parts = fit_domain(image, kind), fit_domain([image[:80], image[80:]], kind)
    assert parts.std == pytest.approx(whole.std, rel=0.05)
    assert parts.forward(image) == pytest.approx(whole.forward(image), abs=0.05, rel=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_enormous_pixels_do_not_shrink_the_image(kind: DomainKind) -> None:
    image = noisy_image()
    hot = image.copy()
    hot[::40, ::40] = 1e12
    expected = fit_domain(image, kind)
    assert fit_domain(hot, kind).std == pytest.approx(expected.std, rel=0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_half_saturated_and_partly_missing_pixels_are_usable(kind: DomainKind) -> None:
    image = np.minimum(noisy_image(), np.median(noisy_image()))
    image[:8] = np.nan
    image[8] = -np.inf
    domain = fit_domain(image, kind)
    assert np.isfinite(domain.forward(image[9:])).all()
    assert domain.kind == kind


@pytest.mark.parametrize("kind", KINDS)
def test_takes_any_layout_byte_order_and_size(kind: DomainKind) -> None:
    image = np.round(noisy_image()).astype(">u2")
    domain = fit_domain(image, kind)
    expected = domain.forward(image.astype(np.float64))
    np.testing.assert_array_equal(domain.forward(image.T), expected.T)
    np.testing.assert_array_equal(domain.forward(image[::3, ::-2]), expected[::3, ::-2])
    assert domain.forward(image.T).flags.c_contiguous
    assert domain.forward(np.empty((0, 5))).shape == (0, 5)
    large = np.broadcast_to(image[:1, :100], (3000, 100))
    np.testing.assert_array_equal(domain.forward(large)[-1], expected[0, :100])


def test_values_are_those_of_the_formulas() -> None:
    image = np.array([[-5.0, 0.0, 8.0]])
    noise = PoissonGaussian(2, 9, 1)
    linear, stabilised = Domain(3, 4, 0.5), Domain(3, 4, 0.5, noise)
    np.testing.assert_allclose(linear.forward(image), (image - 3) / 4)
    np.testing.assert_allclose(linear.inverse(linear.forward(image)), image, rtol=1e-6)
    np.testing.assert_allclose(
        stabilised.forward(image), (GeneralisedAnscombe(noise).forward(image) - 3) / 4, rtol=1e-6
    )


@pytest.mark.parametrize("shape", [(1, 2), (2, 2), (1, 512), (20, 20)])
def test_an_image_too_small_for_the_fit_gets_the_linear_domain(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).normal(100, 5, shape)
    domain = fit_domain(image)
    assert domain.kind == "linear"
    assert domain.noise is None
    assert 0 < domain.sigma <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_detail_is_looked_for_where_noise_is_weak(kind: DomainKind) -> None:
    light = 1000 + 200 * np.sin(np.arange(128) / 9)
    for level, weak in ((10, True), (100, False)):
        noisy = np.random.default_rng(0).normal(light, level, (128, 128))
        domain = fit_domain(noisy, kind)
        assert domain.detail == (domain.sigma if weak else None)


def test_nearly_all_is_detail_without_noise() -> None:
    domain = fit_domain(np.indices((64, 64))[0].astype(float), "linear")
    assert domain.sigma == 0
    assert domain.detail is not None
    assert 0 < domain.detail < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_light_is_far_apart_if_it_is_more_than_a_hundred_times_the_noise(kind: DomainKind) -> None:
    image = np.random.default_rng(0).normal(0, 1, SHAPE)
    image[:, 80:] += 80
    assert not fit_domain(image, kind).wide
    image[:5, :5] = 130
    assert fit_domain(image, kind).wide
    assert fit_domain(-image[..., None, :, :], kind).wide


def test_photons_are_compared_by_their_own_noise() -> None:
    rng, light = np.random.default_rng(0), np.linspace(5, 1500, 160)[:, None]
    # Up to a range of 77 and of 346 standard deviations.
    assert not fit_domain(rng.poisson(light, SHAPE)).wide
    assert fit_domain(rng.poisson(20 * light, SHAPE)).wide


def test_hot_pixels_and_dead_columns_are_no_light() -> None:
    image = np.random.default_rng(0).normal(0, 1, SHAPE)
    image[::20, ::20] = 5000
    image[:, 33:35] = -5000
    image[70, 70] = np.nan
    assert not fit_domain(image, "linear").wide


@settings(max_examples=25, deadline=None)
@given(
    mean=st.floats(-1e300, 1e300),
    std=st.floats(min_value=0, exclude_min=True, max_value=1e300),
    sigma=st.floats(0, 1),
    gain=st.none() | st.floats(1e-3, 1e3),
    detail=st.none() | st.floats(1e-9, 1),
    inverted=st.booleans(),
    wide=st.booleans(),
)
def test_json_brings_back_every_bit(
    mean: float,
    std: float,
    sigma: float,
    gain: float | None,
    detail: float | None,
    inverted: bool,
    wide: bool,
) -> None:
    noise = None if gain is None else PoissonGaussian(gain, gain / 3, gain / 7, inverted)
    domain = Domain(mean, std, sigma, noise, detail, wide)
    assert Domain.from_dict(json.loads(json.dumps(domain.to_dict()))) == domain


NOISE: dict[str, Any] = {"gain": 1.0, "readout": 2.0, "offset": 0.0}
GOOD = {"mean": 0.0, "std": 1.0, "sigma": 0.5, "noise": NOISE}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "domain",
        {},
        GOOD | {"std": 0},
        GOOD | {"std": -1},
        GOOD | {"std": "1"},
        GOOD | {"std": True},
        GOOD | {"std": 10**400},
        GOOD | {"mean": float("nan")},
        GOOD | {"sigma": float("inf")},
        GOOD | {"sigma": -0.1},
        GOOD | {"detail": 0.0},
        GOOD | {"detail": "1"},
        GOOD | {"detail": float("nan")},
        GOOD | {"wide": 1},
        GOOD | {"wide": None},
        GOOD | {"extra": 1},
        GOOD | {"noise": 3},
        GOOD | {"noise": {"gain": 1.0}},
        GOOD | {"noise": NOISE | {"gain": -1.0}},
        GOOD | {"noise": NOISE | {"extra": 1.0}},
        GOOD | {"noise": NOISE | {"inverted": 1}},
        {"mean": 0.0, "sigma": 0.5, "noise": None},
    ],
)
def test_from_dict_refuses_nonsense(data: Any) -> None:
    assert Domain.from_dict(GOOD).noise == PoissonGaussian(**NOISE)
    assert not Domain.from_dict(GOOD).wide
    with pytest.raises(ConfigurationError, match="Expected"):
        Domain.from_dict(data)


@pytest.mark.parametrize("std", [0.0, -1.0, float("nan")])
def test_a_domain_needs_a_positive_std(std: float) -> None:
    with pytest.raises(ConfigurationError, match="positive std"):
        Domain(0, std, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_refuses_a_constant_image(kind: DomainKind) -> None:
    with pytest.raises(ImageError, match="constant"):
        fit_domain(np.full((64, 64), 3.5), kind)


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_integers_that_float64_takes_for_equal_are_not_called_constant(
    dtype: type[np.integer],
) -> None:
    image = np.full((64, 64), 2**60, dtype) + np.random.default_rng(0).integers(0, 99, 64, dtype)
    for samples in (image, [image[:1], image[1:]], [image[:, :1], image[:, 1:2]]):
        with pytest.raises(ImageError, match=r"single precision.*subtract an offset"):
            fit_domain(samples)
    with pytest.raises(ImageError, match="constant"):
        fit_domain(image[:, :1])


@pytest.mark.parametrize("image", [np.full((9, 9), np.nan), np.empty((0, 4)), []])
def test_refuses_an_image_without_pixels(image: Any) -> None:
    with pytest.raises(ImageError, match="found none"):
        fit_domain(image)


def test_refuses_complex_pixels() -> None:
    with pytest.raises(ImageError, match="real numbers"):
        fit_domain(np.ones((64, 64), complex))


def test_refuses_an_unknown_kind() -> None:
    with pytest.raises(ConfigurationError, match="'linear' or 'stabilised'"):
        fit_domain(noisy_image(), "logarithmic")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scale", "offset", "advice"),
    [
        (1e-300, 0, "scale the image"),
        (1e38, 1e40, "scale the image"),
        (1e160, 0, "scale the image"),
        (1e300, 0, "scale the image"),
        (1, 1e12, "subtract an offset"),
        (1, 4e9, "subtract an offset"),
    ],
)
@pytest.mark.parametrize("kind", ["linear", "stabilised"])
def test_what_single_precision_would_lose_is_refused(
    scale: float, offset: float, advice: str, kind: DomainKind
) -> None:
    values = np.random.default_rng(0).poisson(100, (64, 64)) * scale + offset
    with pytest.raises(ImageError, match=f"single precision.*{advice}"):
        fit_domain(values, kind)
