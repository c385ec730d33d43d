"""The filters that tell noise from signal, over the last axes of an array of any dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.errors import ImageError

Samples = NDArray[Any] | Sequence[NDArray[Any]]
Floats = NDArray[np.float64]

_TAPS = 3


def as_floats(samples: Samples) -> list[Floats]:
    """Return every sample as native float64, with infinities as NaN."""
    arrays = [samples] if isinstance(samples, np.ndarray) else list(samples)
    if not arrays:
        raise ImageError("Expected at least one sample of the image, found none; pass one or more.")
    return [_as_float(np.asarray(array)) for array in arrays]


def _as_float(array: NDArray[Any]) -> Floats:
    """Return one array as native float64, with infinities as NaN."""
    if array.dtype.kind not in "biuf":
        raise ImageError(
            f"Expected an image of real numbers, found the type {array.dtype}; "
            "convert it first, for example to its magnitude."
        )
    values = array.astype(np.float64)
    values[np.isinf(values)] = np.nan
    return values


def spatial_axes(shape: tuple[int, ...], spatial_ndim: int | None) -> tuple[int, ...]:
    """Return which of the last axes are long enough to be filtered, the last three at most."""
    ndim = min(len(shape), 3) if spatial_ndim is None else spatial_ndim
    if not 0 < ndim <= min(len(shape), 3):
        raise ImageError(
            f"Expected one to three spatial dimensions that the image has, found {ndim} of an "
            f"image of the shape {shape}; pass another number or another image."
        )
    axes = range(len(shape) - ndim, len(shape))
    return tuple(axis for axis in axes if shape[axis] >= _TAPS)


def high_pass(values: Floats, axes: tuple[int, ...]) -> Floats:
    """Return the separable second difference [1, -2, 1]/√6, which keeps white noise's variance."""
    for axis in axes:
        values = np.diff(values, n=2, axis=axis) / np.sqrt(6)
    return values


def second_differences(values: Floats, step: int, margin: int) -> Floats:
    """Return the second differences over a step along the last axis, where a margin fits."""
    length = max(values.shape[-1] - 2 * margin, 0)
    before, middle, after = (
        values[..., start : start + length] for start in (margin - step, margin, margin + step)
    )
    return np.asarray(2 * middle - before - after)


def local_mean(values: Floats, axes: tuple[int, ...]) -> Floats:
    """Return the mean weighted by the high-pass filter's squared taps, [1, 4, 1]/6 per axis.

    For noise of variance a·y + b the squared high-pass has the expectation a·local_mean(y) + b,
    without error, whatever the shape of the noise's distribution.
    """
    for axis in axes:
        before, centre, after = _windows(values, axis)
        values = (before + 4 * centre + after) / 6
    return values


def interior(values: Floats, axes: tuple[int, ...]) -> Floats:
    """Return the values at which the filters have an output."""
    for axis in axes:
        values = _windows(values, axis)[1]
    return values


def _windows(values: Floats, axis: int) -> list[Floats]:
    """Return the views of the first, middle and last tap along one axis."""
    length = values.shape[axis] - _TAPS + 1
    index = (slice(None),) * axis
    return [values[(*index, slice(tap, tap + length))] for tap in range(_TAPS)]
