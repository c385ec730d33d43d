from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.metrics import edge_preservation, ssim


def picture(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.float64]:
    blurred = gaussian_filter(np.random.default_rng(seed).random(shape), 1)
    return np.asarray(blurred)


def noisy(image: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    return image + np.random.default_rng(9).normal(0, sigma, image.shape)


def test_ssim_is_that_of_wang(photograph: NDArray[np.float64]) -> None:
    reference = photograph
    prediction = noisy(reference, 20)
    expected = structural_similarity(
        prediction,
        reference,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )  # type: ignore[no-untyped-call]
    assert ssim(prediction, reference) == pytest.approx(expected)


@pytest.mark.parametrize(
    "shape", [(1, 1, 40), (2,), (2, 2), (3, 3), (10, 300), (5, 20, 20), (1, 64)]
)
def test_ssim_takes_pictures_smaller_than_its_window(shape: tuple[int, ...]) -> None:
    reference = picture(shape)
    assert ssim(reference, reference) == pytest.approx(1)
    assert ssim(noisy(reference, 0.3), reference) < 0.95


@pytest.mark.parametrize(("shape", "window"), [((30, 34), 11), ((12, 14, 16), 11), ((7, 40), 7)])
def test_ssim_is_the_mean_over_windows_without_holes(shape: tuple[int, ...], window: int) -> None:
    reference = picture(shape)
    reference.flat[:2] = 0, 1  # the range is the same with and without holes
    prediction = noisy(reference, 0.1)
    _, similarity = structural_similarity(
        prediction,
        reference,
        win_size=window,
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )  # type: ignore[no-untyped-call]
    hole = tuple(length - 4 for length in shape)
    centres = product(*(range(window // 2, length - window // 2) for length in shape))
    clear = [c for c in centres if np.abs(np.subtract(c, hole)).max() > 5]
    prediction[hole] = np.nan
    assert ssim(prediction, reference) == pytest.approx(np.mean([similarity[c] for c in clear]))


def test_ssim_is_over_the_pictures_that_have_windows_without_holes() -> None:
    reference = picture((2, 12, 12))
    reference[0, 0, :2] = reference[1, 0, :2] = 0, 1
    prediction = noisy(reference, 0.1)
    second = ssim(prediction[1], reference[1])
    prediction[0, 6, 6] = np.inf
    assert ssim(prediction, reference, spatial_ndim=2) == pytest.approx(second)
    assert np.isnan(ssim(prediction[0], reference[0]))


def test_axes_of_length_one_change_nothing() -> None:
    reference = picture((24, 24))
    prediction = noisy(reference, 0.1)
    for metric in (ssim, edge_preservation):
        flat, deep = metric(prediction, reference), metric(prediction[None], reference[None])
        assert deep == pytest.approx(flat)


def test_ssim_sees_scale_and_offset() -> None:
    reference = picture((32, 32))
    assert ssim(reference + np.ptp(reference), reference) < 0.9


def test_ssim_averages_over_leading_axes() -> None:
    reference = picture((2, 3, 24, 24))
    reference[..., 0, :2] = 0, 1  # each picture has the same range
    prediction = noisy(reference, 0.1)
    scores = [ssim(prediction[t, c], reference[t, c]) for t in range(2) for c in range(3)]
    assert ssim(prediction, reference, spatial_ndim=2) == pytest.approx(np.mean(scores))


def test_a_series_of_single_pixels_is_compared_pixel_by_pixel() -> None:
    reference = picture((6, 1, 1))
    assert ssim(reference, reference, spatial_ndim=2) == 1
    assert 0 < ssim(2 * reference, reference, spatial_ndim=2) < 1
    assert edge_preservation(reference, reference, spatial_ndim=2) == 0


def test_edges_are_kept_by_scaling_and_lost_by_blurring_and_noise(
    photograph: NDArray[np.float64],
) -> None:
    reference = photograph / 255.0
    mild, strong = (gaussian_filter(reference, sigma) for sigma in (0.7, 3))
    assert edge_preservation(3 * reference + 7, reference) == pytest.approx(1)
    assert edge_preservation(-reference, reference) == pytest.approx(-1)
    assert 0.9 > edge_preservation(mild, reference) > edge_preservation(strong, reference)
    unrelated = np.random.default_rng(0).random(reference.shape)
    assert edge_preservation(unrelated, reference) == pytest.approx(0, abs=0.02)


def test_an_image_without_edges_preserves_none() -> None:
    assert edge_preservation(np.ones((9, 9)), picture((9, 9))) == 0
    assert edge_preservation(picture((9, 9)), np.ones((9, 9))) == 0


def test_edges_are_not_sought_across_leading_axes() -> None:
    reference, prediction = picture((4, 24, 24)), picture((4, 24, 24), seed=1)
    brighter = np.arange(4)[:, np.newaxis, np.newaxis] * 100
    together = edge_preservation(prediction, reference, spatial_ndim=2)
    moved = edge_preservation(prediction + brighter, reference + brighter, spatial_ndim=2)
    assert moved == pytest.approx(together)


@pytest.mark.parametrize("metric", [ssim, edge_preservation])
@pytest.mark.parametrize("spatial_ndim", [0, 3])
def test_refuses_spatial_dimensions_that_are_not_there(metric: object, spatial_ndim: int) -> None:
    with pytest.raises(ImageError, match="spatial dimensions"):
        metric(np.eye(5), np.eye(5), spatial_ndim=spatial_ndim)  # type: ignore[operator]


def test_refuses_what_cannot_be_compared() -> None:
    with pytest.raises(ImageError, match="same size"):
        ssim(np.eye(5), np.eye(6))
    with pytest.raises(ImageError, match="same size"):
        edge_preservation(np.eye(5), np.eye(6))
    with pytest.raises(ImageError, match="constant"):
        ssim(np.eye(5), np.ones((5, 5)))
