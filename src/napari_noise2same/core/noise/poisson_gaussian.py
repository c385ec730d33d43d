"""Signal-dependent noise: its model, and the model's fit to an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from napari_noise2same.core.errors import ConfigurationError, ImageError
from napari_noise2same.core.noise._blocks import BlockStatistics, block_statistics
from napari_noise2same.core.noise._filters import Floats, Samples

Indices = NDArray[np.intp]

# Read noise of less than a tenth of a photon is not told from none, and divides by zero.
LEAST_READOUT = 0.01

# In the image, and in each bin.
_FEWEST_BLOCKS = 16
_MOST_BINS = 16
_FLAT_FRACTION = 0.5
_DARK_FRACTION = 0.02
_DARK_DEVIATIONS = 2.0
# Above the darkest level by more than this, a block's mean is not noise.
_FLAT_DEVIATIONS = 5.0
_CLIP = 2.5
_HUBER = 0.2
_ITERATIONS = 30


@dataclass(frozen=True)
class PoissonGaussian:
    """Noise whose variance grows linearly with the signal.

    A photon raises the pixel's value by `gain`; a pixel without any photon has the mean `offset`
    and the variance `readout`. So the variance is ``gain * (mean - offset) + readout``, the line
    a·mean + b with a = `gain` and b = `readout` - `gain`·`offset`.

    Attributes
    ----------
    gain : float
        Image units per photon, at least 0; 0 for noise that does not depend on the signal.
    readout : float
        Variance without signal, in squared image units, at least 0.
    offset : float
        Image value without signal.

    Raises
    ------
    ConfigurationError
        If a value is not finite or negative where it may not be, or there is no noise at all.
    """

    gain: float
    readout: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Refuse numbers that no noise can have."""
        finite = np.isfinite([self.gain, self.readout, self.offset]).all()
        if not finite or min(self.gain, self.readout) < 0 or self.gain == self.readout == 0:
            raise ConfigurationError(
                "Expected a finite gain and readout of at least 0, not both 0, and a finite "
                f"offset, found {self}; fit the noise again."
            )

    def variance(self, mean: ArrayLike) -> NDArray[np.float64]:
        """Return the noise's variance where the clean image has the value `mean`.

        Parameters
        ----------
        mean : array_like
            Clean image values, any shape. Below the offset there are no fewer photons than none.

        Returns
        -------
        ndarray of float64
            The variance, in squared image units.
        """
        photons = np.maximum(np.asarray(mean, dtype=np.float64) - self.offset, 0)
        return np.asarray(self.gain * photons + self.readout)


