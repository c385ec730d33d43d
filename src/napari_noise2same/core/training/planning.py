"""What is chosen from the images and the device when the user does not say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import torch

from napari_noise2same.core.array import ImageView
from napari_noise2same.core.errors import ConfigurationError, ImageError
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.settings import MIN_SIDE, NetworkConfig, TrainingConfig
from napari_noise2same.core.training.start import Start, choose_start, resumed_steps

__all__ = ["ImageKind", "TrainingPlan", "image_kind", "plan_training", "view_image"]

_REFERENCE_PIXELS = 512**2
_PATCHES = {2: (64, 64), 3: (16, 48, 48)}
_BATCHES = {2: 8, 3: 2}
# Steps and rates from weights that know how to denoise, and from random ones.
_STEPS = {(2, False): 300, (2, True): 800, (3, False): 50, (3, True): 400}
_RATES = {False: 2e-4, True: 2e-3}
# A GPU idles on a CPU's batch. Good weights are moved as far on any device: as many steps of larger
# batches learn the noise by rote.
_ACCELERATOR_FACTOR = 4


class ImageKind(NamedTuple):
    """What images have in common that are trained on together.

    Attributes
    ----------
    dims : {2, 3}
        Spatial axes.
    channels : int
        Channels.
    """

    dims: Literal[2, 3]
    channels: int

    def __str__(self) -> str:
        """Return both in words."""
        return f"{self.dims}D with {self.channels} channel(s)"


@dataclass(frozen=True)
class TrainingPlan:
    """The choices of a training run.

    Attributes
    ----------
    start : Start
        The network and its first weights.
    patch : tuple of int
        Spatial shape of a patch, in pixels.
    batch : int
        Patches per step.
    steps : int or None
        Number of steps; None for a budget in seconds.
    seconds : float or None
        Time in seconds; None for a budget in steps.
    learning_rate : float
        Peak learning rate.
    depth : str
        The axis that the network sees beside Y and X: ``"Z"``, ``"T"`` or nothing.
    noise_distance : tuple of int
        How far apart pixels have independent noise, in Y and in X.
    note : str
        What the user should know about the choices, in a sentence, or nothing.
    """

    start: Start
    patch: tuple[int, ...]
    batch: int
    steps: int | None
    seconds: float | None
    learning_rate: float
    depth: str = ""
    noise_distance: tuple[int, int] = (1, 1)
    note: str = ""

    @property
    def network(self) -> NetworkConfig:
        """The network."""
        return self.start.network

    def noting(self, sentence: str) -> TrainingPlan:
        """Return the plan with one more thing that the user should know.

        Parameters
        ----------
        sentence : str
            What.

        Returns
        -------
        TrainingPlan
            The same choices.
        """
        return replace(self, note=f"{self.note} {sentence}".lstrip())


def view_image(image: Image, config: TrainingConfig) -> ImageView:
    """See an image as the network will.

    Parameters
    ----------
    image : Image
        The image.
    config : TrainingConfig
        Says whether a stack or a movie is a volume, and channels go together.

    Returns
    -------
    ImageView
        The image as samples of channels and spatial axes.

    Raises
    ------
    AxesError
        If the axes do not fit.
    """
    layout = config.layout_of(image.axes, image.data.shape)
    return ImageView(image.data, layout, joint_channels=config.joint_channels, mask=image.mask)


def image_kind(image: Image, config: TrainingConfig) -> ImageKind:
    """Say with which other images an image can be trained on; no pixel is read.

    Parameters
    ----------
    image : Image
        The image.
    config : TrainingConfig
        As `view_image` takes it.

    Returns
    -------
    ImageKind
        Images of the same kind can be trained on together.

    Raises
    ------
    AxesError
        If the axes do not fit.
    ImageError
        If the image is too small.
    """
    view = view_image(image, config)
    _check_size(view)
    return _kind(view)


def plan_training(
    views: Sequence[ImageView],
    config: TrainingConfig,
    device: torch.device,
    *,
    model: TrainedModel | None = None,
    resume: TrainedModel | None = None,
) -> TrainingPlan:
    """Choose network, first weights, patch, batch, steps and rate.

    Parameters
    ----------
    views : sequence of ImageView
        The images.
    config : TrainingConfig
        What the user asked for.
    device : torch.device
        Where the network is trained.
    model : TrainedModel, optional
        A model to start from.
    resume : TrainedModel, optional
        A model whose training goes on.

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
    dims = _common_kind(views).dims
    for view in views:
        _check_size(view)
    patch = _fitting_patch(views, config, dims)
    start = choose_start(config, dims, views[0].sample_channels, model=model, resume=resume)
    return TrainingPlan(
        start=start,
        patch=patch,
        batch=config.batch or _automatic_batch(dims, device, fresh=start.fresh),
        steps=_steps(views, config, start, resume),
        seconds=config.seconds,
        learning_rate=config.learning_rate or _RATES[start.fresh],
        depth=views[0].layout.depth,
        note=f"{start.reason}: training from scratch." if start.reason else "",
    )


