"""A box for one number, which may be left to be chosen automatically."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtGui import QValidator
from qtpy.QtWidgets import QAbstractSpinBox, QLineEdit

from napari_noise2same.widgets.quiet_wheel import ignore_wheel

__all__ = ["NumberBox"]

_MANTISSAS = (1.0, 2.0, 5.0, 10.0)


class NumberBox(QAbstractSpinBox):
    """A number whose arrows step through 1, 2, 5, 10 … or, below 100, whole numbers.

    Any text can be typed: whether it is a fitting number is for the validation to say, with its
    reason. Arrows stay within the bounds. Numbers that were set are kept exactly, however many
    digits show.

    Parameters
    ----------
    kind : type
        `int` or `float`: of the value, not of what is shown in another unit.
    low, high : float, optional
        Bounds of the arrows.
    optional : bool
        Whether the box may be empty, for None.
    scale : float
        Value of the unit that is shown: 60 to show seconds as minutes.
    """

    changed = Signal()

    def __init__(
        self,
        kind: type[int] | type[float],
        low: float | None = None,
        high: float | None = None,
        *,
        optional: bool = False,
        scale: float = 1,
    ) -> None:
        super().__init__()
        self._kind = kind if scale == 1 else float
        self._whole = kind is int
        self._low = low
        self._high = high
        self._scale = scale
        self._set: tuple[str, int | float | None] = ("", None)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText("automatic" if optional else "")
        self.edit.setClearButtonEnabled(optional)
        self.setLineEdit(self.edit)
        ignore_wheel(self)
        self.edit.textChanged.connect(self.changed)

    def value(self) -> int | float | str | None:
        """Return the number, None if the box is empty, or the text if it is no number."""
        text = self.edit.text().strip()
        if text == self._set[0]:
            return self._set[1]
        number = self._parse(text)
        if number is None:
            return text or None
        if self._scale == 1:
            return number
        return round(number * self._scale) if self._whole else number * self._scale

    def set_value(self, value: int | float | None) -> None:
        """Show a number.

        Parameters
        ----------
        value : int, float or None
            The number; None for automatic.
        """
        text = "" if value is None else self._format(self._in_unit(value))
        self._set = (text, value)
        self.edit.setText(text)

    def stepBy(self, steps: int) -> None:  # noqa: N802 (Qt's name)
        """Step to the next round numbers."""
        number = self._parse(self.edit.text())
        if number is None:
            number = 1 if self._low is None else max(self._low, 1)
            steps = 0
        for _ in range(abs(steps)):
            number = self._next(number, up=steps > 0)
        self.edit.setText(self._format(self._clamp(number)))
        self.edit.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:  # noqa: N802 (Qt's name)
        """Return both directions: arrows stop at the bounds by themselves."""
        flags = QAbstractSpinBox.StepEnabledFlag
        return flags.StepUpEnabled | flags.StepDownEnabled

    def validate(self, text: str | None, position: int) -> tuple[QValidator.State, str, int]:
        """Let everything be typed."""
        return (QValidator.State.Acceptable, text or "", position)

    def _parse(self, text: str) -> int | float | None:
        """Return the number in a text, if it is one of this kind."""
        try:
            return self._kind(text.replace(",", ".") if self._kind is float else text)
        except ValueError:
            return None

    def _format(self, number: float) -> str:
        """Write a number."""
        whole = self._kind is int and number == int(number)
        return str(int(number)) if whole else f"{number:.6g}"

    def _in_unit(self, value: float) -> float:
        """Return a value as it shows; whole numbers stay exact."""
        return value if self._scale == 1 else value / self._scale

    def _next(self, number: float, *, up: bool) -> float:
        """Return the next round number."""
        if self._kind is int and abs(number) < 100:
            return number + (1 if up else -1)
        return _next_round(number, up=up)

    def _clamp(self, number: float) -> float:
        """Keep a number within the bounds."""
        if self._low is not None:
            number = max(number, self._low)
        return number if self._high is None else min(number, self._high)


def _next_round(number: float, *, up: bool) -> float:
    """Return the next of …, 0.1, 0.2, 0.5, 1, 2, 5, … above or below a number."""
    if number <= 0:
        return 0.1 if up else 0.0
    exponent = int(f"{number:e}".partition("e")[2])
    candidates = [
        float(f"{m:g}e{e}") for e in range(exponent - 1, exponent + 2) for m in _MANTISSAS
    ]
    if up:
        return min(c for c in candidates if c > number * (1 + 1e-9))
    return max(c for c in candidates if c < number * (1 - 1e-9))
