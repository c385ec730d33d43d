"""What all settings have in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["Settings"]


class Settings(BaseModel):
    """Immutable, validated data with a JSON round trip; names that it does not have are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def changes(self) -> dict[str, Any]:
        """Return the settings that are not the defaults, where all have one.

        Returns
        -------
        dict
            Data for JSON, from which the class makes the same settings again.
        """
        default = type(self)().model_dump(mode="json")
        settings = self.model_dump(mode="json")
        return {name: value for name, value in settings.items() if value != default[name]}