def _kind(view: ImageView) -> ImageKind:
    """Return the kind of an image."""
    return ImageKind(3 if len(view.spatial_shape) == 3 else 2, view.n_channels)


def _check_size(view: ImageView) -> None:
    """Refuse an image that is too small to learn from."""
    height, width = view.spatial_shape[-2:]
    if min(height, width) < MIN_SIDE:
        raise ImageError(
            f"Expected an image of at least {MIN_SIDE} × {MIN_SIDE} pixels in Y and X to train "
            f"on, found {height} × {width}."
        )


def _common_kind(views: Sequence[ImageView]) -> ImageKind:
    """Return the kind that all images are of."""
    kinds = sorted({_kind(view) for view in views})
    if len(kinds) != 1:
        found = ", ".join(map(str, kinds))
        raise ConfigurationError(
            "Expected images of the same number of spatial axes and channels to train on "
            f"together, found {found or 'no image'}."
        )
    return kinds[0]


def _fitting_patch(
    views: Sequence[ImageView], config: TrainingConfig, dims: Literal[2, 3]
) -> tuple[int, ...]:
    """Return the shape of a patch, no larger than the smallest image."""
    patch = config.patch or _PATCHES[dims]
    if len(patch) != dims:
        raise ConfigurationError(
            f"Expected a patch of {dims} lengths for a {dims}D network, found {patch}."
        )
    sides = zip(*(view.spatial_shape for view in views), strict=True)
    return tuple(min(side, *lengths) for side, lengths in zip(patch, sides, strict=True))


def _automatic_batch(dims: Literal[2, 3], device: torch.device, *, fresh: bool) -> int:
    """Return as many patches as the device has work for."""
    larger = _ACCELERATOR_FACTOR if fresh and device.type != "cpu" else 1
    return larger * _BATCHES[dims]


def _steps(
    views: Sequence[ImageView], config: TrainingConfig, start: Start, resume: TrainedModel | None
) -> int | None:
    """Return the steps that are asked for, else those of a resumed run, else a number that fits."""
    if config.seconds is not None:
        return None
    steps = config.steps
    if steps is None and resume is not None:
        steps = resumed_steps(resume, config)
    if steps is None:
        steps = _automatic_steps(views, config.effort, fresh=start.fresh)
    if steps == 0 and start.fresh:
        reason = f" ({start.reason[0].lower()}{start.reason[1:]})" if start.reason else ""
        raise ConfigurationError(
            f"Expected at least one step of training from scratch{reason}, found none: choose "
            "another quality, or a number of steps."
        )
    return steps


def _automatic_steps(views: Sequence[ImageView], effort: float, *, fresh: bool) -> int:
    """More steps for more pixels, but slowly: content repeats."""
    pixels = sum(len(view) * math.prod(view.spatial_shape) for view in views)
    factor: float = (pixels / _REFERENCE_PIXELS) ** 0.25
    dims = _kind(views[0]).dims
    return math.ceil(effort * _STEPS[dims, fresh] * min(max(factor, 0.5), 3.0))
