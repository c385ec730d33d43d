from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio

from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.metrics import affine_psnr, psnr


@pytest.fixture
def noisy_photograph(photograph: NDArray[np.float64]) -> NDArray[np.float64]:
    return photograph + np.random.default_rng(0).normal(0, 20, (512, 512))


def test_psnr_is_the_published_one(
    photograph: NDArray[np.float64], noisy_photograph: NDArray[np.float64]
) -> None:
    expected = peak_signal_noise_ratio(  # type: ignore[no-untyped-call]
        photograph, noisy_photograph, data_range=255
    )
    assert psnr(noisy_photograph, photograph, data_range=255) == pytest.approx(expected)


def test_the_default_range_is_that_of_the_reference() -> None:
    reference = np.array([10.0, 30.0])
    assert psnr(reference + 2, reference) == pytest.approx(20)


def test_eight_bit_differences_do_not_wrap() -> None:
    dark, bright = np.array([0, 0], np.uint8), np.array([0, 200], np.uint8)
    assert psnr(dark, bright) == pytest.approx(10 * math.log10(2))


@pytest.mark.parametrize("metric", [psnr, affine_psnr])
def test_equal_images_score_infinity(metric: object) -> None:
    reference = np.arange(9.0)
    assert metric(reference, reference) == math.inf  # type: ignore[operator]


@given(scale=st.floats(1e-6, 1e6), offset=st.floats(-1e6, 1e6), negative=st.booleans())
def test_affine_psnr_forgives_scale_and_offset(scale: float, offset: float, negative: bool) -> None:
    rng = np.random.default_rng(0)
    reference = rng.random((16, 16))
    prediction = reference + 0.1 * rng.standard_normal((16, 16))
    moved = (-scale if negative else scale) * (prediction + offset / 1e3)
    assert affine_psnr(moved, reference) == pytest.approx(affine_psnr(prediction, reference))


def test_affine_psnr_is_that_of_the_least_squares_fit(
    photograph: NDArray[np.float64], noisy_photograph: NDArray[np.float64]
) -> None:
    prediction, reference = noisy_photograph / 7 + 3, photograph
    slope, intercept = np.polyfit(prediction.ravel(), reference.ravel(), 1)
    assert affine_psnr(prediction, reference) == pytest.approx(
        psnr(slope * prediction + intercept, reference)
    )


def test_affine_psnr_of_a_constant_prediction_is_that_of_the_mean() -> None:
    reference = np.array([[0.0, 2.0]])
    assert affine_psnr(np.full((1, 2), 9.0), reference) == pytest.approx(10 * math.log10(4))


@pytest.mark.parametrize("metric", [psnr, affine_psnr])
@pytest.mark.parametrize(
    ("prediction", "reference", "message"),
    [
        (np.zeros((3, 3)), np.zeros((3, 4)), "same size"),
        (np.full((3, 3), np.nan), np.eye(3), "prediction of finite"),
        (np.eye(3), np.full((3, 3), np.inf), "reference of finite"),
        (np.eye(3, dtype=complex), np.eye(3), "prediction of finite"),
        (np.empty((0, 3)), np.empty((0, 3)), "empty"),
        (np.eye(3), np.ones((3, 3)), "constant"),
    ],
)
def test_refuses_what_cannot_be_compared(
    metric: object, prediction: object, reference: object, message: str
) -> None:
    with pytest.raises(ImageError, match=message):
        metric(prediction, reference)  # type: ignore[operator]


def test_a_constant_reference_will_do_with_a_range() -> None:
    assert psnr(np.ones((3, 3)), np.zeros((3, 3)), data_range=10) == pytest.approx(20)
