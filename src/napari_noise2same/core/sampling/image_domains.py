"""Images whose noise differs: each has a domain of its own, and all the same noise in it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from napari_noise2same.core.noise import Domain, DomainKind, noise_level, with_sigma
from napari_noise2same.core.sampling.blocks import Block, by_image
from napari_noise2same.core.sampling.domains import fit_domains, fits_by_channel

__all__ = ["ImageDomains", "fit_image_domains", "is_far_from"]

# Fits to small images of one camera differ by less, and networks do not mind so much.
_LARGEST_RATIO = 2.0
# A network that is used to other noise than this learns nothing that is of use.
_FAR_RATIO = 10.0
# Where in an image its noise is compared: not in the dark, where fits are least sure.
_LEVELS = (0.5, 0.9)


@dataclass(frozen=True)
class ImageDomains:
    """The domains of several images.

    Attributes
    ----------
    common : tuple of Domain
        One for each channel, of all images together. If their noise differs, it says how strong
        the noise is in normalised units, which is the same for all images.
    own : mapping of int to tuple of Domain
        Those of each image, if their noise differs; else nothing.
    """

    common: tuple[Domain, ...]
    own: Mapping[int, tuple[Domain, ...]] = field(default_factory=dict)

    def of(self, image: int) -> tuple[Domain, ...]:
        """Return the domains in which an image is seen.

        Parameters
        ----------
        image : int
            Which of the images.

        Returns
        -------
        tuple of Domain
            One for each channel.
        """
        return self.own.get(image, self.common)


def fit_image_domains(
    blocks: Sequence[Block], kind: DomainKind, *, like: Sequence[Domain] | None = None
) -> ImageDomains:
    """Fit domains to several images: one for all if their noise is alike, else one for each.

    The noise is alike if all have the same type of pixels, and if the standard deviation of
    the noise of each, at its middle and bright pixels, is within a factor of two of what all
    together say.

    Parameters
    ----------
    blocks : sequence of Block
        What `load_blocks` has returned.
    kind : {"stabilised", "linear"}
        Whether to stabilise the noise.
    like : sequence of Domain, optional
        Give each image its own, whether alike or not, with noise as strong as in these: what a
        network is used to. They stand in for channels that are not there.

    Returns
    -------
    ImageDomains
        The domains.

    Raises
    ------
    ImageError
        If every channel is constant in all images, or single precision cannot hold one that is not.
    """
    images = by_image(blocks)
    common = tuple(like or fit_domains(blocks, kind))
    if like is None and len(images) == 1:
        return ImageDomains(common)
    fits = {image: fits_by_channel(own, kind) for image, own in images.items()}
    if like is None:
        if _alike(images, fits, common):
            return ImageDomains(common)
        common = _with_median_sigma(common, list(fits.values()))
    return ImageDomains(common, {image: _scaled(fit, common) for image, fit in fits.items()})


def is_far_from(blocks: Sequence[Block], kind: DomainKind, domains: Sequence[Domain]) -> bool:
    """Tell images whose noise is not at all what domains say, such as those of other units.

    Parameters
    ----------
    blocks : sequence of Block
        Blocks of one or several images.
    kind : {"stabilised", "linear"}
        Whether to stabilise the noise.
    domains : sequence of Domain
        One for each channel.

    Returns
    -------
    bool
        Whether the noise of an image is ten times weaker or stronger.
    """
    return any(
        _ratio(own, channel, fit, domains[channel]) > _FAR_RATIO
        for own in by_image(blocks).values()
        for channel, fit in fits_by_channel(own, kind).items()
        if fit.sigma and domains[channel].sigma
    )


def _scaled(fits: Mapping[int, Domain], like: Sequence[Domain]) -> tuple[Domain, ...]:
    """Give the fits the noise of other domains, which stand in for those that are missing.

    Whether neighbours share the noise of these images is not known.
    """
    return tuple(
        replace(with_sigma(fits[channel], domain.sigma), detail=None) if channel in fits else domain
        for channel, domain in enumerate(like)
    )


def _alike(
    images: Mapping[int, Sequence[Block]],
    fits: Mapping[int, Mapping[int, Domain]],
    common: Sequence[Domain],
) -> bool:
    """Say whether the domains of all images together do for each of them."""
    if len({block.values.dtype for blocks in images.values() for block in blocks}) > 1:
        return False
    return all(
        _ratio(blocks, channel, fit, common[channel]) <= _LARGEST_RATIO
        for image, blocks in images.items()
        for channel, fit in fits[image].items()
        if fit.sigma
    )


def _ratio(blocks: Sequence[Block], channel: int, own: Domain, common: Domain) -> float:
    """Return by what factor the noise of an image is not what all images say, where most."""
    pixels = [b.values[b.channels.index(channel)] for b in blocks if channel in b.channels]
    # As numbers: there is nothing between two truth values.
    quantiles = [np.quantile(plane.astype(np.float32, copy=False), _LEVELS) for plane in pixels]
    levels = np.mean(quantiles, axis=0)
    ratio = noise_level(own, levels) / noise_level(common, levels)
    return float(np.maximum(ratio, 1 / ratio).max())


def _with_median_sigma(
    common: Sequence[Domain], fits: Sequence[Mapping[int, Domain]]
) -> tuple[Domain, ...]:
    """Take the strength of the noise from the images, instead of from all together."""
    return tuple(
        _with_median(domain, [fit[channel].sigma for fit in fits if channel in fit])
        for channel, domain in enumerate(common)
    )


def _with_median(domain: Domain, sigmas: Sequence[float]) -> Domain:
    """Give a domain the strength of the noise in most images that have any, or none."""
    noisy = [sigma for sigma in sigmas if sigma]
    return (
        with_sigma(domain, statistics.median(noisy))
        if noisy
        else replace(domain, sigma=0.0, detail=None)
    )
