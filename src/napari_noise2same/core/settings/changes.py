"""What somebody has set."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

__all__ = ["changed_settings"]


def changed_settings(config: BaseModel) -> dict[str, Any]:
    """Return the settings that are not the defaults.

    Parameters
    ----------
    config : pydantic.BaseModel
        Settings that all have a default.

    Returns
    -------
    dict
        Data for JSON, from which the class of `config` makes the same settings again.
    """
    default = type(config)().model_dump(mode="json")
    settings = config.model_dump(mode="json")
    return {name: value for name, value in settings.items() if value != default[name]}
