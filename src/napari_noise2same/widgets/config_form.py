"""All settings of a training run as a form."""

from __future__ import annotations

from typing import Any, Literal

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.widgets.collapsible import Collapsible
from napari_noise2same.widgets.field_form import FieldForm
from napari_noise2same.widgets.lambda_editor import LambdaEditor
from napari_noise2same.widgets.network_choice import NetworkChoice
from napari_noise2same.widgets.number_box import NumberBox
from napari_noise2same.widgets.validation import reasons, validated

__all__ = ["ConfigForm"]

_LAMBDA = "lambda_inv"
_MAIN = (
    "mask.percentage",
    "mask.replacement",
    "mask.independent_channels",
    "domain",
    "noise_distance",
    "network",
    "spatial_dims",
    "depth_axis",
    "joint_channels",
    "max_pixels",
    "steps",
    "seconds",
    "patch",
    "batch",
    "learning_rate",
    "augmentation",
    "seed",
)
_MORE = (
    "validate_every",
    "mixed_precision",
    "weight_decay",
    "warm_up",
    "averaging",
    "gradient_clip",
)


class ConfigForm(QWidget):
    """Form of `TrainingConfig`, made from its fields.

    Fields that it does not show (effort, start and device) are kept as they were set.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._base = TrainingConfig()
        self._time_offered = True
        self.strategy = LambdaEditor()
        self.network = NetworkChoice()
        editors: dict[str, QWidget] = {
            "network": self.network,
            "seconds": NumberBox(float, low=0, optional=True, scale=60),
            "max_pixels": NumberBox(int, low=0.1, scale=1_000_000),
        }
        self.main = FieldForm(TrainingConfig, _MAIN, editors)
        self.more = FieldForm(TrainingConfig, _MORE)
        self.reset = QPushButton("Restore defaults")
        self.reset.setToolTip("Set all advanced settings back.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.strategy)
        layout.addWidget(self.main)
        layout.addWidget(Collapsible("More", self.more))
        layout.addWidget(self.reset)
        for part in (self.strategy, self.main, self.more):
            part.changed.connect(self._on_changed)
        self.reset.clicked.connect(self._restore_defaults)
        self.set_value(self._base)

    def value(self) -> TrainingConfig:
        """Return the settings.

        Returns
        -------
        TrainingConfig
            The settings.

        Raises
        ------
        ConfigurationError
            If one of them cannot work: in one sentence, which and why.
        """
        return validated(TrainingConfig, self._shown())

    def set_value(self, config: TrainingConfig) -> None:
        """Show other settings.

        Parameters
        ----------
        config : TrainingConfig
            The settings.
        """
        self._base = config
        with QSignalBlocker(self):
            self.strategy.set_value(config.lambda_inv)
            self.main.set_value(config)
            self.more.set_value(config)
        self._on_changed()

    def gives_length(self) -> bool:
        """Return whether steps or minutes were entered, rather than left to the quality."""
        entered = self.main.value()
        return entered["steps"] is not None or entered["seconds"] is not None

    def set_image_kind(self, spatial_dims: Literal[2, 3], channels: int) -> None:
        """Tell what the ticked images are, which a network of given size must fit.

        Parameters
        ----------
        spatial_dims : {2, 3}
            Spatial axes that the network will see at once, if the form does not say.
        channels : int
            Channels that it will see at once.
        """
        self.network.set_image_kind(spatial_dims, channels)

    def offer_time(self, offered: bool) -> None:
        """Offer time as the third axis, or leave it out; what was chosen is kept meanwhile.

        Parameters
        ----------
        offered : bool
            Whether the ticked images have enough frames.
        """
        self._time_offered = offered
        self.main.fields.setRowVisible(self.main.rows["depth_axis"], offered)

    def _shown(self) -> dict[str, Any]:
        """Return the settings, which may not be valid."""
        shown: dict[str, Any] = {**self.main.value(), **self.more.value()}
        shown[_LAMBDA] = self.strategy.value()
        if not self._time_offered:
            shown["depth_axis"] = "Z"
        if shown["network"] and shown["spatial_dims"]:
            shown["network"]["spatial_dims"] = shown["spatial_dims"]
        return {**self._base.model_dump(), **shown}

    def _on_changed(self) -> None:
        """Say beside the fields what is wrong, and tell about the change."""
        self._show_reasons(reasons(TrainingConfig, self._shown()))
        self.changed.emit()

    def _show_reasons(self, found: dict[str, str]) -> None:
        """Hand each reason to its field; settings that do not go together: the last of them."""
        inner = f"{_LAMBDA}."
        self.strategy.show_reasons(
            {p.removeprefix(inner): reason for p, reason in found.items() if p.startswith(inner)}
        )
        others = {p or "seconds": r for p, r in found.items() if not p.startswith(inner)}
        self.main.show_reasons(others)
        self.more.show_reasons(others)

    def _restore_defaults(self) -> None:
        """Set back what the form shows."""
        kept = self._base.model_dump(include={"effort", "start", "device"})
        self.set_value(TrainingConfig(**kept))
