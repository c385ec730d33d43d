"""Axes of the image, and a sentence of what will happen."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

__all__ = ["AxesRow"]

_TOOLTIP = (
    "One letter for each dimension of the image, in its order: T time, Z depth, C channel, "
    "Y and X rows and columns, S the colours of an RGB picture."
)


class AxesRow(QWidget):
    """A line for the axes above a sentence that says what they mean."""

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.edit = QLineEdit()
        self.edit.setPlaceholderText("such as TZCYX")
        self.edit.setToolTip(_TOOLTIP)
        label = QLabel("Axes")
        label.setBuddy(self.edit)
        label.setToolTip(_TOOLTIP)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.edit, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.sentence)
        self.set_sentence("")
        self.edit.textChanged.connect(lambda: self.changed.emit(self.value()))

    def value(self) -> str:
        """Return the axes in capitals, without spaces."""
        return "".join(self.edit.text().split()).upper()

    def set_value(self, axes: str) -> None:
        """Show other axes.

        Parameters
        ----------
        axes : str
            One letter for each dimension.
        """
        if axes != self.value():
            self.edit.setText(axes)

    def set_sentence(self, text: str, *, error: bool = False) -> None:
        """Say what will happen with these axes, or why they do not fit.

        Parameters
        ----------
        text : str
            One sentence.
        error : bool
            Whether the axes do not fit.
        """
        self.sentence.setText(f"⚠ {text}" if error and text else text)
        self.sentence.setVisible(bool(text))
