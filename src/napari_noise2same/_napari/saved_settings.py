"""Settings that come back in the next napari session."""

from __future__ import annotations

import json
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError
from qtpy.QtCore import QSettings

from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.settings import Settings

__all__ = ["keep_settings", "recall", "remember"]

_ORGANISATION = "napari-noise2same"
# Before there was this group all settings were kept, the defaults of that time included.
_GROUP = "changed"

Config = TypeVar("Config", bound=Settings)


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


def remember(name: str, config: Settings) -> None:
    """Keep settings for the next session, where they are not the defaults.

    Parameters
    ----------
    name : str
        What they are for.
    config : Settings
        The settings.
    """
    _store().setValue(f"{_GROUP}/{name}", json.dumps(config.changes()))


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
    Settings
        The settings; the defaults in place of what this version does not know or allow.
    """
    text = _store().value(f"{_GROUP}/{name}")
    try:
        settings = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        settings = {}
    return _understood(settings if isinstance(settings, dict) else {}, kind)


def _understood(settings: dict[str, Any], kind: type[Config]) -> Config:
    """Return settings without those that make them invalid."""
    try:
        return kind.model_validate(settings)
    except ValidationError as error:
        wrong = {part for detail in error.errors() for part in detail["loc"][:1]}
    if not wrong:  # each is right, but not all of them together
        return kind()
    return _understood({name: settings[name] for name in settings if name not in wrong}, kind)


def _store() -> QSettings:
    """Return the file of the user's settings."""
    return QSettings(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, _ORGANISATION, "settings"
    )
