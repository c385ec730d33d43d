"""Trained models, and the one file that holds one."""

from napari_noise2same.core.model.card import card_lines, model_card
from napari_noise2same.core.model.file import is_model, load_model, save_model
from napari_noise2same.core.model.groups import join_groups, members
from napari_noise2same.core.model.pretrained import PretrainedWeights, load_pretrained
from napari_noise2same.core.model.trained import (
    HISTORY_COLUMNS,
    History,
    ResumeState,
    StartKind,
    TrainedModel,
    check_model,
)

__all__ = [
    "HISTORY_COLUMNS",
    "History",
    "PretrainedWeights",
    "ResumeState",
    "StartKind",
    "TrainedModel",
    "card_lines",
    "check_model",
    "is_model",
    "join_groups",
    "load_model",
    "load_pretrained",
    "members",
    "model_card",
    "save_model",
]
