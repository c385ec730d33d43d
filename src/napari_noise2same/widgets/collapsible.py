"""A part of a panel that opens and closes."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

__all__ = ["Collapsible"]


class Collapsible(QWidget):
    """A header that shows or hides what is below it.

    Its arrow is text, so that it follows the theme; the content may grow while it is open.

    Parameters
    ----------
    title : str
        Text of the header.
    content : QWidget
        What to show and hide.
    """

    changed = Signal(bool)

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__()
        self._title = title
        self.content = content
        self.header = QPushButton()
        self.header.setCheckable(True)
        self.header.setStyleSheet("text-align: left; border: none; background: transparent;")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.header)
        layout.addWidget(content)
        self.header.toggled.connect(self._apply)
        self._apply(False)

    def value(self) -> bool:
        """Return whether it is open."""
        return self.header.isChecked()

    def set_value(self, opened: bool) -> None:
        """Open or close it.

        Parameters
        ----------
        opened : bool
            Whether the content shows.
        """
        self.header.setChecked(opened)

    def _apply(self, opened: bool) -> None:
        """Show or hide the content."""
        self.header.setText(f"{'▾' if opened else '▸'} {self._title}")
        self.content.setVisible(opened)
        self.changed.emit(opened)