def fit_poisson_gaussian(image: Samples, *, spatial_ndim: int | None = None) -> PoissonGaussian:
    """Fit the noise's variance as a line over the signal, from one noisy image.

    The image is cut into blocks of 64 pixels. The mean of a block's squared high-pass has the
    expectation a·m + b, with m its local mean, for noise of any distribution, photon counting at
    the floor included; a median would not. Structure can only add to it, so blocks of like
    intensity are trusted in two steps: the half that varies least at low frequencies, which says
    next to nothing about the noise in the high ones; then those not above their median by more than
    2.5 times the spread that they have below it, on a logarithmic scale.

    The line is fitted to the means of the bins, relative to the variance and with Huber weights.
    The bins are equally wide in √signal and count equally: dim background does not outvote the few
    bright cells in front of it, and bins of nothing but edges are outvoted.

    The offset is the darkest local mean. A line cannot tell read noise from photons that are
    everywhere in the image, and to both the same variance belongs.

    Parameters
    ----------
    image : ndarray or sequence of ndarray
        Real pixels of any scale, ``(..., [z,] [y,] x)``. The axes before the spatial ones, and the
        items of a sequence, are separate pictures with the same noise. Constant, saturated and
        non-finite blocks are left out.
    spatial_ndim : int, optional
        How many of the last axes are spatial, 1 to 3; all of them, but not more than three, when
        not given.

    Returns
    -------
    PoissonGaussian
        Noise with positive variance everywhere; equivariant under changes of the image's scale
        and origin.

    Raises
    ------
    ImageError
        If the image is not real, or has fewer than 16 blocks with any variation.

    Notes
    -----
    Source: the model and its fit to local means and variances follow A. Foi, M. Trimeche,
    V. Katkovnik and K. Egiazarian, "Practical Poissonian-Gaussian noise modeling and fitting for
    single-image raw-data", IEEE TIP 17 (2008); the estimator itself is simpler.
    """
    blocks = block_statistics(image, spatial_ndim).usable(_FEWEST_BLOCKS)
    if len(blocks.mean) < _FEWEST_BLOCKS:
        raise ImageError(
            f"Expected at least {_FEWEST_BLOCKS} blocks of {blocks.pixels} varying pixels to fit "
            f"the noise, found {len(blocks.mean)}; use a larger image."
        )
    offset, deviation = _darkest_level(blocks)
    dark = offset + _FLAT_DEVIATIONS * deviation
    scale = float(np.sqrt(np.median(blocks.variance)))
    bins = [_without_structure(blocks, members) for members in _bins(blocks.mean - dark)]
    slope, intercept = _robust_line(
        np.array([blocks.mean[members].mean() - offset for members in bins]) / scale,
        np.array([blocks.variance[members].mean() for members in bins]) / scale**2,
    )
    gain = slope * scale
    readout = max(intercept * scale**2, LEAST_READOUT * gain**2)
    return PoissonGaussian(gain=gain, readout=readout, offset=offset)


def _darkest_level(blocks: BlockStatistics) -> tuple[float, float]:
    """Return the signal of the darkest blocks and the deviation of its noise.

    The signal is freed from the noise that made them the darkest.
    """
    dark = blocks.mean <= np.quantile(blocks.mean, _DARK_FRACTION)
    deviation = float(np.sqrt(np.median(blocks.variance[dark]) / blocks.pixels))
    return float(np.max(blocks.mean[dark])) + _DARK_DEVIATIONS * deviation, deviation


def _bins(signal: Floats) -> list[Indices]:
    """Return the dark blocks, then the others in steps of √signal, wider where blocks are few."""
    order = np.argsort(signal)
    root = np.sqrt(np.maximum(signal, 0))
    count = min(len(signal) // _FEWEST_BLOCKS, _MOST_BINS)
    step = np.ceil(root[order] * count / max(root.max(), np.finfo(np.float64).tiny))
    bins, start = [], 0
    for end in [*(np.flatnonzero(np.diff(step)) + 1), len(order)]:
        if end - start >= _FEWEST_BLOCKS:
            bins.append(order[start:end])
            start = end
    return bins


def _without_structure(blocks: BlockStatistics, members: Indices) -> Indices:
    """Return the members that are flat and whose variance is within the spread of noise."""
    order = np.argsort(blocks.structure[members])
    flat = members[order[: round(len(members) * _FLAT_FRACTION)]]
    variance = blocks.variance[flat]
    low, middle = np.quantile(variance, [0.16, 0.5])
    return np.asarray(flat[variance <= middle * (middle / low) ** _CLIP])


def _robust_line(signal: Floats, variance: Floats) -> tuple[float, float]:
    """Fit variance = slope·signal + intercept, both at least 0, to relative deviations."""
    if len(signal) == 1:
        return 0.0, float(variance[0])
    design = np.stack([signal, np.ones_like(signal)], axis=-1)
    floor = 1e-3 * np.median(variance)
    expected = variance
    for _ in range(_ITERATIONS):
        deviation = np.abs(variance / expected - 1)
        weight = np.sqrt(_HUBER / np.maximum(deviation, _HUBER)) / expected
        (slope, intercept), _ = nnls(design * weight[:, np.newaxis], variance * weight)
        expected = np.maximum(slope * np.maximum(signal, 0) + intercept, floor)
    return float(slope), float(intercept)
