"""Trained models, and the one file that holds one."""

from napari_noise2same.core.model.file import load_model, save_model
from napari_noise2same.core.model.trained import HISTORY_COLUMNS, History, ResumeState, TrainedModel

__all__ = ["HISTORY_COLUMNS", "History", "ResumeState", "TrainedModel", "load_model", "save_model"]
