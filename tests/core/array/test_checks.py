from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from napari_noise2same.core.array import ArrayLike, check_image
from napari_noise2same.core.errors import ImageError


class Unreadable:
    """An array that must not be read."""

    shape = (4, 5)
    dtype = np.dtype("uint16")

    def __getitem__(self, index: object) -> None:
        raise AssertionError(f"read {index}")


@pytest.mark.parametrize("dtype", ["bool", "int8", ">u2", "uint64", "float16", ">f8"])
def test_real_numbers_are_accepted(dtype: str) -> None:
    check_image(np.zeros((2, 3), dtype))


def test_nothing_is_read() -> None:
    check_image(Unreadable())


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0,)])
def test_empty_images_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match="found an empty one of shape"):
        check_image(np.zeros(shape))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_images_are_refused(dtype: str) -> None:
    with pytest.raises(ImageError, match=f"Expected real numbers, found {dtype}: .* one by one"):
        check_image(np.zeros((2, 3), dtype))


@pytest.mark.parametrize("dtype", ["U3", "S3", "O", "M8[s]", "m8[s]", "i4,f4"])
def test_what_is_no_number_is_refused(dtype: str) -> None:
    with pytest.raises(ImageError, match="Expected an image of numbers"):
        check_image(np.zeros((2, 3), dtype))


@pytest.mark.parametrize("image", [[[1, 2], [3, 4]], torch.zeros(2, 3)])
def test_what_numpy_does_not_know_is_refused(image: Any) -> None:
    with pytest.raises(ImageError, match=f"found {type(image).__name__}: convert it"):
        check_image(image)


def test_what_is_masked_is_not_silently_denoised() -> None:
    with pytest.raises(ImageError, match="found a masked array: fill"):
        check_image(np.ma.masked_equal(np.arange(6).reshape(2, 3), 4))


def test_array_like_is_what_has_shape_dtype_and_slicing() -> None:
    assert isinstance(np.zeros((2, 3)), ArrayLike)
    assert isinstance(Unreadable(), ArrayLike)
    assert not isinstance([[1, 2], [3, 4]], ArrayLike)
