"""Training in one call, and what is looked at of it."""

from __future__ import annotations

from typing import Any

import torch

from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.core.training import Finished, StepDone, Trainer, TrainingEvent, train


def run(image: Image, config: TrainingConfig, **options: Any) -> list[TrainingEvent]:
    """All events of a run."""
    return list(train([image], config, **options))


def steps_of(events: list[TrainingEvent]) -> list[StepDone]:
    """The events that tell of a step."""
    return [event for event in events if isinstance(event, StepDone)]


def model_of(events: list[TrainingEvent]) -> TrainedModel:
    """The model at the end of a run."""
    assert isinstance(events[-1], Finished)
    return events[-1].model


def finish(
    image: Image,
    config: TrainingConfig | None,
    *,
    resume: TrainedModel | None = None,
    after: int | None = None,
) -> Finished:
    """Train to the end, or until so many steps are done."""
    trainer = Trainer([image], config, resume=resume)
    *_, last = trainer.events(stop=lambda: trainer.step == after)
    assert isinstance(last, Finished)
    return last


def equal_weights(a: TrainedModel, b: TrainedModel) -> bool:
    """Whether all weights of two models are the same."""
    return all(torch.equal(tensor, b.weights[name]) for name, tensor in a.weights.items())
