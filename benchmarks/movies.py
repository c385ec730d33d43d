"""Generated movies whose truth is known: what stays in place, drifts, or runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, shift
from scipy.signal import lfilter

__all__ = ["MOVIES", "Movie", "record"]

Floats = NDArray[np.float64]

# Counts of an empty pixel, counts per electron, standard deviation of the readout in electrons.
_OFFSET, _GAIN, _READ_NOISE = 100.0, 2.0, 1.6
_BLUR = 1.2


@dataclass(frozen=True, eq=False)
class Movie:
    """A movie as a camera records it, and as it would be without noise.

    Attributes
    ----------
    noisy : ndarray of uint16, shape (T, Y, X)
        Counts.
    truth : ndarray of float64, same shape
        Their expected values.
    """

    noisy: NDArray[np.uint16]
    truth: Floats


def calcium(rng: np.random.Generator, frames: int, side: int, *, photons: float) -> Floats:
    """Cells that keep their places and flash now and then over a dim background."""
    rest, shapes = _cells(rng, side)
    spikes = rng.random((len(shapes), frames + 20)) < 0.04
    # The dye's light decays by a fifth from frame to frame.
    course = lfilter([1.0], [1.0, -0.8], spikes * rng.uniform(0.5, 1.5, spikes.shape), axis=1)
    light = rest + np.tensordot(course[:, 20:].T, shapes, axes=1)
    blurred: Floats = gaussian_filter(light, (0, _BLUR, _BLUR))
    return photons * blurred


def drifting(rng: np.random.Generator, frames: int, side: int, *, speed: float) -> Floats:
    """Cells that drift together, by so many pixels a frame."""
    margin = int(np.ceil(speed * frames)) + 2
    rest, shapes = _cells(rng, side + 2 * margin)
    scene = gaussian_filter(rest + shapes.sum(axis=0), _BLUR)
    path = speed * (np.arange(frames) - frames / 2)
    moved = [shift(scene, (0.6 * d, 0.8 * d), order=3, mode="nearest") for d in path]
    return 15 * np.stack(moved)[:, margin:-margin, margin:-margin].clip(0)


def running(rng: np.random.Generator, frames: int, side: int) -> Floats:
    """Vesicles that run by several times their size between two frames."""
    count = side * side // 160
    place, direction = rng.uniform(0, side, (count, 2)), rng.uniform(0, 2 * np.pi, count)
    step = rng.uniform(4, 9, count)[:, None] * np.stack([np.sin(direction), np.cos(direction)], 1)
    brightness = rng.lognormal(0, 0.4, count)
    light = np.zeros((frames, side, side))
    for frame in range(frames):
        y, x = np.rint(place + frame * step).astype(int).T % side
        np.add.at(light[frame], (y, x), brightness)
    blurred: Floats = gaussian_filter(light, (0, _BLUR, _BLUR))
    return 2 + 250 * blurred


def _cells(rng: np.random.Generator, side: int) -> tuple[Floats, Floats]:
    """Return what always shines, and the shape of each cell, shape (cells, side, side)."""
    y, x = np.mgrid[:side, :side]
    count = side * side // 500
    places = rng.uniform(0, side, (count, 2))
    radii = rng.uniform(3.5, 6.5, count)
    distance = np.hypot(y - places[:, :1, None], x - places[:, 1:, None]) / radii[:, None, None]
    # Dye fills the cell but not its nucleus.
    shapes = (
        (distance < 1) * np.where(distance < 0.5, 0.4, 1.0) * rng.uniform(0.3, 1, (count, 1, 1))
    )
    fibres = gaussian_filter(rng.standard_normal((side, side)), 1.5)
    haze = gaussian_filter(rng.standard_normal((side, side)), 8)
    rest = 0.15 + 0.08 * fibres / fibres.std() + 0.05 * haze / haze.std()
    return np.clip(rest, 0.02, None) + 0.15 * shapes.sum(axis=0), shapes


# From a generator of random numbers, frames and side to photons.
MOVIES: Mapping[str, Callable[[np.random.Generator, int, int], Floats]] = MappingProxyType(
    {
        "calcium": partial(calcium, photons=60),
        "calcium-dim": partial(calcium, photons=12),
        "drift-0.1": partial(drifting, speed=0.1),
        "drift-1": partial(drifting, speed=1),
        "running": running,
    }
)


def record(name: str, frames: int, side: int, seed: int) -> Movie:
    """Let a camera record a movie.

    Parameters
    ----------
    name : str
        Which of `MOVIES`.
    frames, side : int
        Its length, and its height and width in pixels.
    seed : int
        Seed of the scene and of the noise.

    Returns
    -------
    Movie
        The movie.
    """
    rng = np.random.default_rng([seed, list(MOVIES).index(name)])
    photons = MOVIES[name](rng, frames, side)
    electrons = rng.poisson(photons) + rng.normal(0, _READ_NOISE, photons.shape)
    counts = np.clip(np.rint(_OFFSET + _GAIN * electrons), 0, np.iinfo(np.uint16).max)
    return Movie(counts.astype(np.uint16), _OFFSET + _GAIN * photons)
