"""The view of the denoise dock."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Literal

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QScrollArea, QWidget

from napari_noise2same.core.settings import DenoiseConfig

__all__ = ["DenoisePanel", "Region"]

Region = Literal["all", "view", "frame"]


class DenoisePanel(QScrollArea):
    """Everything to denoise: model, images, region, settings, progress.

    Parts: `model` (ChoiceBox), `layers` (LayerList), `region` (ChoiceBox), `level` (ChoiceBox),
    `progress` (RunProgress("tile")), `message` (MessageLine), `denoise`, `cancel` (QPushButton).
    """

    denoise_requested = Signal()
    cancel_requested = Signal()
    choose_file_requested = Signal()
    model_changed = Signal()
    layers_changed = Signal()
    settings_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def value(self) -> DenoiseConfig:
        """Return precision, tile, averaging, dtype and device; ConfigurationError."""
        return DenoiseConfig()

    def set_value(self, config: DenoiseConfig) -> None:
        """Show settings."""

    def region_value(self) -> Region:
        """Return what to denoise: "all", "view" or "frame"."""
        return "all"

    def level_value(self) -> int:
        """Return the level of a multiscale layer, 0 the finest."""
        return 0

    def set_models(self, names: Mapping[Hashable, str], active: Hashable | None = None) -> None:
        """Replace the models; `active` is chosen if given. "Choose file…" is always last."""

    def set_layers(self, names: Mapping[Hashable, str], active: Hashable | None = None) -> None:
        """Replace the image layers."""

    def set_levels(self, names: Mapping[int, str]) -> None:
        """Replace the levels; the row shows only for more than one."""

    def set_devices(self, names: Mapping[str, str]) -> None:
        """Replace the devices."""

    def set_running(self, running: bool) -> None:
        """Switch between Denoise and Cancel."""

    def show_message(self, text: str, details: str = "", *, error: bool = False) -> None:
        """Show one sentence; empty hides it."""
