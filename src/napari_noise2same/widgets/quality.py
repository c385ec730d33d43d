"""How much time to spend on a model."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from napari_noise2same.core.settings import Preset

__all__ = ["QualityChoice", "format_duration"]

_NO_TRAINING = "no training"
_TOOLTIPS = {
    Preset.INSTANT: "A preview: the weights that training would start at, as they are.",
    Preset.QUICK: "A first look: few steps, most of the noise is gone.",
    Preset.BALANCED: "Enough steps for most images.",
    Preset.BEST: "The last bit of quality: twice the steps, and denoising averages 8 turns.",
}


def format_duration(seconds: float) -> str:
    """Write an expected time roughly, as it is known.

    Parameters
    ----------
    seconds : float
        Time in seconds.

    Returns
    -------
    str
        Such as ``"≈ 40 s"``, ``"≈ 3 min"`` or ``"≈ 1.5 h"``.
    """
    if seconds < 60:
        return f"≈ {max(5, 5 * round(seconds / 5))} s"
    if seconds < 5400:
        return f"≈ {round(seconds / 60)} min"
    return f"≈ {seconds / 3600:.1f} h"


class QualityChoice(QWidget):
    """Instant, quick, balanced or best, each with its expected time."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.buttons = {preset: _preset_button(preset) for preset in Preset}
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for button in self.buttons.values():
            self._group.addButton(button)
            layout.addWidget(button, 1)
        self.buttons[Preset.BALANCED].setChecked(True)
        self.set_expected_times({})
        self._group.buttonToggled.connect(self._on_toggled)

    def value(self) -> Preset:
        """Return the chosen preset."""
        return next(preset for preset, button in self.buttons.items() if button.isChecked())

    def set_value(self, preset: Preset) -> None:
        """Choose a preset.

        Parameters
        ----------
        preset : Preset
            The preset.
        """
        self.buttons[preset].setChecked(True)

    def set_expected_times(self, seconds: Mapping[Preset, float]) -> None:
        """Show how long each will take.

        Parameters
        ----------
        seconds : mapping of Preset to float
            Expected time in seconds; a preset that is missing shows none. What is instant says
            so instead.
        """
        self._times = {preset: format_duration(time) for preset, time in seconds.items()}
        self._times[Preset.INSTANT] = _NO_TRAINING
        self._write()

    def _write(self) -> None:
        """Name the buttons; a tick shows the choice also where colours do not."""
        for preset, button in self.buttons.items():
            tick = "✓ " if button.isChecked() else ""
            button.setText(f"{tick}{preset.value.capitalize()}\n{self._times.get(preset, '')}")

    def _on_toggled(self, _button: object, checked: bool) -> None:
        """Tell once for each change."""
        if checked:
            self._write()
            self.changed.emit()


def _preset_button(preset: Preset) -> QPushButton:
    """Make the button of a preset."""
    button = QPushButton()
    button.setCheckable(True)
    button.setToolTip(_TOOLTIPS[preset])
    return button
