"""What can be denoised at all."""

from __future__ import annotations

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
        If the array is empty, or holds complex numbers or no numbers at all.
    """
    shape, dtype = tuple(array.shape), np.dtype(array.dtype)
    if 0 in shape:
        raise ImageError(f"Expected an image with pixels, found an empty one of shape {shape}.")
    if dtype.kind == "c":
        raise ImageError(
            f"Expected real numbers, found {dtype.name}: denoise the real and imaginary parts "
            "one by one."
        )
    if dtype.kind not in "buif":
        raise ImageError(f"Expected an image of numbers, found values of type {dtype}.")
