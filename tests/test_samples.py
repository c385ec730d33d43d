from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_noise2same.samples import Sample, cells, stack, time_lapse, two_channels

GAIN, OFFSET, READ_NOISE = 2.0, 100.0, 1.6


SCENES = {scene.__name__: scene for scene in (cells, stack, time_lapse, two_channels)}
AXES = {"cells": "YX", "stack": "ZYX", "time_lapse": "TYX", "two_channels": "CYX"}


@pytest.fixture(scope="module", params=sorted(SCENES))
def sample(request: pytest.FixtureRequest) -> Sample:
    made = SCENES[request.param](0)
    assert made.name == request.param
    return made


def residual(sample: Sample) -> NDArray[np.float64]:
    return sample.noisy.astype(float) - sample.clean


def test_description_fits_the_pixels(sample: Sample) -> None:
    assert sample.noisy.dtype == np.uint16
    assert sample.clean.dtype == np.float32
    assert sample.noisy.shape == sample.clean.shape
    assert sample.axes == AXES[sample.name]
    assert len(sample.axes) == sample.noisy.ndim
    assert set(sample.spacing) == set(sample.units) == set(sample.axes) - {"C"}
    assert len(sample.channel_names) == (sample.noisy.shape[0] if "C" in sample.axes else 0)


def test_noise_is_that_of_a_camera(sample: Sample) -> None:
    clean, noise = sample.clean.astype(float), residual(sample)
    # Variance in counts: shot noise, readout and rounding.
    expected = GAIN * (clean - OFFSET) + (GAIN * READ_NOISE) ** 2 + 1 / 12

    assert abs(noise.mean()) < 5 * np.sqrt(expected.mean() / noise.size)
    slope, intercept = np.polyfit(expected.ravel(), np.square(noise).ravel(), 1)
    assert slope == pytest.approx(1, abs=0.05)
    assert intercept == pytest.approx(0, abs=1)


def test_noise_is_independent_between_pixels(sample: Sample) -> None:
    noise = residual(sample)
    noise /= noise.std()
    for axis in range(noise.ndim):
        ahead, behind = (np.moveaxis(noise, axis, 0)[part] for part in (slice(1, None), slice(-1)))
        assert abs((ahead * behind).mean()) < 5 / np.sqrt(noise.size)


def test_truth_is_as_sharp_as_a_microscope(sample: Sample) -> None:
    spectrum = np.abs(np.fft.fft2(sample.clean - sample.clean.mean())) ** 2
    frequency = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n) for n in sample.clean.shape[-2:])))
    # The point spread function passes 1 % of the power at a third of the sampling rate.
    share = spectrum[..., frequency.T > 1 / 3].sum() / spectrum.sum()

    assert 0 < share < 0.01


def test_truth_has_structure_above_the_noise(sample: Sample) -> None:
    bright = np.quantile(sample.clean, 0.995) - np.quantile(sample.clean, 0.05)

    assert bright > 2 * residual(sample).std()
    assert sample.clean.min() >= OFFSET


def test_seed_decides() -> None:
    first, same, other = cells(3, side=64), cells(3, side=64), cells(4, side=64)

    np.testing.assert_array_equal(first.noisy, same.noisy)
    assert not np.array_equal(first.clean, other.clean)


def test_sizes() -> None:
    assert cells(side=48).noisy.shape == (48, 48)
    assert stack(depth=9, side=48).noisy.shape == (9, 48, 48)
    assert time_lapse(frames=3, side=48).noisy.shape == (3, 48, 48)
    assert two_channels(side=48).noisy.shape == (2, 48, 48)


def test_cells_fill_the_stack_from_the_coverslip() -> None:
    clean = stack(side=96).clean
    planes, *_ = np.nonzero(clean > np.quantile(clean, 0.995))

    assert planes.mean() < 0.45 * len(clean)


def test_time_lapse_moves_and_fades() -> None:
    frames = time_lapse().clean - OFFSET
    near, far = (np.corrcoef(frames[0].ravel(), frames[i].ravel())[0, 1] for i in (1, -1))

    assert far < near < 1
    assert frames[-1].mean() < 0.8 * frames[0].mean()


def test_channels_show_different_structures() -> None:
    nuclei, filaments = two_channels().clean

    assert np.corrcoef(nuclei.ravel(), filaments.ravel())[0, 1] < 0.3
