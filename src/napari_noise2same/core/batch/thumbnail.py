"""Images small enough for a table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import ArrayLike

__all__ = ["shade", "thumbnail"]

# Of a larger plane only the middle is shown: chunks of a file are read whole.
_LARGEST_SIDE = 4096
# Per cent of the pixels that may be black, and white.
_PERCENTILES = (0.5, 99.5)


def thumbnail(data: ArrayLike, axes: str, *, side: int = 64) -> NDArray[np.float32]:
    """Take every so many-th pixel of a plane in the middle of an image.

    Noise stays as it is, so that noisy and denoised images look different.

    Parameters
    ----------
    data : ArrayLike
        The image. Only the pixels shown are asked for, of at most 4096² in the middle.
    axes : str
        One letter per dimension.
    side : int
        Largest side in pixels.

    Returns
    -------
    ndarray of float32, shape (Y, X) or (Y, X, 3)
        Pixels of the middle frame and plane, of the first channel, or in colours.
    """
    length = dict(zip(axes, data.shape, strict=True))
    window = {axis: min(length[axis], _LARGEST_SIDE) for axis in "YX"}
    step = -(-max(window.values()) // side)
    index: list[int | slice] = []
    for axis in axes:
        n = length[axis]
        if axis in "YX":
            start = (n - window[axis]) // 2
            index.append(slice(start, start + window[axis], step))
        elif axis == "S":
            index.append(slice(0, 3) if n >= 3 else 0)
        else:
            index.append(0 if axis == "C" else n // 2)
    with np.errstate(over="ignore"):
        values = np.asarray(data[tuple(index)]).astype(np.float32)
    left = [axis for axis, part in zip(axes, index, strict=True) if isinstance(part, slice)]
    return np.transpose(values, [left.index(axis) for axis in "YXS" if axis in left])


def shade(values: NDArray[np.float32], like: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Turn values into brightness.

    Parameters
    ----------
    values : ndarray of float32
        Pixels.
    like : ndarray of float32
        Pixels whose range becomes black to white: those of the noisy image for both, so that
        they can be compared.

    Returns
    -------
    ndarray of uint8
        Brightness; pixels that are not finite are black.
    """
    finite = like[np.isfinite(like)]
    low, high = np.percentile(finite, _PERCENTILES) if finite.size else (0.0, 1.0)
    clipped = np.clip(np.nan_to_num(values.astype(np.float64), nan=low), low, high)
    shaded: NDArray[np.uint8] = np.rint((clipped - low) * (255 / max(high - low, 1e-300))).astype(
        np.uint8
    )
    return shaded
