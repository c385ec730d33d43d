"""Noise2Same as this package has it, at its defaults and with other strategies for λ_inv."""

from __future__ import annotations

from functools import partial

from outcome import Method, Outcome, stopwatch

import napari_noise2same.core as n2s
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import (
    AdaptiveLambda,
    CalibratedLambda,
    FixedLambda,
    Noise2InfoLambda,
    StagedLambda,
    TrainingConfig,
)

__all__ = ["OURS"]


def noise2same(image: Image, seed: int, config: TrainingConfig) -> Outcome:
    """Train on the image, then denoise it."""
    train, denoise = n2s.train, n2s.denoise  # loads torch, which is not to be timed
    with stopwatch() as training:
        *_, finished = train([image], config.model_copy(update={"seed": seed}))
    with stopwatch() as denoising:
        prediction = denoise(image, finished.model)
    return Outcome(prediction, training.seconds, denoising.seconds)


_CONFIGS = {
    "ours": TrainingConfig(),
    "ours-adaptive": TrainingConfig(lambda_inv=AdaptiveLambda()),
    "ours-calibrated": TrainingConfig(lambda_inv=CalibratedLambda()),
    "ours-fixed": TrainingConfig(lambda_inv=FixedLambda()),
    "ours-linear": TrainingConfig(domain="linear"),
    "ours-noise2info": TrainingConfig(lambda_inv=Noise2InfoLambda()),
    "ours-staged": TrainingConfig(lambda_inv=StagedLambda()),
}

OURS: dict[str, Method] = {
    name: partial(noise2same, config=config) for name, config in _CONFIGS.items()
}
