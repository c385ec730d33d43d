"""Arrays to be denoised."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class CountingArray:
    """An array on disk, as it were: it knows where it was read, and cannot be read whole unseen."""

    def __init__(self, values: Array) -> None:
        self.values, self.shape, self.dtype = values, values.shape, values.dtype
        self.indices: list[Any] = []

    def __getitem__(self, index: Any) -> Array:
        self.indices.append(index)
        return np.asarray(self.values[index])

    def __array__(self, *_: Any, **__: Any) -> Array:
        raise AssertionError("the whole array was asked for")

    @property
    def reads(self) -> list[Array]:
        """What was read, one array for each time."""
        return [self.values[index] for index in self.indices]

    @property
    def pixels(self) -> int:
        """How many pixels were read; those that were read twice count twice."""
        return sum(read.size for read in self.reads)

    @property
    def counts(self) -> Array:
        """How often each pixel was read."""
        counts = np.zeros(self.shape, int)
        for index in self.indices:
            counts[index] += 1
        return counts


def picture(*shape: int, dtype: Any = np.float32) -> Array:
    """Noise of positive values around 100."""
    return np.random.default_rng(0).gamma(4, 25, shape).astype(dtype)
