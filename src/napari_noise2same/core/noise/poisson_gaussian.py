"""Signal-dependent noise: its model, and the model's fit to an image."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from napari_noise2same.core.errors import ConfigurationError, ImageError
from napari_noise2same.core.noise._blocks import FEWEST_BLOCKS, BlockStatistics, block_statistics
from napari_noise2same.core.noise._filters import Floats, Samples

Indices = NDArray[np.intp]

# Read noise of less than a tenth of a photon is not told from none, and divides by zero.
LEAST_READOUT = 0.01

_MOST_BINS = 16
_FLAT_FRACTION = 0.5
_DARK_FRACTION = 0.02
_DARK_DEVIATIONS = 2.0
# Above the darkest level by more than this, a block's mean is not noise.
_FLAT_DEVIATIONS = 5.0
_CLIP = 2.5
# How far a bin may be above the line, relative to the variance, two or three times what chance
# does; and how far below it. Were it less, a fifth of the bins could not outvote texture.
_TOLERANCE, _LOW = 0.2, 0.6
# What they must save of the loss, of which chance makes up to 0.005.
_PRICE_OF_SLOPE = 0.002
_PRICE_OF_BEND = 0.01
# How many times more a level must cost: texture in the dark makes it up to 3.7, inversion 4 to 13.
_PRICE_OF_INVERSION = 4
# In deviations of the noise in the dark: what varies more than that is no camera's background.
_LARGEST_BEND = 6.0
_ITERATIONS = 30


@dataclass(frozen=True)
class PoissonGaussian:
    """Noise whose variance grows linearly with the signal.

    A photon raises the pixel's value by `gain`; a pixel without any photon has the mean `offset`
    and the variance `readout`. So the variance is ``gain * (mean - offset) + readout``, the line
    a·mean + b with a = `gain` and b = `readout` - `gain`·`offset`. In an inverted image a photon
    lowers the value by as much, and the variance is ``gain * (offset - mean) + readout``.

    Attributes
    ----------
    gain : float
        Image units per photon, at least 0; 0 for noise that does not depend on the signal.
    readout : float
        Variance without signal, in squared image units, at least 0.
    offset : float
        Image value without signal.
    inverted : bool
        Whether the image is darker where there is more light.

    Raises
    ------
    ConfigurationError
        If a value is not finite or negative where it may not be, or there is no noise at all.
    """

    gain: float
    readout: float
    offset: float = 0.0
    inverted: bool = False

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
            Clean image values, any shape. Beyond the offset there are no fewer photons than none.

        Returns
        -------
        ndarray of float64
            The variance, in squared image units.
        """
        return np.asarray(self.gain * np.maximum(self.signal(mean), 0) + self.readout)

    def signal(self, image: ArrayLike) -> NDArray[np.float64]:
        """Return how far pixels are from the offset, in the direction in which light moves them.

        Parameters
        ----------
        image : array_like
            Image values, any shape.

        Returns
        -------
        ndarray of float64
            The signal, in image units; negative where there is less than none.
        """
        return np.asarray(self.sign * (np.asarray(image, dtype=np.float64) - self.offset))

    @property
    def sign(self) -> int:
        """Return 1 if light makes the image brighter, -1 if it makes it darker."""
        return -1 if self.inverted else 1


def fit_poisson_gaussian(image: Samples, *, spatial_ndim: int | None = None) -> PoissonGaussian:
    """Fit the noise's variance as a line over the signal, from one noisy image.

    The image is cut into blocks of 64 pixels. The mean of a block's squared high-pass has the
    expectation a·m + b, with m its local mean, for noise of any distribution, photon counting at
    the floor included; a median would not. Structure can only add to it, so blocks of like
    intensity are trusted in two steps: the half that varies least at low frequencies, which says
    next to nothing about the noise in the high ones; then those not above their median by more than
    2.5 times the spread that they have below it, on a logarithmic scale.

    The line is the lower envelope of the bins' means. The weight of one more than 20 % above it, or
    60 % below it, falls with the fourth power of the distance. So a few flat bins outvote many of
    nothing but texture and edges, but not one or two in which there is no noise; and those of a
    flat image, which lie around the line by chance, are averaged. The bins are equally wide in
    √signal and count equally: dim background does not outvote the few bright cells in front of it.

    Where no line rises, but one that falls is more than four times nearer to the bins than a level
    is, the image was inverted, as electron micrographs often are.

    The offset is the darkest local mean, the brightest of an inverted image, or one that is up to 6
    deviations of the noise brighter (darker) if the bins lie on a line only from there on, as in
    front of a background that differs from place to place though no light does. A line cannot tell
    read noise from photons that are everywhere in the image, and to both the same variance belongs.

    Parameters
    ----------
    image : ndarray or sequence of ndarray
        Real pixels of any scale, ``(..., [z,] [y,] x)``. The axes before the spatial ones, and the
        items of a sequence, are separate pictures with the same noise. Constant and saturated
        blocks, and pixels that are not finite, are left out.
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
    single-image raw-data", IEEE TIP 17 (2008), the lower envelope C. Liu, R. Szeliski, S. B. Kang,
    C. L. Zitnick and W. T. Freeman, "Automatic estimation and removal of noise from a single
    image", IEEE TPAMI 30 (2008), the filter J. Immerkær, "Fast noise variance estimation", CVIU 64
    (1996), here in any number of dimensions; the estimator itself is simpler.
    """
    blocks = block_statistics(image, spatial_ndim).usable()
    if len(blocks.mean) < FEWEST_BLOCKS:
        raise ImageError(
            f"Expected at least {FEWEST_BLOCKS} blocks of {blocks.pixels} varying pixels to fit "
            f"the noise, found {len(blocks.mean)}; use a larger image."
        )
    return fit_blocks(blocks.off_masks())


