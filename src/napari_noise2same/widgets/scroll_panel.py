"""A panel for a dock: parts below each other, which scroll on a small screen."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

__all__ = ["ScrollPanel"]

_MARGIN = 6


class ScrollPanel(QScrollArea):
    """A column of widgets that is never squeezed: it scrolls instead."""

    def __init__(self) -> None:
        super().__init__()
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        self.column.setSpacing(_MARGIN)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 (Qt's name)
        """Ask anew how high the column must be, which depends on where its texts are broken."""
        content = self.widget()
        changes = (QEvent.Type.LayoutRequest, QEvent.Type.Resize)
        if content is not None and watched is content and event and event.type() in changes:
            # Qt leaves height-for-width out of the minimum size of a widget.
            height = self.column.minimumHeightForWidth(content.width())
            content.setMinimumHeight(max(height, 0))
            # Wide enough for the column and the bar beside it: it scrolls up and down only.
            self.setMinimumWidth(content.minimumSizeHint().width() + self._room_beside())
        return super().eventFilter(watched, event)

    def _room_beside(self) -> int:
        """Return what the vertical bar takes of the width, and the frame that some themes draw."""
        bar = self.verticalScrollBar()
        frame = self.width() - self.maximumViewportSize().width()
        return frame + (bar.sizeHint().width() if bar is not None else 0)
