"""Noise as it is left after real stabilisation: nearly white, nearly of variance 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from napari_noise2same.core.noise import GeneralisedAnscombe, PoissonGaussian

__all__ = ["observe"]

Floats = NDArray[np.float32]
Rng = np.random.Generator

_LEVELS, _DRAWS = 32, 2000


def observe(scene: Floats, rng: Rng) -> tuple[Floats, Floats]:
    """Take a noisy picture of a scene, stabilise it, and say what is to be found in it.

    Parameters
    ----------
    scene : ndarray of float32, shape ([planes,] Y, X)
        Light, from 0 to about 1.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    noisy, clean : ndarray of float32
        The stabilised picture, and the expected value of each of its pixels. The variance of the
        noise is about 1; the mean of the noisy picture is 0.
    """
    noisy, clean = _camera(scene, rng) if rng.random() < 0.45 else _ideal(scene, rng)
    if rng.random() < 0.25:
        noisy = clean + _smear(noisy - clean, rng)
    if rng.random() < 0.2:
        noisy = noisy + _streaks(scene.shape, rng)
    mean = noisy.mean()
    return np.asarray(noisy - mean, np.float32), np.asarray(clean - mean, np.float32)


def _smear(noise: NDArray[np.floating], rng: Rng) -> NDArray[np.floating]:
    """Correlate the noise of neighbours, as slow electronics and resampling do."""
    widths = rng.uniform(0.2, 0.55, noise.ndim) * (rng.random(noise.ndim) < 0.7)
    widths[:-2] = 0  # planes and frames are exposed one by one
    smeared = gaussian_filter(noise, widths)
    # A picture of nothing may have no noise at all.
    return np.asarray(smeared * (noise.std() / max(float(smeared.std()), 1e-6)))


def _streaks(shape: tuple[int, ...], rng: Rng) -> Floats:
    """Draw faint lines along rows or columns: readout of cameras, flicker of a laser."""
    axis = -1 if rng.random() < 0.7 else -2
    lines = rng.standard_normal(shape, np.float32)
    length = np.exp(rng.uniform(np.log(5), np.log(shape[axis])))
    lines = gaussian_filter1d(lines, length, axis, mode="wrap")
    return np.asarray(lines * (np.exp(rng.uniform(np.log(0.08), np.log(0.6))) / lines.std()))


def _ideal(scene: Floats, rng: Rng) -> tuple[Floats, Floats]:
    """Add white noise of variance 1; sometimes stronger in places."""
    span = np.exp(rng.uniform(np.log(1.5), np.log(80)))
    floor = rng.choice([0.0, rng.uniform(0, 1)])
    # As a stabiliser bends the light, by a root, or not at all where readout noise rules.
    clean = span * (np.sqrt(scene + floor) if rng.random() < 0.7 else scene)
    noise = rng.standard_normal(scene.shape, np.float32)
    if rng.random() < 0.2:
        noise = noise * (1 + rng.uniform(-0.35, 0.5) * np.clip(scene, 0, 1))
    return clean + noise, clean


def _camera(scene: Floats, rng: Rng) -> tuple[Floats, Floats]:
    """Count photons, read them out with a real camera, and stabilise with an imperfect fit."""
    brightest = np.exp(rng.uniform(np.log(1.5), np.log(3000)))
    background = brightest * rng.choice([0.0, 0.02, rng.uniform(0, 0.5)])
    photons = brightest * np.maximum(scene, 0) + background
    camera = _Camera(brightest + background, rng)
    levels = np.linspace(0, np.sqrt(photons.max()) + 1e-3, _LEVELS) ** 2
    expected = camera.read(np.repeat(levels[:, None], _DRAWS, axis=1)).mean(axis=1)
    return camera.read(photons), np.interp(photons, levels, expected)


class _Camera:
    """Gain, readout noise, offset, digits and saturation, and somebody's estimate of them."""

    def __init__(self, brightest: float, rng: Rng) -> None:
        self._rng = rng
        self._gain = np.exp(rng.uniform(np.log(0.3), np.log(50)))
        self._readout = self._gain * rng.choice([0.0, np.exp(rng.uniform(np.log(0.1), np.log(4)))])
        self._offset = rng.choice([0.0, 100.0])
        # Counts are whole numbers; a coarse converter would hide the noise altogether.
        self._digit = 1.0 if self._gain > 0.8 else 0.0
        self._floor = self._offset if rng.random() < 0.25 else -np.inf
        full = self._offset + self._gain * brightest
        self._ceiling = full * rng.uniform(0.6, 1) if rng.random() < 0.1 else np.inf
        gain = self._gain * np.exp(rng.normal(0, 0.15))
        readout = self._readout**2 * np.exp(rng.normal(0, 0.3)) + (0.1 * gain) ** 2
        offset = self._offset + rng.normal(0, 0.2) * np.sqrt(readout)
        self._fit = PoissonGaussian(gain, readout, offset)

    def read(self, photons: NDArray[np.floating]) -> NDArray[np.float64]:
        """Read out a picture once, and stabilise it."""
        counts = self._offset + self._gain * self._rng.poisson(photons)
        counts = counts + self._readout * self._rng.standard_normal(photons.shape, np.float32)
        if self._digit:
            counts = np.round(counts)
        return GeneralisedAnscombe(self._fit).forward(np.clip(counts, self._floor, self._ceiling))
