"""From options to settings of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

__all__ = ["given", "resumed_settings", "training_settings"]

# What a run may change about the one that it goes on with.
_CHANGEABLE = {"steps", "seconds", "device"}
_OPTIONS = {"joint_channels": "channels"}


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
    *, channels: str | None = None, further: Mapping[str, Any] | None = None, **options: Any
) -> dict[str, Any]:
    """Return the settings of training that the user has given.

    Parameters
    ----------
    channels : {"independent", "joint"}, optional
        Whether the network takes channels one by one or all at once.
    further : mapping, optional
        Settings without an option of their own; options count before them.
    **options : Any
        Other options by the name of their setting; None for those not given.

    Returns
    -------
    dict
        Fields of `TrainingConfig`.

    Raises
    ------
    typer.BadParameter
        If there are two budgets.
    """
    settings = {
        **(further or {}),
        **given(joint_channels=None if channels is None else channels == "joint", **options),
    }
    if {"steps", "seconds"} <= settings.keys():
        raise typer.BadParameter("Expected --steps or --seconds, found both.")
    return settings


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
    fixed = sorted(_OPTIONS.get(name, name) for name in changes.keys() - _CHANGEABLE)
    if fixed:
        names = ", ".join("--" + name.replace("_", "-") for name in fixed)
        raise typer.BadParameter(
            f"Expected only another budget or device with --resume, found {names}: "
            "the model keeps its other settings."
        )
    budget = {"steps": None, "seconds": None} if {"steps", "seconds"} & changes.keys() else {}
    return {**before, **budget, **changes}
