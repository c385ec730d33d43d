"""One sentence for the user, with details on demand."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from napari_noise2same.widgets.collapsible import Collapsible

__all__ = ["MessageLine"]

_DETAILS_HEIGHT = 120


class MessageLine(QWidget):
    """A sentence where the user looks; takes no room while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setFixedHeight(_DETAILS_HEIGHT)
        self.collapsible = Collapsible("Details", self.details)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        layout.addWidget(self.collapsible)
        self.clear()

    def value(self) -> str:
        """Return the sentence that shows, or an empty string."""
        return self._text

    def show_message(self, text: str, details: str = "", *, error: bool = False) -> None:
        """Show a sentence.

        Parameters
        ----------
        text : str
            The sentence; an empty one hides the line.
        details : str
            What only some want to read, such as a traceback.
        error : bool
            Whether something went wrong.
        """
        self._text = text
        self.label.setText(f"⚠ {text}" if error else text)
        self.details.setPlainText(details)
        self.collapsible.set_value(False)
        self.collapsible.setVisible(bool(details))
        self.setVisible(bool(text))

    def show_error(self, text: str, details: str = "") -> None:
        """Say what went wrong.

        Parameters
        ----------
        text : str
            The sentence.
        details : str
            What only some want to read, such as a traceback.
        """
        self.show_message(text, details, error=True)

    def clear(self) -> None:
        """Show nothing."""
        self.show_message("")
