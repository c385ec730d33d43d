"""Likeness of structure and of edges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import laplace, maximum_filter
from skimage.metrics import structural_similarity

from napari_noise2same.core.metrics._pairs import Floats, comparable, dynamic_range, pictures

__all__ = ["edge_preservation", "ssim"]

_SSIM_SIGMA = 1.5
_SSIM_WINDOW = 11


def ssim(
    prediction: NDArray[Any], reference: NDArray[Any], *, spatial_ndim: int | None = None
) -> float:
    """Return the mean structural similarity of the plain pixel values.

    Gaussian weights of σ = 1.5 pixels, population covariances, K1 = 0.01 and K2 = 0.03 as
    published; the range is the reference's maximum minus its minimum. No scale or offset is fitted.
    The mean is over the pixels whose window of 11 lies inside the picture; in smaller pictures,
    over those with the largest odd window that fits. Windows with a pixel that is not finite in
    both images are left out.

    Parameters
    ----------
    prediction, reference : ndarray
        Real pixels in the same units, of the same shape ``(..., [z,] [y,] x)``.
    spatial_ndim : int, optional
        How many of the last axes are spatial; all of them when not given. The axes before them
        (time, channel) are separate pictures, whose scores are averaged.

    Returns
    -------
    float
        At most 1, which equal images have; NaN where no window is left.

    Raises
    ------
    ImageError
        If the images cannot be compared or the reference is constant.

    Notes
    -----
    Source: Z. Wang, A. Bovik, H. Sheikh and E. Simoncelli, "Image quality assessment: from error
    visibility to structural similarity", IEEE TIP 13 (2004), as implemented by scikit-image.
    """
    predicted, truth = comparable(prediction, reference)
    extent = dynamic_range(truth)
    pairs = zip(pictures(predicted, spatial_ndim), pictures(truth, spatial_ndim), strict=True)
    scores = [_picture_ssim(one, other, extent) for one, other in pairs]
    return float(np.mean([score for score in scores if not math.isnan(score)] or math.nan))


def _picture_ssim(predicted: Floats, truth: Floats, extent: float) -> float:
    """Return the mean structural similarity of one picture of any dimension."""
    smallest, holes = min(truth.shape), np.isnan(truth)
    window = min(_SSIM_WINDOW, smallest - 1 + smallest % 2)
    _, similarity = structural_similarity(  # type: ignore[no-untyped-call]
        np.where(holes, 0, predicted),
        np.where(holes, 0, truth),
        win_size=window,
        data_range=extent,
        gaussian_weights=True,
        sigma=_SSIM_SIGMA,
        use_sample_covariance=False,
        full=True,
    )
    inside = (slice(window // 2, -(window // 2) or None),) * truth.ndim
    # The weights reach as far in the smaller windows of small pictures.
    whole = ~maximum_filter(holes, _SSIM_WINDOW)[inside]
    return float(similarity[inside][whole].mean()) if whole.any() else math.nan


def edge_preservation(
    prediction: NDArray[Any], reference: NDArray[Any], *, spatial_ndim: int | None = None
) -> float:
    """Return the edge preservation index, the correlation of the two images' Laplacians.

    Independent of scale and offset of either image.

    Parameters
    ----------
    prediction, reference : ndarray
        Real pixels of the same shape ``(..., [z,] [y,] x)``.
    spatial_ndim : int, optional
        How many of the last axes are spatial; all of them when not given. The axes before them
        (time, channel) are separate pictures, which are not filtered across. Pixels not finite in
        both, and those next to them, are left out.

    Returns
    -------
    float
        Between -1 and 1; 1 if every edge is kept, about 0 if none is, 0 if an image has no edges.

    Raises
    ------
    ImageError
        If the images cannot be compared.

    Notes
    -----
    Source: F. Sattar, L. Floreby, G. Salomonsson and B. Lövström, "Image enhancement based on a
    nonlinear multiscale method", IEEE TIP 6 (1997).
    """
    predicted, truth = comparable(prediction, reference)
    edges = [_edges(pictures(image, spatial_ndim)) for image in (predicted, truth)]
    norm = np.linalg.norm(edges[0]) * np.linalg.norm(edges[1])
    return float(np.vdot(*edges) / norm) if norm > 0 else 0.0


def _edges(stack: Floats) -> Floats:
    """Return the Laplacian of each picture of a stack, 0 where a pixel is missing.

    Its mean is 0 by the mirrored borders if none is.
    """
    return np.asarray(np.nan_to_num([laplace(picture) for picture in stack]))
