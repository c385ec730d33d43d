"""Noise2Same as this package has it, in its variants, and as it was published."""

from __future__ import annotations

from functools import partial

from outcome import Method, Outcome, Task, stopwatch

import napari_noise2same.core as n2s
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import (
    AdaptiveLambda,
    CalibratedLambda,
    CovarianceLambda,
    FixedLambda,
    MaskConfig,
    NetworkConfig,
    Noise2InfoLambda,
    Preset,
    StagedLambda,
    TrainingConfig,
)

__all__ = ["CONFIGS", "METHODS", "for_image"]

# Y. Xie, Z. Wang and S. Ji, "Noise2Same", NeurIPS 2020. Theirs is trained on 64 patches a step for
# 50,000 steps or more, and the rate is halved every 5,000; in a given time the automatic batch
# makes more steps, and the rate falls by a cosine.
_PUBLISHED = TrainingConfig(
    lambda_inv=FixedLambda(value=2),
    mask=MaskConfig(percentage=0.5, replacement="gaussian"),
    network=NetworkConfig.paper(),
    start="scratch",
    domain="linear",
    patch=(64, 64),
    learning_rate=4e-4,
    weight_decay=0,
    warm_up=0,
    averaging=0,
    gradient_clip=1e6,
)

CONFIGS = {
    "ours": TrainingConfig(),
    **{f"ours-{preset}": preset.config() for preset in Preset},
    "ours-adaptive": TrainingConfig(lambda_inv=AdaptiveLambda()),
    "ours-calibrated": TrainingConfig(lambda_inv=CalibratedLambda()),
    "ours-covariance": TrainingConfig(lambda_inv=CovarianceLambda()),
    "ours-fixed": TrainingConfig(lambda_inv=FixedLambda()),
    "ours-linear": TrainingConfig(domain="linear"),
    "ours-noise2info": TrainingConfig(lambda_inv=Noise2InfoLambda()),
    "ours-scratch": TrainingConfig(start="scratch"),
    "ours-staged": TrainingConfig(lambda_inv=StagedLambda()),
    "ours-time": TrainingConfig(depth_axis="T"),
    "ours-time-instant": Preset.INSTANT.config(depth_axis="T"),
    "noise2same-paper": _PUBLISHED,
}


def noise2same(task: Task, config: TrainingConfig) -> Outcome:
    """Train on the image, then denoise it."""
    train, denoise = n2s.train, n2s.denoise  # loads torch, which is not to be timed
    image = Image(task.pixels, task.axes)
    with stopwatch() as training:
        *_, finished = train([image], for_image(config, task))
    with stopwatch() as denoising:
        prediction = denoise(image, finished.model)
    return Outcome(prediction, training.seconds, denoising.seconds)


def for_image(config: TrainingConfig, task: Task) -> TrainingConfig:
    """Return a configuration with what the image and the budget ask for.

    Parameters
    ----------
    config : TrainingConfig
        The method.
    task : Task
        The image, the seed and the seconds.

    Returns
    -------
    TrainingConfig
        The configuration to train with.
    """
    changes: dict[str, object] = {"seed": task.seed}
    if task.seconds is not None:
        changes |= {"seconds": task.seconds, "steps": None}
    if config.network == NetworkConfig.paper() and "Z" in task.axes:
        # The published patch and network are planes.
        changes |= {"network": NetworkConfig.paper(3), "patch": None}
    return config.model_copy(update=changes)


METHODS: dict[str, Method] = {
    name: partial(noise2same, config=config) for name, config in CONFIGS.items()
}