def fit_blocks(blocks: BlockStatistics) -> PoissonGaussian:
    """Fit the noise to at least one block with a positive variance.

    Parameters
    ----------
    blocks : BlockStatistics
        The usable blocks of all samples.

    Returns
    -------
    PoissonGaussian
        The line; without a slope where the blocks are too few for more than one bin.
    """
    upright, cost = _fit(blocks)
    if upright.gain > 0:
        return upright
    inverted, inverted_cost = _fit(replace(blocks, mean=-blocks.mean))
    if inverted.gain == 0 or inverted_cost * _PRICE_OF_INVERSION > cost:
        return upright
    return replace(inverted, offset=-inverted.offset, inverted=True)


def _fit(blocks: BlockStatistics) -> tuple[PoissonGaussian, float]:
    """Return the noise of an image that light makes brighter, and the line's cost."""
    offset, deviation = _darkest_level(blocks)
    dark = offset + _FLAT_DEVIATIONS * deviation
    scale = float(np.sqrt(np.median(blocks.variance)))
    bins = [_without_structure(blocks, members) for members in _bins(blocks.mean - dark)]
    line = _lower_envelope(
        np.array([blocks.mean[members].mean() - offset for members in bins]) / scale,
        np.array([blocks.variance[members].mean() for members in bins]) / scale**2,
    )
    gain = line.slope * scale
    readout = max(line.intercept * scale**2, LEAST_READOUT * gain**2)
    noise = PoissonGaussian(gain=gain, readout=readout, offset=offset + line.bend * scale)
    return noise, line.cost


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
    count = min(len(signal) // FEWEST_BLOCKS, _MOST_BINS)
    step = np.ceil(root[order] * count / max(root.max(), np.finfo(np.float64).tiny))
    bins, start = [], 0
    for end in [*(np.flatnonzero(np.diff(step)) + 1), len(order)]:
        if end - start >= FEWEST_BLOCKS:
            bins.append(order[start:end])
            start = end
    return bins or [order]


def _without_structure(blocks: BlockStatistics, members: Indices) -> Indices:
    """Return the members that are flat and whose variance is within the spread of noise."""
    order = np.argsort(blocks.structure[members])
    flat = members[order[: math.ceil(len(members) * _FLAT_FRACTION)]]
    variance = blocks.variance[flat]
    low, middle = np.quantile(variance, [0.16, 0.5])
    return np.asarray(flat[variance <= middle * (middle / low) ** _CLIP])


@dataclass(frozen=True)
class _Line:
    """Variance = slope·max(signal - bend, 0) + intercept, and the price and the loss of it."""

    slope: float
    intercept: float
    cost: float
    bend: float = 0.0


def _lower_envelope(signal: Floats, variance: Floats) -> _Line:
    """Return the level under the bins, or the straight or bent line that is worth its price."""
    bends = signal[(signal > 0) & (signal <= _LARGEST_BEND * np.sqrt(variance[0]))]
    bent = [
        replace(_line(np.maximum(signal - bend, 0), variance, _PRICE_OF_BEND), bend=float(bend))
        for bend in bends
    ]
    level = _line(np.zeros_like(signal), variance, price=0)
    straight = _line(signal, variance, _PRICE_OF_SLOPE)
    return min([level, straight, *bent], key=lambda line: line.cost)


def _line(signal: Floats, variance: Floats, price: float) -> _Line:
    """Fit a slope of at least 0 and an intercept to relative deviations.

    Begun at the bins, it ends at the lowest ones, begun at their median, at most of them: the few
    that have no noise at all are not followed.
    """
    starts = variance, np.full_like(variance, np.median(variance))
    lines = [_line_from(start, signal, variance, price) for start in starts]
    return min(lines, key=lambda line: line.cost)


def _line_from(expected: Floats, signal: Floats, variance: Floats, price: float) -> _Line:
    """Follow the bins that are trusted from a first guess of the variance."""
    design = np.stack([signal, np.ones_like(signal)], axis=-1)
    # Where the dark is nothing but texture, a line would lead to no noise there.
    lowest = variance.min() / 2
    for _ in range(_ITERATIONS):
        weight = _trust(variance / expected - 1) ** 2 / expected
        line, _ = nnls(design * weight[:, np.newaxis], (variance - lowest) * weight)
        expected = np.maximum(design @ line + lowest, lowest)
    deviation = variance / expected - 1
    # The loss that has these weights: of squares near the line, and bounded on either side.
    near = np.clip(deviation, -_LOW, _TOLERANCE) ** 2
    far = np.where(deviation < 0, _LOW, _TOLERANCE) ** 2 * (1 - _trust(deviation) ** 2)
    return _Line(float(line[0]), float(line[1] + lowest), price + float(np.mean(near + far) / 2))


def _trust(deviation: Floats) -> Floats:
    """Return 1 for bins near the line or somewhat below it, less the further away they are."""
    trust: Floats = 1 / np.maximum(np.maximum(deviation / _TOLERANCE, -deviation / _LOW), 1)
    return trust
