from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.metrics import (
    Scores,
    affine_psnr,
    edge_preservation,
    evaluate,
    psnr,
    ssim,
)

RNG = np.random.default_rng(0)
REFERENCE = gaussian_filter(RNG.random((2, 32, 32)), (0, 2, 2))
NOISY = REFERENCE + RNG.normal(0, 0.1, REFERENCE.shape)
PREDICTION = gaussian_filter(NOISY, (0, 1, 1))


def test_scores_are_those_of_the_metrics() -> None:
    evaluation = evaluate(PREDICTION, REFERENCE, NOISY, data_range=2, spatial_ndim=2)
    for scores, image in ((evaluation.prediction, PREDICTION), (evaluation.noisy, NOISY)):
        assert scores == Scores(
            psnr=psnr(image, REFERENCE, data_range=2),
            affine_psnr=affine_psnr(image, REFERENCE),
            ssim=ssim(image, REFERENCE, spatial_ndim=2),
            edge_preservation=edge_preservation(image, REFERENCE, spatial_ndim=2),
        )


def test_the_noisy_image_may_be_missing() -> None:
    assert evaluate(PREDICTION, REFERENCE).noisy is None


def test_the_reference_itself_has_the_best_scores_there_are() -> None:
    scores = evaluate(REFERENCE, REFERENCE, NOISY).prediction
    assert scores.psnr == scores.affine_psnr == math.inf
    assert scores.ssim == scores.edge_preservation == pytest.approx(1)


def test_pixels_that_are_not_finite_in_one_of_the_images_count_in_none() -> None:
    prediction, reference, noisy = PREDICTION.copy(), REFERENCE.copy(), NOISY.copy()
    prediction[:, :2], reference[:, -3:], noisy[:, :, :4] = np.nan, np.inf, -np.inf
    known = np.s_[:, 2:-3, 4:]
    scored = evaluate(prediction, reference, noisy, data_range=2, spatial_ndim=2)
    cropped = evaluate(
        PREDICTION[known], REFERENCE[known], NOISY[known], data_range=2, spatial_ndim=2
    )
    assert cropped.noisy is not None
    assert scored.noisy is not None
    pairs = ((scored.prediction, cropped.prediction), (scored.noisy, cropped.noisy))
    for found, expected in pairs:
        assert found.psnr == pytest.approx(expected.psnr)
        assert found.affine_psnr == pytest.approx(expected.affine_psnr)
        assert found.ssim == pytest.approx(expected.ssim)
        assert found.edge_preservation == pytest.approx(expected.edge_preservation, abs=0.05)


def test_refuses_images_without_a_finite_pixel_in_common() -> None:
    with pytest.raises(ImageError, match=r"noisy image of .* where the reference has some"):
        evaluate(
            np.where(np.eye(9), PREDICTION[0, :9, :9], np.nan),
            REFERENCE[0, :9, :9],
            np.where(np.eye(9), np.nan, NOISY[0, :9, :9]),
        )


def test_refuses_a_noisy_image_of_another_size() -> None:
    with pytest.raises(ImageError, match=r"noisy image of .* same size"):
        evaluate(PREDICTION, REFERENCE, NOISY[:1])
    with pytest.raises(ImageError, match=r"prediction of .* same size"):
        evaluate(PREDICTION[:1], REFERENCE, NOISY)
