"""The domains of the images that training sees, fitted to an evenly spread part of their pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.noise import (
    Domain,
    DomainKind,
    fit_domain,
    hide_outliers,
    independent_distances,
    planes_share_noise,
)
from napari_noise2same.core.sampling.blocks import Block, by_image
from napari_noise2same.core.settings import MAX_DISTANCE

__all__ = ["find_noise_distance", "fit_domains", "fits_by_channel", "normalise", "planes_are_alike"]

# More pixels change no digit of a fit that matters, and take time and memory.
_FIT_PIXELS = 2048**2
# Of fewer, nobody knows whether neighbours share their noise.
_TELLING_PIXELS = 192**2
# Share of the pixels of a constant channel that have its value: others are odd ones.
_CONSTANT = 0.99
# Steps of their type by which constant pixels differ that were calculated.
_ROUNDING = 4
# Sides of the pieces that are taken of more.
_PIECES = {2: (256, 256), 3: (16, 64, 64)}


def fit_domains(blocks: Sequence[Block], kind: DomainKind) -> tuple[Domain, ...]:
    """Fit one domain to each channel, over all blocks, marked or not: patches hold both.

    Beside others, a constant channel has a domain without noise, in which it is 0.

    Parameters
    ----------
    blocks : sequence of Block
        What `load_blocks` has returned.
    kind : {"stabilised", "linear"}
        Whether to stabilise the noise.

    Returns
    -------
    tuple of Domain
        One for each channel of the images.

    Raises
    ------
    ImageError
        If every channel is constant, or single precision cannot hold one that is not.
    """
    fits, refusals = _fits(blocks, kind)
    if refusals and len(refusals) == len(fits):
        raise refusals[0]
    return tuple(fits[channel] for channel in sorted(fits))


def find_noise_distance(blocks: Sequence[Block]) -> tuple[int, int]:
    """Find how far apart pixels have independent noise.

    Parameters
    ----------
    blocks : sequence of Block
        What `load_blocks` has returned.

    Returns
    -------
    tuple of int
        In Y and in X, 1 for independent noise; of several images, and of several channels that
        are not blank, the smallest numbers. Images that are too small to tell do so together.
    """
    found = [
        independent_distances(_some(planes), MAX_DISTANCE)
        for telling in _telling(blocks)
        for planes in _channels(telling)
    ]
    rows, columns = map(min, zip(*(found or [(1, 1)]), strict=True))
    return rows, columns


def planes_are_alike(blocks: Sequence[Block]) -> bool:
    """Tell whether neighbouring planes share their noise in all channels that are not blank.

    Parameters
    ----------
    blocks : sequence of Block
        What `load_blocks` has returned.

    Returns
    -------
    bool
        Whether they do; never so in images.
    """
    channels = _channels(blocks)
    deep = bool(channels) and channels[0][0].ndim == 3
    return deep and all(planes_share_noise(_some(planes)) for planes in channels)


def normalise(
    values: NDArray[Any], channels: Sequence[int], domains: Sequence[Domain]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Take pixels to the domains of their channels, and hide absurd, hot and dead ones.

    Parameters
    ----------
    values : ndarray, shape (channels, [Z,] Y, X)
        Pixels in the image's units.
    channels : sequence of int
        Which channels of the image they are.
    domains : sequence of Domain
        One for each channel of the image.

    Returns
    -------
    shown : ndarray of float32, same shape
        Pixels in normalised units, without those that would spoil the others.
    kept : ndarray of bool, same shape
        Which pixels hold no value that could be denoised.
    """
    planes = [domains[c].forward(plane) for c, plane in zip(channels, values, strict=True)]
    strengths = [_noise_in_light(domains[c]) for c in channels]
    sigmas = np.reshape(strengths, (-1,) + (1,) * (values.ndim - 1))
    return hide_outliers(np.stack(planes), sigmas)


