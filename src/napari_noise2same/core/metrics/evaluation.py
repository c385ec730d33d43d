"""All scores of one denoised image, beside those of the noisy one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from napari_noise2same.core.metrics._pairs import comparable
from napari_noise2same.core.metrics.fidelity import affine_psnr, psnr
from napari_noise2same.core.metrics.structure import edge_preservation, ssim

__all__ = ["Evaluation", "Scores", "evaluate"]


@dataclass(frozen=True)
class Scores:
    """The metrics of one image against the reference.

    Attributes
    ----------
    psnr, affine_psnr : float
        Decibels.
    ssim, edge_preservation : float
        1 for equal images; an SSIM of NaN is of images without a window of finite pixels.
    """

    psnr: float
    affine_psnr: float
    ssim: float
    edge_preservation: float


@dataclass(frozen=True)
class Evaluation:
    """The scores of a prediction, and of the noisy image that it was made from.

    Attributes
    ----------
    prediction : Scores
        The denoised image against the reference.
    noisy : Scores or None
        The noisy image against the reference, if it is given.
    """

    prediction: Scores
    noisy: Scores | None


def evaluate(
    prediction: NDArray[Any],
    reference: NDArray[Any],
    noisy: NDArray[Any] | None = None,
    *,
    data_range: float | None = None,
    spatial_ndim: int | None = None,
) -> Evaluation:
    """Score a prediction, and the noisy image if it is given, against the reference.

    Parameters
    ----------
    prediction, reference : ndarray
        Real pixels of the same shape ``(..., [z,] [y,] x)``. Those that are not finite in all of
        the images are left out.
    noisy : ndarray, optional
        The image before denoising, of the same shape.
    data_range : float, optional
        The peak of the plain PSNR; the reference's maximum minus its minimum when not given.
    spatial_ndim : int, optional
        How many of the last axes are spatial; all of them when not given.

    Returns
    -------
    Evaluation
        The scores.

    Raises
    ------
    ImageError
        If the images cannot be compared or the reference is constant.
    """

    def score(image: NDArray[Any]) -> Scores:
        return Scores(
            psnr=psnr(image, reference, data_range=data_range),
            affine_psnr=affine_psnr(image, reference),
            ssim=ssim(image, reference, spatial_ndim=spatial_ndim),
            edge_preservation=edge_preservation(image, reference, spatial_ndim=spatial_ndim),
        )

    # The reference is NaN then where another image is not finite, for all scores.
    _, reference = comparable(prediction, reference)
    if noisy is not None:
        # Here, as the metrics would blame the prediction.
        _, reference = comparable(noisy, reference, "noisy image")
    return Evaluation(score(prediction), None if noisy is None else score(noisy))
