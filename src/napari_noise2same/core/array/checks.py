"""What can be denoised at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_noise2same.core.array.types import ArrayLike
from napari_noise2same.core.errors import ImageError

__all__ = ["check_image"]


def check_image(array: ArrayLike) -> None:
    """Refuse what no denoiser can work on, from shape and dtype alone.

    Parameters
    ----------
    array : ArrayLike
        The image; no value of it is read.

    Raises
    ------
    ImageError
        If this is no array, masked or empty, or holds complex numbers or no numbers at all.
    """
    shape, dtype = _shape_and_dtype(array)
    if 0 in shape:
        raise ImageError(f"Expected an image with pixels, found an empty one of shape {shape}.")
    if dtype.kind == "c":
        raise ImageError(
            f"Expected real numbers, found {dtype.name}: denoise the real and imaginary parts "
            "one by one."
        )
    if dtype.kind not in "buif":
        raise ImageError(f"Expected an image of numbers, found values of type {dtype}.")


def _shape_and_dtype(array: ArrayLike) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return what arrays have, of one that keeps nothing hidden."""
    if isinstance(array, np.ma.MaskedArray):
        raise ImageError(
            "Expected plain pixels, found a masked array: fill what is masked, for example with "
            "array.astype(float).filled(numpy.nan)."
        )
    try:
        return tuple(array.shape), np.dtype(array.dtype)
    except (AttributeError, TypeError) as error:
        raise ImageError(
            f"Expected an array as NumPy knows it, found {type(array).__name__}: convert it, for "
            "example with numpy.asarray."
        ) from error