def _noise_in_light(domain: Domain) -> float:
    """Return the noise in normalised units of pixels that count photons.

    Where most count none it is more than what `sigma` can be, that of the whole image.
    """
    return domain.sigma if domain.noise is None else max(domain.sigma, 1 / domain.std)


def fits_by_channel(blocks: Sequence[Block], kind: DomainKind) -> dict[int, Domain]:
    """Fit a domain to each channel that is there, as `fit_domains` does, constant or not.

    Parameters
    ----------
    blocks : sequence of Block
        Blocks of the same image.
    kind : {"stabilised", "linear"}
        Whether to stabilise the noise.

    Returns
    -------
    dict of int to Domain
        Domains by channel.

    Raises
    ------
    ImageError
        If single precision cannot hold a channel that is not constant.
    """
    return _fits(blocks, kind)[0]


def _fits(blocks: Sequence[Block], kind: DomainKind) -> tuple[dict[int, Domain], list[ImageError]]:
    """Return the domain of each channel, and why those of constant ones could not be fitted."""
    fits, refusals = {}, []
    for channel, planes in _planes(blocks).items():
        pixels = _some(planes)
        try:
            fits[channel] = fit_domain(pixels, kind, spatial_ndim=pixels[0].ndim)
        except ImageError as refusal:
            value = _constant(pixels)
            if value is None:
                raise
            fits[channel] = Domain(mean=value, std=1.0, sigma=0.0)
            refusals.append(refusal)
    return fits, refusals


def _constant(arrays: Sequence[NDArray[Any]]) -> float | None:
    """Return the value of all pixels but a few, or what rounding makes of it; None of others."""
    pixels = np.concatenate([array.ravel() for array in arrays])
    middle = pixels.size // 2
    value = np.partition(pixels, middle)[middle]
    if isinstance(value, np.floating):
        same = np.abs(pixels - value) <= _ROUNDING * np.spacing(abs(value))
    else:
        same = pixels == value
    return float(value) if np.mean(same) >= _CONSTANT else None


def _channels(blocks: Sequence[Block]) -> list[list[NDArray[Any]]]:
    """Return the pixels of each channel that is not blank."""
    channels = _planes(blocks).values()
    return [planes for planes in channels if any(plane.min() < plane.max() for plane in planes)]


def _telling(blocks: Sequence[Block]) -> list[list[Block]]:
    """Group blocks by their images, those of small images together if these tell anything."""
    images = by_image(blocks).values()
    large = [parts for parts in images if _pixels(parts) >= _TELLING_PIXELS]
    small = [block for parts in images if _pixels(parts) < _TELLING_PIXELS for block in parts]
    return [*large, small] if not large or _pixels(small) >= _TELLING_PIXELS else large


def _pixels(blocks: Sequence[Block]) -> int:
    """Return the number of pixels of each channel."""
    return sum(block.values[0].size for block in blocks)


def _planes(blocks: Sequence[Block]) -> dict[int, list[NDArray[Any]]]:
    """Return the pixels of each channel."""
    planes: dict[int, list[NDArray[Any]]] = {}
    for block in blocks:
        for channel, values in zip(block.channels, block.values, strict=True):
            planes.setdefault(channel, []).append(values)
    return planes


def _some(arrays: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return the pixels as they are, or pieces of them, one at random in each equal stretch."""
    pixels = sum(array.size for array in arrays)
    if pixels <= _FIT_PIXELS:
        return arrays
    pieces = [piece for array in arrays for piece in _cut(array)]
    count = max(len(pieces) * _FIT_PIXELS // pixels, 1)
    places = (np.arange(count) + np.random.default_rng(0).random(count)) * len(pieces) / count
    return [pieces[int(place)] for place in places]


def _cut(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Cut an array into pieces of about equal size, none of them larger than asked for."""
    cuts = []
    for length, side in zip(array.shape, _PIECES[array.ndim], strict=True):
        count = math.ceil(length / side)
        edges = [length * i // count for i in range(count + 1)]
        cuts.append([slice(a, b) for a, b in pairwise(edges)])
    return (array[region] for region in product(*cuts))
