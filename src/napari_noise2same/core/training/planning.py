"""What is chosen from the images and the device when the user does not say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from napari_noise2same.core.array import ImageView, plan_layout
from napari_noise2same.core.errors import ConfigurationError, ImageError
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import NetworkConfig, TrainingConfig

__all__ = ["TrainingPlan", "plan_training", "view_image"]

# Fewer pixels than this along Y or X leave a 3×3 network nothing but borders to learn from.
MIN_SIDE = 8

_REFERENCE_PIXELS = 512**2
_PATCHES = {2: (64, 64), 3: (16, 48, 48)}
_BATCHES = {2: 8, 3: 2}
_STEPS = {2: 800, 3: 400}
# A GPU idles on a CPU's batch.
_ACCELERATOR_FACTOR = 4


@dataclass(frozen=True)
class TrainingPlan:
    """The choices of a training run.

    Attributes
    ----------
    network : NetworkConfig
        The network.
    patch : tuple of int
        Spatial shape of a patch, in pixels.
    batch : int
        Patches per step.
    steps : int or None
        Number of steps; None for a budget in seconds.
    seconds : float or None
        Time in seconds; None for a budget in steps.
    """

    network: NetworkConfig
    patch: tuple[int, ...]
    batch: int
    steps: int | None
    seconds: float | None


def view_image(image: Image, config: TrainingConfig) -> ImageView:
    """See an image as the network will.

    Parameters
    ----------
    image : Image
        The image.
    config : TrainingConfig
        Says whether a stack is a volume, and channels go together.

    Returns
    -------
    ImageView
        The image as samples of channels and spatial axes.

    Raises
    ------
    AxesError
        If the axes do not fit.
    """
    layout = plan_layout(image.axes, image.data.shape, spatial_dims=config.spatial_dims)
    return ImageView(image.data, layout, joint_channels=config.joint_channels, mask=image.mask)


def plan_training(
    views: Sequence[ImageView], config: TrainingConfig, device: torch.device
) -> TrainingPlan:
    """Choose network, patch, batch and steps.

    Parameters
    ----------
    views : sequence of ImageView
        The images.
    config : TrainingConfig
        What the user asked for.
    device : torch.device
        Where the network is trained.

    Returns
    -------
    TrainingPlan
        The choices.

    Raises
    ------
    ConfigurationError
        If the images differ in dimensions or channels, or the settings do not fit them.
    ImageError
        If an image is too small.
    """
    dims, channels = _common_shape(views)
    sides = [view.spatial_shape for view in views]
    smallest = tuple(min(lengths) for lengths in zip(*sides, strict=True))
    if min(smallest[-2:]) < MIN_SIDE:
        raise ImageError(
            f"Expected an image of at least {MIN_SIDE} × {MIN_SIDE} pixels in Y and X to train "
            f"on, found {smallest[-2]} × {smallest[-1]}."
        )
    accelerated = device.type != "cpu"
    patch = config.patch or _PATCHES[dims]
    if len(patch) != dims:
        raise ConfigurationError(
            f"Expected a patch of {dims} lengths for a {dims}D network, found {patch}."
        )
    pixels = sum(len(view) * math.prod(view.spatial_shape) for view in views)
    steps = config.steps or _automatic_steps(dims, pixels, config.effort)
    return TrainingPlan(
        network=_network(config, dims, channels),
        patch=tuple(min(side, length) for side, length in zip(patch, smallest, strict=True)),
        batch=config.batch or _BATCHES[dims] * (_ACCELERATOR_FACTOR if accelerated else 1),
        steps=None if config.seconds else steps,
        seconds=config.seconds,
    )


def _common_shape(views: Sequence[ImageView]) -> tuple[int, int]:
    """Return the spatial dimensions and channels that all images have."""
    shapes = {(len(view.spatial_shape), view.n_channels) for view in views}
    if len(shapes) != 1:
        found = ", ".join(f"{d}D with {c} channel(s)" for d, c in sorted(shapes))
        raise ConfigurationError(
            "Expected images of the same number of spatial axes and channels to train on "
            f"together, found {found or 'no image'}."
        )
    return len(views[0].spatial_shape), views[0].sample_channels


def _network(config: TrainingConfig, dims: int, channels: int) -> NetworkConfig:
    """Return the network asked for, if it fits the images, or the default one."""
    if config.network is None:
        return NetworkConfig.small(3 if dims == 3 else 2, channels)
    if (config.network.spatial_dims, config.network.channels) != (dims, channels):
        raise ConfigurationError(
            f"Expected a {dims}D network of {channels} channel(s) for these images, found a "
            f"{config.network.spatial_dims}D one of {config.network.channels}."
        )
    return config.network


def _automatic_steps(dims: int, pixels: int, effort: float) -> int:
    """More steps for more pixels, but slowly: content repeats."""
    factor: float = (pixels / _REFERENCE_PIXELS) ** 0.25
    return max(1, int(effort * _STEPS[dims] * min(max(factor, 0.5), 3.0)))
