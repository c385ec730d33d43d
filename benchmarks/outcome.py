"""What every method takes and gives. Peers import this too: numpy alone, nothing of the package."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

__all__ = ["Method", "Outcome", "Stopwatch", "Task", "stopwatch"]


@dataclass(frozen=True)
class Task:
    """A noisy image, and what a method may know and spend.

    Attributes
    ----------
    pixels : ndarray
        The noisy image.
    axes : str
        A letter for each of its axes.
    seed : int
        Seed of all random choices.
    seconds : float or None
        Time for training; None for the method's own default.
    sigma : float or None
        The true standard deviation of the noise, for methods that are told it.
    """

    pixels: NDArray[Any]
    axes: str
    seed: int = 0
    seconds: float | None = None
    sigma: float | None = None


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


Method = Callable[[Task], Outcome]


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
