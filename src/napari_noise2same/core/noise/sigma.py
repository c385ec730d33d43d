"""The standard deviation of white noise, estimated from the image alone."""

from __future__ import annotations

import numpy as np

from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.noise._filters import (
    Floats,
    Samples,
    as_floats,
    high_pass,
    local_range,
    spatial_axes,
)

# The median of |n| for n ~ N(0, 1).
_MEDIAN_OF_ABSOLUTE_NORMAL = 0.6744897501960817


def estimate_sigma(image: Samples, *, spatial_ndim: int | None = None) -> float:
    """Estimate the standard deviation of white Gaussian noise.

    The image is filtered with the separable second difference, which suppresses whatever is
    locally linear along any axis, and the median absolute response is scaled to the standard
    deviation of a Gaussian. Edges, hot pixels and NaN are outvoted by the median; plateaus, where
    clipping or a mask has removed the noise, are left out.

    Parameters
    ----------
    image : ndarray or sequence of ndarray
        Real pixels of any scale, ``(..., [z,] [y,] x)``. The axes before the spatial ones, and the
        items of a sequence, are separate pictures with the same noise.
    spatial_ndim : int, optional
        How many of the last axes are spatial, 1 to 3; all of them, but not more than three, when
        not given.

    Returns
    -------
    float
        σ in the image's units; 0 for an image without noise.

    Raises
    ------
    ImageError
        If the image has no three adjacent pixels along any spatial axis, or is not real.

    Notes
    -----
    Source: the robust scale of a detail filter is from D. Donoho and I. Johnstone, "Ideal spatial
    adaptation by wavelet shrinkage", Biometrika 81 (1994); the filter from J. Immerkær, "Fast noise
    variance estimation", CVIU 64 (1996), here in any number of dimensions.
    """
    responses = [_responses(array, spatial_ndim) for array in as_floats(image)]
    if sum(valid for _, valid in responses) == 0:
        raise ImageError(
            "Expected at least three adjacent finite pixels along an axis to estimate the noise, "
            "found none; use a larger image."
        )
    informative = np.concatenate([response for response, _ in responses])
    if informative.size == 0:
        return 0.0
    return float(np.median(informative)) / _MEDIAN_OF_ABSOLUTE_NORMAL


def _responses(values: Floats, spatial_ndim: int | None) -> tuple[Floats, int]:
    """Return the absolute high-pass off the plateaus, and how many windows were finite."""
    axes = spatial_axes(values.shape, spatial_ndim)
    if not axes:
        return np.empty(0), 0
    response = np.abs(high_pass(values, axes))
    finite = np.isfinite(response)
    plateau = local_range(values, axes) == 0
    return response[finite & ~plateau], int(finite.sum())
