"""From pixels to patches: in which domains, and how often they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from napari_noise2same.core.array import ImageView
from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.sampling import (
    Block,
    ImageDomains,
    find_noise_distance,
    fit_image_domains,
    is_far_from,
    normalise,
    pixel_weights,
    pixels_of,
    take_apart,
)
from napari_noise2same.core.settings import MIN_SIDE, NoiseSource, TrainingConfig
from napari_noise2same.core.training.patches import PatchSampler

__all__ = ["Loaded", "patches_of"]


@dataclass(frozen=True)
class Loaded:
    """What training sees of the images.

    Attributes
    ----------
    domains : tuple of Domain
        One for each channel, for the model.
    noise : {"model", "image"}
        Whether these are the domains of all images, or each image has its own.
    sampler : PatchSampler
        Where patches come from.
    patch : tuple of int
        Spatial shape of its patches.
    distance : tuple of int
        How far apart pixels have independent noise, in Y and in X.
    """

    domains: tuple[Domain, ...]
    noise: NoiseSource
    sampler: PatchSampler
    patch: tuple[int, ...]
    distance: tuple[int, int]


def patches_of(
    blocks: Sequence[Block],
    views: Sequence[ImageView],
    config: TrainingConfig,
    patch: tuple[int, ...],
    device: torch.device,
    *,
    distance: tuple[int, int] | None = None,
    resume: TrainedModel | None = None,
) -> Loaded:
    """Normalise pixels, and draw patches from them.

    Parameters
    ----------
    blocks : sequence of Block
        What `load_blocks` has returned.
    views : sequence of ImageView
        The images.
    config : TrainingConfig
        The kind of the domains.
    patch : tuple of int
        Spatial shape of a patch, less where every so many rows and columns are smaller.
    device : torch.device
        Where patches are to lie.
    distance : tuple of int, optional
        How far apart pixels have independent noise, if it is not to be found.
    resume : TrainedModel, optional
        A model whose training goes on, in its domains.

    Returns
    -------
    Loaded
        The patches and their domains.

    Raises
    ------
    ConfigurationError
        If the images are not at all like those that the training to go on with has seen, or are
        too small for the distance of noise.
    ImageError
        If no channel has finite pixels that differ, or single precision cannot hold one that has.
    """
    distance = distance or find_noise_distance(blocks)
    fitted = _fit(take_apart(blocks, distance), config, views[0].n_channels, resume)
    shown = [
        replace(block, values=normalise(block.values, block.channels, fitted.of(block.image))[0])
        for block in blocks
    ]
    # Of a constant channel nothing can be learnt; in its domain it is 0.
    parts = take_apart([block for block in shown if block.values.any()] or shown, distance)
    learnt = [part for part in parts if part.trainable]
    patch = _fitting_patch(patch, learnt)
    weights = pixel_weights(
        [block.image for block in learnt],
        [block.trainable for block in learnt],
        [pixels_of(view) for view in views],
    )
    sampler = PatchSampler(
        [torch.from_numpy(block.values).to(device) for block in learnt],
        patch,
        [block.mask for block in learnt],
        weights,
    )
    return Loaded(
        domains=fitted.common,
        noise="image" if fitted.own else "model",
        sampler=sampler,
        patch=patch,
        distance=distance,
    )


def _fitting_patch(patch: tuple[int, ...], blocks: Sequence[Block]) -> tuple[int, ...]:
    """Return the shape of a patch that all blocks hold, and that is more than borders."""
    patch = tuple(map(min, patch, *(block.values.shape[1:] for block in blocks)))
    if min(patch[-2:]) < MIN_SIDE:
        height, width = patch[-2:]
        raise ConfigurationError(
            f"Expected images of at least {MIN_SIDE} × {MIN_SIDE} pixels once every so many rows "
            f"and columns are images of their own, found {height} × {width}: choose a smaller "
            "distance of noise, or larger images."
        )
    return patch


def _fit(
    blocks: Sequence[Block], config: TrainingConfig, n_channels: int, resume: TrainedModel | None
) -> ImageDomains:
    """Fit the domains, or take up those of a model."""
    if resume is None:
        return fit_image_domains(blocks, config.domain)
    domains = resume.domains_for(n_channels)
    if resume.noise == "image":
        return fit_image_domains(blocks, config.domain, like=domains)
    if is_far_from(blocks, config.domain, domains):
        raise ConfigurationError(
            "Expected the images that the model was trained on, or others of about the same noise, "
            "to go on with its training, found noise ten times weaker or stronger: start a new "
            "training at this model instead."
        )
    return ImageDomains(domains)
