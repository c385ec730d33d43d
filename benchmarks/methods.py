"""All methods by name."""

from __future__ import annotations

from classical import CLASSICAL
from ours import OURS
from outcome import Method

__all__ = ["METHODS"]

METHODS: dict[str, Method] = CLASSICAL | OURS
