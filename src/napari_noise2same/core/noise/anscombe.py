"""The generalised Anscombe transform and its exact unbiased inverse."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlogy

from napari_noise2same.core.noise.poisson_gaussian import LEAST_READOUT, PoissonGaussian

Floats = NDArray[np.float64]

# Read noise in photons beyond which the correction, as a function of the stabilised value, has
# its limiting form; photons up to which each count matters, and beyond which it has its limit.
_MOST_READ_NOISE = 20.0
_MOST_PHOTONS, _BRIGHTEST = 100.0, 1e6

_REACH = 8.0
_QUADRATURE_NODES = 513
_DARK_NODES = 256
_LIT_NODES = 256
_BRIGHT_NODES = 128


class GeneralisedAnscombe:
    """Turns noise with ``variance = gain·(mean - offset) + readout`` into noise of variance 1.

    With r = `readout`, g = `gain` and c = r + ⅜g², the transform of x' = x - `offset` is
    ``2·(√(g·x' + c) - √c)/g``, written as ``2·x'/(√(g·x' + c) + √c)``: the usual transform but for
    the constant, which lets it pass into x'/√r as the gain goes to 0. Where the usual transform
    would be steeper than the read noise allows, below x' = -⅜g, it goes on as the straight line
    of slope 1/√r, so it is defined and strictly increasing for every real number.

    Parameters
    ----------
    noise : PoissonGaussian
        The noise of the image.
    least_readout : float
        Squared photons of read noise for which the transform is made at least, so that it is not
        steeper in the dark. The inverse is exact for the noise that there is, whatever this is.

    Notes
    -----
    Source: the transform is from J.-L. Starck, F. Murtagh and A. Bijaoui, "Image Processing and
    Data Analysis" (1998); the inverse from M. Mäkitalo and A. Foi, "Optimal inversion of the
    generalized Anscombe transformation for Poisson-Gaussian noise", IEEE TIP 22 (2013), where it is
    tabulated too. Their inverse stops at the offset; this one goes on below it, so that a
    background that fluctuates about the offset keeps its mean.
    """

    def __init__(self, noise: PoissonGaussian, *, least_readout: float = LEAST_READOUT) -> None:
        self.noise = noise
        read = _read_noise(noise, LEAST_READOUT)
        self._curve = _Curve(noise.gain, max(read, _read_noise(noise, least_readout)))
        self._table = _correction_table(self._curve, read) if noise.gain > 0 else None

    def forward(self, image: ArrayLike) -> Floats:
        """Stabilise the noise.

        Parameters
        ----------
        image : array_like
            Pixels in image units, any shape.

        Returns
        -------
        ndarray of float64
            Pixels in units of the noise's standard deviation, 0 at the offset.
        """
        return self._curve(self.noise.signal(image))

    def inverse(self, stabilised: ArrayLike) -> Floats:
        """Return the clean value y whose noisy pixels x have the mean E[forward(x) | y].

        Parameters
        ----------
        stabilised : array_like
            Denoised pixels in stabilised units, any shape.

        Returns
        -------
        ndarray of float64
            Pixels in image units.
        """
        values = np.asarray(stabilised, dtype=np.float64)
        signal = self._curve.solve(values)
        if self._table is not None:
            # Beyond both ends of the table the correction is constant, as is np.interp.
            signal += self.noise.gain * np.interp(values, *self._table)
        return self.noise.sign * signal + self.noise.offset


class _Curve:
    """The transform of the signal above the offset, and its plain algebraic inverse."""

    def __init__(self, gain: float, read: float) -> None:
        self.gain = gain
        self.read = read
        self.root = math.sqrt(read**2 + 0.375 * gain**2)
        self.knee = -0.375 * gain
        self.stabilised_knee = 2 * self.knee / (read + self.root)

    def __call__(self, signal: Floats) -> Floats:
        bent = np.maximum(signal, self.knee)
        straight = np.minimum(signal - self.knee, 0) / self.read
        root = np.sqrt(self.gain * bent + self.root**2)
        return np.asarray(2 * bent / (root + self.root) + straight)

    def solve(self, stabilised: Floats) -> Floats:
        """Return the signal that the curve takes to the stabilised value."""
        bent = np.maximum(stabilised, self.stabilised_knee)
        straight = self.read * np.minimum(stabilised - self.stabilised_knee, 0)
        return np.asarray(bent * (self.root + self.gain / 4 * bent) + straight)


def _read_noise(noise: PoissonGaussian, least_readout: float) -> float:
    """Return the standard deviation of the read noise, but not less than so many photons²."""
    return math.sqrt(max(noise.readout, least_readout * noise.gain**2))


# Improbable counts vanish, whatever the caller wants to hear of that.
@np.errstate(under="ignore")
def _correction_table(curve: _Curve, read: float) -> tuple[Floats, Floats]:
    """Return stabilised means and what the algebraic inverse lacks there, in photons."""
    photons = _Curve(1.0, min(curve.read / curve.gain, _MOST_READ_NOISE))
    read_noise = min(read / curve.gain, _MOST_READ_NOISE)
    most = _MOST_PHOTONS + _REACH * read_noise
    dark = np.linspace(-_REACH * read_noise, 0, _DARK_NODES, endpoint=False)
    lit = np.linspace(0, np.sqrt(most), _LIT_NODES) ** 2
    counts = np.arange(most + _REACH * np.sqrt(most))
    # So many photons are as good as Gaussian, and what the inverse lacks changes slowly.
    bright = np.geomspace(most, _BRIGHTEST, _BRIGHT_NODES)[1:]
    means = np.concatenate(
        [
            _mean_over_gaussian(photons, dark, read_noise),
            _poisson(counts, lit) @ _mean_over_gaussian(photons, counts, read_noise),
            _mean_over_gaussian(photons, bright, np.sqrt(bright + read_noise**2)),
        ]
    )
    return means, np.concatenate([dark, lit, bright]) - photons.solve(means)


def _mean_over_gaussian(curve: _Curve, signal: Floats, deviation: float | Floats) -> Floats:
    """Return the mean of the curve over Gaussian noise about each signal."""
    nodes, weights = _gaussian_quadrature()
    noise = np.reshape(deviation, (-1, 1)) * nodes
    return np.asarray(curve(signal[:, np.newaxis] + noise) @ weights)


@cache
def _gaussian_quadrature() -> tuple[Floats, Floats]:
    """Return the nodes of a mean over standard normal noise, and their weights."""
    # Evenly spaced ones: Gauss–Hermite quadrature stumbles over the bend of the curve.
    nodes = np.linspace(-_REACH, _REACH, _QUADRATURE_NODES)
    weights = np.exp(-(nodes**2) / 2)
    return nodes, weights / weights.sum()


def _poisson(counts: Floats, means: Floats) -> Floats:
    """Return the probability of each count (columns) for each mean (rows)."""
    log = xlogy(counts, means[:, np.newaxis]) - means[:, np.newaxis] - gammaln(counts + 1)
    return np.asarray(np.exp(log))
