"""Settings that come back in the next napari session."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError
from qtpy.QtCore import QSettings

from napari_noise2same.core.errors import Noise2SameError

__all__ = ["keep_settings", "recall", "remember"]

_ORGANISATION = "napari-noise2same"

Config = TypeVar("Config", bound=BaseModel)


class _Form(Protocol[Config]):
    """A view of settings."""

    def value(self) -> Config:
        """Return the settings."""

    def set_value(self, config: Config, /) -> None:
        """Show settings."""


def keep_settings(form: _Form[Config], name: str, kind: type[Config], used: Any) -> None:
    """Show the settings of the last session in a form, and remember those that are used now.

    Parameters
    ----------
    form : TrainPanel or DenoisePanel
        The form.
    name : str
        What the settings are for.
    kind : type
        Their class.
    used : Signal
        A run was asked for.
    """

    def keep() -> None:
        try:
            remember(name, form.value())
        except Noise2SameError:
            # Whoever starts the run says what is wrong with them.
            return

    form.set_value(recall(name, kind))
    used.connect(keep)


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
