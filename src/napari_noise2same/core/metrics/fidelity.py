"""Peak signal-to-noise ratio, plain and up to scale and offset."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.metrics._pairs import Floats, dynamic_range, known_pixels

__all__ = ["affine_psnr", "psnr"]


def psnr(
    prediction: NDArray[Any], reference: NDArray[Any], *, data_range: float | None = None
) -> float:
    """Return the peak signal-to-noise ratio, ``10·log10(data_range² / MSE)``.

    Parameters
    ----------
    prediction, reference : ndarray
        Real pixels in the same units, of the same shape. Those not finite in both are left out.
    data_range : float, optional
        The peak, in image units; the reference's maximum minus its minimum when not given. For
        8-bit natural images the literature uses 255.

    Returns
    -------
    float
        Decibels, computed in float64; infinite for equal images.

    Raises
    ------
    ImageError
        If the images cannot be compared, or the range is to come from a constant reference.
    """
    predicted, truth = known_pixels(prediction, reference)
    peak = dynamic_range(truth) if data_range is None else data_range
    return _decibels(peak, predicted, truth)


def affine_psnr(prediction: NDArray[Any], reference: NDArray[Any]) -> float:
    """Return the peak signal-to-noise ratio of s·prediction + t, with s and t at their best.

    The score for pairs whose noisy image and ground truth were rescaled separately, as published
    microscopy pairs often were. s and t are fitted to the reference by least squares.

    Parameters
    ----------
    prediction, reference : ndarray
        Real pixels of the same shape, in units that may differ in scale and offset. Those not
        finite in both are left out.

    Returns
    -------
    float
        Decibels over the reference's maximum minus its minimum, computed in float64; infinite for
        a prediction that is an affine function of the reference.

    Raises
    ------
    ImageError
        If the images cannot be compared or the reference is constant.

    Notes
    -----
    Source: the fit follows M. Weigert et al., "Content-aware image restoration: pushing the limits
    of fluorescence microscopy", Nature Methods 15 (2018).
    """
    predicted, truth = known_pixels(prediction, reference)
    peak = dynamic_range(truth)
    return _decibels(peak, _fitted(predicted, truth), truth)


def _fitted(predicted: Floats, truth: Floats) -> Floats:
    """Return the affine function of the prediction that is closest to the truth."""
    deviation = predicted - predicted.mean()
    power = np.vdot(deviation, deviation)
    slope = np.vdot(deviation, truth - truth.mean()) / power if power > 0 else 0.0
    return np.asarray(slope * deviation + truth.mean())


def _decibels(peak: float, predicted: Floats, truth: Floats) -> float:
    """Return the squared peak over the mean squared error, in decibels."""
    error = float(np.mean((predicted - truth) ** 2))
    return 10 * math.log10(peak**2 / error) if error > 0 else math.inf
