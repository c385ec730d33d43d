"""Training as an iterator of events."""

from napari_noise2same.core.training.events import (
    Finished,
    Recovered,
    Started,
    StepDone,
    TrainingEvent,
    Validated,
)
from napari_noise2same.core.training.parallel import join_ranks
from napari_noise2same.core.training.planning import ImageKind, TrainingPlan, image_kind
from napari_noise2same.core.training.start import check_network
from napari_noise2same.core.training.timing import expected_seconds
from napari_noise2same.core.training.trainer import Trainer, train

__all__ = [
    "Finished",
    "ImageKind",
    "Recovered",
    "Started",
    "StepDone",
    "Trainer",
    "TrainingEvent",
    "TrainingPlan",
    "Validated",
    "check_network",
    "expected_seconds",
    "image_kind",
    "join_ranks",
    "train",
]
