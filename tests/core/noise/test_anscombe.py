from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm, poisson

from napari_noise2same.core.noise import (
    GeneralisedAnscombe,
    PoissonGaussian,
)

gains = st.floats(1e-3, 1e3)
read_photons = st.floats(0.1, 1e3)
offsets = st.floats(-100, 100)


@st.composite
def noises(draw: st.DrawFn) -> PoissonGaussian:
    gain = draw(gains)
    return PoissonGaussian(gain, (gain * draw(read_photons)) ** 2, gain * draw(offsets))


def stabilised_moments(
    noise: PoissonGaussian, photons: float, least: float = 0.01
) -> tuple[float, float]:
    """Return mean and variance of the stabilised noisy pixels, by plain summation."""
    reach = np.arange(int(photons + 10 * np.sqrt(photons) + 20))
    counts = reach[poisson.pmf(reach, photons) > 1e-14]
    steps = np.linspace(-8, 8, 1601)
    pixels = noise.offset + noise.gain * counts[:, np.newaxis] + np.sqrt(noise.readout) * steps
    weights = poisson.pmf(counts, photons)[:, np.newaxis] * norm.pdf(steps)
    values = GeneralisedAnscombe(noise, least_readout=least).forward(pixels)
    mean = float(np.average(values, weights=weights))
    return mean, float(np.average((values - mean) ** 2, weights=weights))


@settings(max_examples=50, deadline=None)
@given(noise=noises(), photons=st.floats(0, 400))
@example(noise=PoissonGaussian(1, 0.01), photons=8)
def test_inverse_of_the_mean_is_the_clean_value(noise: PoissonGaussian, photons: float) -> None:
    clean = noise.offset + noise.gain * photons
    mean, _ = stabilised_moments(noise, photons)
    bias = float(GeneralisedAnscombe(noise).inverse(mean)) - clean
    assert abs(bias) < 2e-4 * float(np.sqrt(noise.variance(clean)))


@settings(max_examples=50, deadline=None)
@given(noise=noises(), signal=st.floats(-1e3, 1e3))
def test_inverted_images_are_stabilised_as_upright_ones(
    noise: PoissonGaussian, signal: float
) -> None:
    mirrored = replace(noise, offset=-noise.offset, inverted=True)
    upright, inverted = GeneralisedAnscombe(noise), GeneralisedAnscombe(mirrored)
    stabilised = upright.forward(signal)
    assert inverted.forward(-signal) == stabilised
    assert inverted.inverse(stabilised) == -upright.inverse(stabilised)


@settings(max_examples=50, deadline=None)
@given(noise=noises(), photons=st.floats(0, 400), least=st.floats(0.1, 100))
def test_a_flatter_transform_has_an_exact_inverse_too(
    noise: PoissonGaussian, photons: float, least: float
) -> None:
    clean = noise.offset + noise.gain * photons
    mean, _ = stabilised_moments(noise, photons, least)
    bias = float(GeneralisedAnscombe(noise, least_readout=least).inverse(mean)) - clean
    assert abs(bias) < 2e-4 * float(np.sqrt(noise.variance(clean)))


@settings(max_examples=50, deadline=None)
@given(noise=noises(), photons=st.floats(5, 400))
def test_variance_is_one(noise: PoissonGaussian, photons: float) -> None:
    assert stabilised_moments(noise, photons)[1] == pytest.approx(1, abs=0.05)


@settings(max_examples=50, deadline=None)
@given(noise=noises(), background=st.floats(-50, 0))
def test_keeps_the_mean_of_a_background_below_the_offset(
    noise: PoissonGaussian, background: float
) -> None:
    read = np.sqrt(noise.readout)
    clean = noise.offset + background * read
    pixels = clean + read * np.linspace(-8, 8, 1601)
    transform = GeneralisedAnscombe(noise)
    weights = norm.pdf(np.linspace(-8, 8, 1601))
    mean = np.average(transform.forward(pixels), weights=weights)
    assert float(transform.inverse(mean)) == pytest.approx(clean, abs=2e-4 * read)


@settings(max_examples=50, deadline=None)
@given(noise=noises(), start=st.floats(-1e4, 1e4), span=st.floats(0.1, 1e4))
def test_both_ways_increase_strictly_everywhere(
    noise: PoissonGaussian, start: float, span: float
) -> None:
    values = np.linspace(start, start + span, 5000)
    transform = GeneralisedAnscombe(noise)
    assert (np.diff(transform.inverse(values)) > 0).all()
    assert (np.diff(transform.forward(noise.offset + noise.gain * values)) > 0).all()


@settings(max_examples=50, deadline=None)
@given(noise=noises(), photons=st.floats(1e4, 1e8))
def test_many_photons_come_back(noise: PoissonGaussian, photons: float) -> None:
    clean = noise.offset + noise.gain * photons
    transform = GeneralisedAnscombe(noise)
    restored = float(transform.inverse(transform.forward(clean)))
    assert abs(restored - clean) < 0.01 * np.sqrt(noise.variance(clean))


@pytest.mark.parametrize("gain", [0, 1e-12, 1e-7])
def test_without_gain_it_divides_by_the_read_noise(gain: float) -> None:
    pixels: NDArray[np.float64] = np.array([-50.0, 7, 10, 31, 1e3])
    transform = GeneralisedAnscombe(PoissonGaussian(gain, 9, 10))
    stabilised = transform.forward(pixels)
    np.testing.assert_allclose(stabilised, (pixels - 10) / 3, rtol=1e-4)
    np.testing.assert_allclose(transform.inverse(stabilised), pixels, rtol=1e-4)


def test_agrees_with_the_published_transform_up_to_its_constant() -> None:
    photons = np.array([0.0, 1, 5, 100])
    published = 2 / 3 * np.sqrt(3 * (3 * photons) + 3 / 8 * 9 + 4)
    ours = GeneralisedAnscombe(PoissonGaussian(3, 4, 7)).forward(7 + 3 * photons)
    np.testing.assert_allclose(ours, published - published[0])


def test_pure_photon_counting_is_defined_everywhere() -> None:
    noise = PoissonGaussian(1, 0)
    transform = GeneralisedAnscombe(noise)
    assert np.isfinite(transform.inverse(transform.forward([-1e6, -1, 0, 1, 1e12]))).all()
    mean, _ = stabilised_moments(noise, 0.5)
    assert float(transform.inverse(mean)) == pytest.approx(0.5, abs=0.01)


def test_strict_floating_point_settings_of_the_caller_do_not_matter() -> None:
    noise = PoissonGaussian(gain=2.0, readout=3.0)
    with np.errstate(all="raise"):
        transform = GeneralisedAnscombe(noise, least_readout=0.5)
        back = transform.inverse(transform.forward(np.array([10.0])))
    assert back == pytest.approx(10, abs=2)
