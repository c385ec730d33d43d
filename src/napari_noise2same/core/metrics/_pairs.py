"""What every metric needs first: two comparable pictures in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.errors import ImageError

Floats = NDArray[np.float64]


def comparable(
    image: NDArray[Any], reference: NDArray[Any], name: str = "prediction"
) -> tuple[Floats, Floats]:
    """Return both as float64, NaN where either is not finite; they must be real and of one shape.

    At least one pixel must be finite in both.
    """
    if image.shape != reference.shape:
        raise ImageError(
            f"Expected a {name} of the reference's shape {reference.shape}, found "
            f"{image.shape}; compare images of the same size."
        )
    values, truth = _as_float(image, name), _as_float(reference, "reference")
    holes = ~(np.isfinite(values) & np.isfinite(truth))
    if holes.all():
        raise ImageError(
            f"Expected a {name} of finite real numbers where the reference has some, found none; "
            "choose another."
        )
    values[holes] = truth[holes] = np.nan
    return values, truth


def known_pixels(image: NDArray[Any], reference: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the pixels that are finite in both, in one row each."""
    values, truth = comparable(image, reference)
    known = np.isfinite(truth)
    return values[known], truth[known]


def _as_float(array: NDArray[Any], name: str) -> Floats:
    """Return the array as float64 if there are finite real numbers in it."""
    if array.dtype.kind not in "biuf" or not np.isfinite(array).any():
        raise ImageError(
            f"Expected a {name} of finite real numbers, found one that is empty, not real or has "
            "only NaN or infinite pixels; choose another."
        )
    return array.astype(np.float64)


def dynamic_range(reference: Floats) -> float:
    """Return the largest minus the smallest value of a reference with some contrast."""
    extent = float(np.nanmax(reference) - np.nanmin(reference))
    if extent == 0:
        raise ImageError(
            "Expected a reference with some contrast, found a constant one; choose another or "
            "pass data_range."
        )
    return extent


def pictures(values: Floats, spatial_ndim: int | None) -> Floats:
    """Return the array with all axes before the spatial ones made one; by default there are none.

    Spatial axes of length 1 are dropped; one stays if there are no others.
    """
    ndim = values.ndim if spatial_ndim is None else spatial_ndim
    if not 0 < ndim <= values.ndim:
        raise ImageError(
            f"Expected images of at least {max(ndim, 1)} dimension(s), found the shape "
            f"{values.shape}; pass fewer spatial dimensions."
        )
    spatial = [length for length in values.shape[values.ndim - ndim :] if length > 1]
    return values.reshape(-1, *(spatial or [1]))
