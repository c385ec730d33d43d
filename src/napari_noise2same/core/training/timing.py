"""How long a training run will take on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import torch

from napari_noise2same.core.device import device_errors, resolve_device
from napari_noise2same.core.io import Image
from napari_noise2same.core.networks import TURNS
from napari_noise2same.core.objective import hide
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.core.training.learner import Learner
from napari_noise2same.core.training.planning import TrainingPlan, plan_training, view_image
from napari_noise2same.core.training.teacher import Teacher

__all__ = ["expected_seconds"]

_REPEATS = 3
# What validation and previews add to the steps.
_OVERHEAD = 1.1


def expected_seconds(
    images: Sequence[Image], configs: Sequence[TrainingConfig]
) -> tuple[float, ...]:
    """Estimate the time of training runs, from a few steps on random numbers.

    Parameters
    ----------
    images : sequence of Image
        What would be trained on; only shapes are looked at.
    configs : sequence of TrainingConfig
        The runs to compare.

    Returns
    -------
    tuple of float
        Expected seconds of each run.

    Raises
    ------
    ConfigurationError
        If the settings do not fit the images.
    ImageError
        If an image is too small.
    """
    measured: dict[tuple[object, ...], float] = {}
    result = []
    for config in configs:
        views = [view_image(image, config) for image in images]
        device = resolve_device(config.device)
        plan = plan_training(views, config, device)
        if plan.seconds is not None:
            result.append(plan.seconds)
            continue
        key = (plan.network, plan.start.fresh, plan.patch, plan.batch, config.device)
        if key not in measured:
            measured[key] = _step_seconds(plan, config, device)
        result.append(measured[key] * (plan.steps or 0) * _OVERHEAD)
    return tuple(result)


def _step_seconds(plan: TrainingPlan, config: TrainingConfig, device: torch.device) -> float:
    """Median time of a step; the first one, which sets everything up, does not count."""
    learner = Learner(plan.network, config, device)
    lesson = None
    if not plan.start.fresh:
        lesson = Teacher(learner.network).lesson(0, learner.average.weights, TURNS[-1])
    generator = torch.Generator(device).manual_seed(config.seed)
    shape = (plan.batch, plan.network.channels, *plan.patch)
    x = torch.randn(shape, generator=generator, device=device)
    mask, values = hide(x, config.mask, generator=generator)
    times = []
    for _ in range(_REPEATS + 1):
        begun = time.perf_counter()
        with device_errors(device):
            learner.learn(
                x,
                mask,
                values,
                lambda_inv=lambda _: 1.0,
                rate=plan.learning_rate,
                lesson=lesson,
            )
        times.append(time.perf_counter() - begun)
    return statistics.median(times[1:])
