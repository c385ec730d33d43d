"""Where training starts: at the shipped weights, at random ones, or at a model."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Literal

from napari_noise2same.widgets.choice import ChoiceBox
from napari_noise2same.widgets.form_texts import TEXTS

__all__ = ["StartChoice"]

_KINDS = TEXTS["start"].choices


class StartChoice(ChoiceBox):
    """Pretrained, scratch, or one of the models that there are."""

    def __init__(self) -> None:
        super().__init__()
        self.set_models({})

    def setting(self) -> Literal["pretrained", "scratch"]:
        """Return the setting of `TrainingConfig`, which counts where no model is chosen."""
        return "scratch" if self.value() == "scratch" else "pretrained"

    def chosen_model(self) -> Hashable | None:
        """Return the key of the chosen model, or None."""
        chosen = self.value()
        return chosen[1] if isinstance(chosen, tuple) else None

    def set_models(self, names: Mapping[Hashable, str]) -> None:
        """Replace the models; without the chosen one, training starts at the shipped weights.

        Parameters
        ----------
        names : mapping of hashable to str
            Name of each model by an opaque key.
        """
        # A model may be called like one of the other choices.
        self.set_choices({**_KINDS, **{("model", key): name for key, name in names.items()}})
