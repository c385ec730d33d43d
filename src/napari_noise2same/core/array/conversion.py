"""From computed values to the type of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["convert"]


def convert(values: NDArray[np.floating[Any]], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Clip to the range of a type, and round to integers.

    Parameters
    ----------
    values : ndarray of float32 or float64
        Values.
    dtype : dtype
        Type of the result.

    Returns
    -------
    ndarray of `dtype`
        The values, in the range of the type.
    """
    if dtype.kind == "b":
        return values >= 0.5
    # float64, because float32 cannot hold the largest 32-bit integers.
    exact = values.astype(np.float64)
    if dtype.kind == "f":
        largest = float(np.finfo(dtype).max)
        clipped = np.clip(exact, -largest, largest)
        return np.where(np.isfinite(exact), clipped, exact).astype(dtype)
    limits = np.iinfo(dtype)
    upper = float(limits.max)
    if int(upper) > limits.max:
        # float64 rounds the largest 64-bit integers up, out of their range.
        upper = float(np.nextafter(upper, 0))
    return np.clip(np.rint(exact), limits.min, upper).astype(dtype)
