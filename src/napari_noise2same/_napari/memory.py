"""Settings that come back in the next napari session."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from qtpy.QtCore import QSettings

__all__ = ["recall", "remember"]

_ORGANISATION = "napari-noise2same"

Config = TypeVar("Config", bound=BaseModel)


def remember(name: str, config: BaseModel) -> None:
    """Keep settings for the next session.

    Parameters
    ----------
    name : str
        What they are for.
    config : pydantic.BaseModel
        The settings.
    """
    _store().setValue(name, config.model_dump_json())


def recall(name: str, kind: type[Config]) -> Config:
    """Return the settings of the last session.

    Parameters
    ----------
    name : str
        What they are for.
    kind : type
        The class of the settings.

    Returns
    -------
    pydantic.BaseModel
        The settings; the defaults if there are none, or none that this version understands.
    """
    text = _store().value(name)
    try:
        return kind.model_validate_json(text) if isinstance(text, str) else kind()
    except ValidationError:
        return kind()


def _store() -> QSettings:
    """Return the file of the user's settings."""
    return QSettings(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, _ORGANISATION, "settings"
    )
