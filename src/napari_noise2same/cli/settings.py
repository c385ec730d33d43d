"""From options to settings of training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from napari_noise2same.core.settings import Preset

if TYPE_CHECKING:
    from napari_noise2same.core.model import TrainedModel

__all__ = ["given", "resumed_settings", "take_model", "training_settings"]

# What a run may change about the one that it goes on with.
_CHANGEABLE = {"steps", "seconds", "device"}
# What the others are called that have an option of their own.
_OPTIONS = {
    "depth_axis": "--depth-axis",
    "domain": "--domain",
    "effort": "--preset",
    "joint_channels": "--channels",
    "lambda_inv": "--lambda-inv",
    "noise_distance": "--noise-distance",
    "seed": "--seed",
    "start": "--start",
}
_STARTS = ("pretrained", "scratch")


def given(**options: Any) -> dict[str, Any]:
    """Return the options that the user has given.

    Parameters
    ----------
    **options : Any
        All options by the name of their setting; None for those not given.

    Returns
    -------
    dict
        Settings that are not the defaults.
    """
    return {name: value for name, value in options.items() if value is not None}


def training_settings(
    *,
    channels: str | None = None,
    preset: Preset | None = None,
    further: Mapping[str, Any] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Return the settings of training that the user has given.

    Parameters
    ----------
    channels : {"independent", "joint"}, optional
        Whether the network takes channels one by one or all at once.
    preset : Preset, optional
        How long to train.
    further : mapping, optional
        Settings without an option of their own; options count before them.
    **options : Any
        Other options by the name of their setting; None for those not given.

    Returns
    -------
    dict
        Fields of `TrainingConfig`; `start` may also be the file of a model.

    Raises
    ------
    typer.BadParameter
        If there are two budgets.
    """
    settings = {
        **(further or {}),
        **given(
            joint_channels=None if channels is None else channels == "joint",
            effort=None if preset is None else preset.config().effort,
            **options,
        ),
    }
    budgets = [f"--{name}" for name in ("steps", "seconds") if name in settings]
    budgets += [] if preset is None else ["--preset"]
    if len(budgets) > 1:
        found = " and ".join(budgets)
        raise typer.BadParameter(f"Expected --preset, --steps or --seconds, found {found}.")
    return settings


def take_model(settings: dict[str, Any]) -> TrainedModel | None:
    """Read the model that training is to start from, which is no setting.

    Parameters
    ----------
    settings : dict
        What `training_settings` returns; a file of a model is taken out.

    Returns
    -------
    TrainedModel or None
        The model; None to start at the shipped weights or at random ones.

    Raises
    ------
    ModelFileError
        If the file is not that of a model.
    """
    start = settings.get("start")
    if not isinstance(start, str) or start in _STARTS:
        return None
    from napari_noise2same.core.model import load_model

    return load_model(Path(settings.pop("start")))


def resumed_settings(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's settings with another budget or device.

    Parameters
    ----------
    before : mapping
        Settings of the model.
    changes : mapping
        Settings that the user has given.

    Returns
    -------
    dict
        Fields of `TrainingConfig`.

    Raises
    ------
    typer.BadParameter
        If anything else is to change.
    """
    fixed = changes.keys() - _CHANGEABLE
    if fixed:
        names = ", ".join(sorted(_OPTIONS.get(name, f"the setting {name}") for name in fixed))
        raise typer.BadParameter(
            f"Expected only another budget or device with --resume, found {names}: "
            "the model keeps its other settings."
        )
    budget = {"steps": None, "seconds": None} if {"steps", "seconds"} & changes.keys() else {}
    return {**before, **budget, **changes}
