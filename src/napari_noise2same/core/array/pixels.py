"""Reading pixels that a disk or a network may fail to deliver."""

from __future__ import annotations

import lzma
import zlib
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array.types import ArrayLike
from napari_noise2same.core.errors import FileError, Noise2SameError

__all__ = ["DAMAGE_SEEN_LATE", "read_pixels", "reason_of"]

# What pixels can raise that are read late, from damaged chunks of a Zarr array or over a network.
DAMAGE_SEEN_LATE = (OSError, ValueError, RuntimeError, EOFError, zlib.error, lzma.LZMAError)


def read_pixels(source: ArrayLike, index: tuple[Any, ...] | EllipsisType = ...) -> NDArray[Any]:
    """Read a part of an array, or all of it.

    Parameters
    ----------
    source : ArrayLike
        The array.
    index : tuple or ellipsis
        Which part.

    Returns
    -------
    ndarray
        The part, in memory.

    Raises
    ------
    FileError
        If it cannot be read.
    """
    try:
        return np.asarray(source[index])
    except Noise2SameError:
        raise
    except DAMAGE_SEEN_LATE as error:
        raise FileError(
            f"Expected pixels that can be read, found an error instead ({reason_of(error)}): check "
            "the disk, or copy or export the image again."
        ) from error


def reason_of(error: BaseException) -> str:
    """Say in a line what somebody else's error is about.

    Parameters
    ----------
    error : BaseException
        The error.

    Returns
    -------
    str
        The first line of its message, or what kind of error it is.
    """
    return next(iter(str(error).splitlines()), "") or type(error).__name__
