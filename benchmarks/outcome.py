"""What every method takes and gives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from napari_noise2same.core.io import Image

__all__ = ["Method", "Outcome", "Stopwatch", "stopwatch"]


@dataclass(frozen=True)
class Outcome:
    """A denoised image, and what it took.

    Attributes
    ----------
    prediction : ndarray
        The denoised image, in the axes order of the noisy one.
    training_seconds : float
        Training, or the calibration of parameters; 0 for methods without.
    denoising_seconds : float
        The rest.
    """

    prediction: NDArray[Any]
    training_seconds: float
    denoising_seconds: float


# From a noisy image and a seed.
Method = Callable[[Image, int], Outcome]


@dataclass
class Stopwatch:
    """Seconds between the beginning and the end of a `stopwatch` block."""

    seconds: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Measure how long a block takes.

    Yields
    ------
    Stopwatch
        Holds the seconds once the block is left.
    """
    watch, begun = Stopwatch(), time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - begun
