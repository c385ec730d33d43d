"""Scrolling a panel must not change the settings that pass under the pointer."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QWidget

__all__ = ["ignore_wheel"]


class _WheelFilter(QObject):
    """Hands the wheel on to the scroll area while its parent has no focus."""

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 (Qt's name)
        """Swallow wheel events of a widget without focus."""
        if event is None or event.type() != QEvent.Type.Wheel:
            return False
        if isinstance(watched, QWidget) and watched.hasFocus():
            return False
        event.ignore()
        return True


def ignore_wheel(widget: QWidget) -> None:
    """Let the wheel change a widget only while it has the focus.

    Parameters
    ----------
    widget : QWidget
        A spin box or combo box.
    """
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_WheelFilter(widget))
