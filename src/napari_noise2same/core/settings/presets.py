"""Ways between instant and thorough."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from napari_noise2same.core.settings.training import TrainingConfig

__all__ = ["Preset"]

# Steps relative to the number that is chosen for an image by itself. With four times the steps good
# weights begin to learn the noise; what helps more is the mean over all turns (`DenoiseConfig`).
_EFFORT = {"instant": 0.0, "quick": 0.2, "balanced": 1.0, "best": 2.0}


class Preset(StrEnum):
    """How much time to spend on a model."""

    INSTANT = "instant"
    QUICK = "quick"
    BALANCED = "balanced"
    BEST = "best"

    def config(self, **settings: Any) -> TrainingConfig:
        """Return a training configuration.

        Parameters
        ----------
        **settings
            Any setting of `TrainingConfig`, which then counts instead of the preset's.

        Returns
        -------
        TrainingConfig
            The configuration.
        """
        return TrainingConfig(**{"effort": _EFFORT[self], **settings})
