"""The domain in which a network trains: standardised pixels, their noise stabilised or not."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter

from napari_noise2same.core.errors import ConfigurationError, ImageError
from napari_noise2same.core.noise._filters import Floats, Samples, as_floats
from napari_noise2same.core.noise.anscombe import GeneralisedAnscombe
from napari_noise2same.core.noise.poisson_gaussian import PoissonGaussian, fit_poisson_gaussian
from napari_noise2same.core.noise.sigma import estimate_sigma

DomainKind = Literal["linear", "stabilised"]

# Pixels further out than the range of all but 1 % of them count as if they lay there.
_OUTLIER_QUANTILE = 0.005
# In squared photons: the transform is one for 0.7 photons of read noise, whatever the fit says. Too
# steep a one in the dark costs up to 0.5 dB, and several where pixels count a photon or none; twice
# this gains 0.1 dB on dim images, and costs 0.06 on bright ones.
_LEAST_READOUT = 0.5
# Of an image of unit variance no noise has more than this.
_LARGEST_SIGMA = 1.0
# Where noise is stronger, detail that is lost hardly matters, and is hardly told from it.
_WEAK_SIGMA = 0.2
# In standard deviations of the noise. Networks have seen some 80; beyond this, faint spots on
# bright ground begin to vanish.
_WIDE = 100.0
# Steps of single precision may be so large, relative to the image's standard deviation.
_COARSEST = 0.05
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Domain:
    """A pair of maps between image units and normalised units, the same for every tile.

    Without a noise model the map is ``(x - mean)/std``, with one it is
    ``(anscombe(x, noise) - mean)/std``, and the way back is the exact unbiased inverse. In the dark
    the transform is no steeper than one for 0.7 photons of read noise.

    Attributes
    ----------
    mean, std : float
        Statistics of the image, of the stabilised image if there is a noise model.
    sigma : float
        The noise's standard deviation in normalised units.
    noise : PoissonGaussian, optional
        The noise that is stabilised; None for the linear domain.
    detail : float, optional
        What a network takes for noise is no noise alone where it has a larger standard deviation
        than this, in normalised units; None where noise is too strong for such a judgement.
    wide : bool
        Whether there is light so far apart that a network has to look at it twice: more than 100
        standard deviations of the noise.

    Raises
    ------
    ConfigurationError
        If a number is not finite, `std` or `detail` is not positive or `sigma` is negative.
    """

    mean: float
    std: float
    sigma: float
    noise: PoissonGaussian | None = None
    detail: float | None = None
    wide: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that no image can have."""
        detail = 1.0 if self.detail is None else self.detail
        finite = all(map(math.isfinite, (self.mean, self.std, self.sigma, detail)))
        if not finite or min(self.std, detail) <= 0 or self.sigma < 0:
            raise ConfigurationError(
                "Expected a finite mean, a positive std and detail and a sigma of at least 0, "
                f"found {self}; fit the domain again."
            )

    @property
    def kind(self) -> DomainKind:
        """Return ``"stabilised"`` if there is a noise model, else ``"linear"``."""
        return "linear" if self.noise is None else "stabilised"

    def forward(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Take an image to normalised units, in which it has zero mean and unit variance.

        Parameters
        ----------
        x : ndarray
            Real pixels in image units, any shape, byte order and memory layout.

        Returns
        -------
        ndarray of float32
            The same shape, C-contiguous. Pixels that are not finite, or are too far away for
            float32, are not finite.
        """

        def normalise(values: Floats) -> Floats:
            if self._transform is not None:
                values = self._transform.forward(values)
            return (values - self.mean) / self.std

        with np.errstate(over="ignore", invalid="ignore"):
            return _in_chunks(normalise, x)

    def inverse(self, z: NDArray[Any]) -> NDArray[np.float32]:
        """Take denoised pixels back to image units.

        Parameters
        ----------
        z : ndarray
            Denoised pixels in normalised units, any shape and any real value.

        Returns
        -------
        ndarray of float32
            The same shape, C-contiguous.
        """

        def restore(values: Floats) -> Floats:
            values = values * self.std + self.mean
            return values if self._transform is None else self._transform.inverse(values)

        return _in_chunks(restore, z)

    def to_dict(self) -> dict[str, Any]:
        """Return the domain as data for JSON, every float exact.

        Returns
        -------
        dict
            The fields by name; the noise as a dict or None.
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Domain:
        """Build a domain from what `to_dict` has returned.

        Parameters
        ----------
        data : mapping
            The fields by name.

        Returns
        -------
        Domain
            A domain equal to the one that was written.

        Raises
        ------
        ConfigurationError
            If a number is missing, unknown, of the wrong type or out of range.
        """
        numbers = dict(_expect_mapping(data, "a domain"))
        noise, detail = numbers.pop("noise", None), numbers.pop("detail", None)
        wide = _expect_flag(numbers.pop("wide", False), "a domain to be wide or not")
        if noise is not None:
            noise = _noise_from_dict(noise)
        if detail is not None:
            detail = _expect_numbers({"detail": detail}, "a domain", ("detail",))["detail"]
        numbers = _expect_numbers(numbers, "a domain", ("mean", "std", "sigma"))
        return cls(**numbers, noise=noise, detail=detail, wide=wide)

    @cached_property
    def _transform(self) -> GeneralisedAnscombe | None:
        """The stabilising transform, with its table built once."""
        return None if self.noise is None else _stabiliser(self.noise)


def fit_domain(
    samples: Samples, kind: DomainKind = "stabilised", *, spatial_ndim: int | None = None
) -> Domain:
    """Fit the training domain to pixels of the whole image.

    Pixels that are not finite are ignored, and a few enormous ones count no more than the largest
    ordinary ones. Where the noise cannot be fitted, in an image too small for it, the
    domain is linear: its `noise` is None. Its `detail` is the noise that fine detail shows; what
    neighbouring pixels share of it, a network has to tell.

    Parameters
    ----------
    samples : ndarray or sequence of ndarray
        Real pixels of any scale: the image, or blocks of it, ``(..., [z,] [y,] x)`` each. The
        statistics are those of all samples together.
    kind : {"stabilised", "linear"}
        Whether to stabilise the noise, so that it has the same strength everywhere.
    spatial_ndim : int, optional
        How many of the last axes are spatial, 1 to 3; all of them, but not more than three, when
        not given.

    Returns
    -------
    Domain
        The fitted domain.

    Raises
    ------
    ImageError
        If the samples have no finite pixel, are constant, are not real, or are of a size that
        single precision cannot hold.
    ConfigurationError
        If there is no such kind.
    """
    if kind not in ("linear", "stabilised"):
        raise ConfigurationError(
            f"Expected the domain 'linear' or 'stabilised', found {kind!r}; choose one of the two."
        )
    arrays = as_floats(samples)
    pixels = _finite_pixels(arrays)
    if pixels.min() == pixels.max():
        raise _no_contrast(samples, pixels[0])
    with np.errstate(over="ignore"):
        plain = _robust_moments(pixels)
    _check_precision(*plain)
    noise = _usable_noise(arrays, spatial_ndim) if kind == "stabilised" else None
    if noise is not None:
        mean, std = _robust_moments(_stabiliser(noise).forward(pixels))
        sigma = min(1 / std, _LARGEST_SIGMA)
    else:
        mean, std = plain
        sigma = _linear_sigma(arrays, std, spatial_ndim)
    # Without noise everything is detail, but for what single precision rounds.
    detail = max(sigma, float(np.finfo(np.float32).eps)) if sigma <= _WEAK_SIGMA else None
    wide = _is_wide(arrays, pixels, noise, sigma * std)
    return Domain(mean, std, sigma, noise, detail, wide)


def _finite_pixels(arrays: list[Floats]) -> Floats:
    """Return all finite pixels in one row."""
    pixels = np.concatenate([array[np.isfinite(array)] for array in arrays])
    if pixels.size == 0:
        raise ImageError(
            "Expected finite pixels, found none; choose an image that is not empty or NaN."
        )
    return pixels


def _no_contrast(samples: Samples, value: float) -> ImageError:
    """Say of samples that are constant in float64 whether they are so at all."""
    arrays = [samples] if isinstance(samples, np.ndarray) else samples
    integers = [array for array in arrays if array.size and array.dtype.kind in "iu"]
    ends = [int(end) for array in integers for end in (array.min(), array.max())]
    if len(set(ends)) > 1:
        return ImageError(
            f"Expected pixels that single precision can tell apart, found integers from "
            f"{min(ends)} to {max(ends)}: subtract an offset from the image."
        )
    return ImageError(
        f"Expected an image with some contrast, found a constant one (every pixel is {value:g}); "
        "there is nothing to learn from it, choose another."
    )


def _check_precision(mean: float, std: float) -> None:
    """Refuse what would be lost in the single precision in which networks compute."""
    # Python's floats: NumPy's would take what is compared with them to single precision first.
    tiny, largest = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
    if not (tiny < std < largest and abs(mean) < largest):
        raise ImageError(
            f"Expected pixels that single precision can hold, found some with a mean of {mean:.3g} "
            f"and a standard deviation of {std:.3g}: scale the image."
        )
    step = float(np.spacing(np.float32(abs(mean))))
    if step > _COARSEST * std:
        raise ImageError(
            f"Expected pixels that single precision can tell apart, found a mean of {mean:.3g} and "
            f"a standard deviation of only {std:.3g}: subtract an offset from the image."
        )


def _usable_noise(arrays: list[Floats], spatial_ndim: int | None) -> PoissonGaussian | None:
    """Return the noise to stabilise, or None where there is too little to fit it to."""
    try:
        return fit_poisson_gaussian(arrays, spatial_ndim=spatial_ndim)
    except ImageError:
        return None


def _stabiliser(noise: PoissonGaussian) -> GeneralisedAnscombe:
    """Return the transform that stabilises the noise."""
    return GeneralisedAnscombe(noise, least_readout=_LEAST_READOUT)


def _linear_sigma(arrays: list[Floats], std: float, spatial_ndim: int | None) -> float:
    """Return the noise relative to the image, or the largest it can be where it is unknown."""
    try:
        sigma = estimate_sigma(arrays, spatial_ndim=spatial_ndim) / std
    except ImageError:
        return _LARGEST_SIGMA
    return min(sigma, _LARGEST_SIGMA)


def _is_wide(
    arrays: list[Floats], pixels: Floats, noise: PoissonGaussian | None, sigma: float
) -> bool:
    """Tell whether light is far apart that fills three rows and columns.

    Hot pixels do not, and dead columns neither. The noise is that of stabilised pixels, if any are.
    """

    def is_far(*ends: float) -> bool:
        light = np.array(ends) if noise is None else _stabiliser(noise).forward(np.array(ends))
        return bool(np.ptp(light) > _WIDE * sigma)

    return sigma > 0 and is_far(pixels.min(), pixels.max()) and is_far(*_broad_ends(arrays, pixels))


def _broad_ends(arrays: list[Floats], pixels: Floats) -> Iterator[float]:
    """Return the darkest and brightest value of three rows and columns, for each array."""
    for array in arrays:
        if array.size:
            filled = np.nan_to_num(array, nan=pixels[0])
            size = (1,) * (array.ndim - 2) + (3,) * min(array.ndim, 2)
            yield maximum_filter(filled, size).min()
            yield minimum_filter(filled, size).max()


def _robust_moments(pixels: Floats) -> tuple[float, float]:
    """Return mean and standard deviation with far outliers drawn in."""
    low, high = np.quantile(pixels, [_OUTLIER_QUANTILE, 1 - _OUTLIER_QUANTILE])
    if low < high:
        pixels = np.clip(pixels, low - (high - low), high + (high - low))
    return float(pixels.mean()), float(pixels.std())


def _in_chunks(function: Callable[[Floats], Floats], x: NDArray[Any]) -> NDArray[np.float32]:
    """Apply an elementwise function in float64 to any array, with little extra memory."""
    chunks = np.nditer(
        [np.asarray(x), None],
        flags=["external_loop", "buffered", "zerosize_ok"],
        op_flags=[["readonly"], ["writeonly", "allocate"]],
        op_dtypes=[np.dtype(np.float64), np.dtype(np.float32)],
        casting="same_kind",
        order="C",
        buffersize=_CHUNK,
    )
    with chunks:
        for source, target in chunks:
            target[...] = function(source)
        return np.asarray(chunks.operands[1])


def _expect_mapping(data: object, name: str) -> Mapping[str, Any]:
    """Return the data if it is a mapping."""
    if not isinstance(data, Mapping):
        raise ConfigurationError(
            f"Expected {name} as a mapping of its fields, found {data!r}; write it again."
        )
    return data


def _noise_from_dict(data: object) -> PoissonGaussian:
    """Build the noise from its fields; models of before inversion was told have none of that."""
    fields = dict(_expect_mapping(data, "a noise model"))
    inverted = _expect_flag(fields.pop("inverted", False), "a noise model to be inverted or not")
    numbers = _expect_numbers(fields, "a noise model", ("gain", "readout", "offset"))
    return PoissonGaussian(**numbers, inverted=inverted)


def _expect_flag(value: object, what: str) -> bool:
    """Return the value if it is true or false; files of before it was told have none."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"Expected {what}, found {value!r}; write it again.")
    return value


def _expect_numbers(data: object, name: str, fields: tuple[str, ...]) -> dict[str, float]:
    """Return the data if it has exactly the named numbers."""
    values = _expect_mapping(data, name)
    if set(values) != set(fields) or not all(map(_is_number, values.values())):
        raise ConfigurationError(
            f"Expected {name} of the numbers {', '.join(fields)}, found {dict(values)}; "
            "write it again."
        )
    return {field: float(values[field]) for field in fields}


def _is_number(value: object) -> bool:
    """Return whether the value is a number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max
