"""What all docks have in common."""

from __future__ import annotations

import threading
from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QVBoxLayout, QWidget

__all__ = ["fill", "when_gone"]


def fill(dock: QWidget, panel: QWidget) -> None:
    """Let a panel be all that a dock shows.

    Parameters
    ----------
    dock : QWidget
        The dock.
    panel : QWidget
        Its view.
    """
    layout = QVBoxLayout(dock)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(panel)


def when_gone(dock: QWidget, *ends: Callable[[], None]) -> None:
    """Call functions when a dock goes: with the viewer, or taken out of its window.

    Not when a script ends that never ran the event loop: Qt's objects go in any order then, and
    Python has waited for all threads before.

    Parameters
    ----------
    dock : QWidget
        The dock.
    *ends : callable
        What ends its work. Qt tells of the end when the dock is half gone: they may touch no
        widget of it, nor be methods of it.
    """

    def end() -> None:
        if threading.main_thread().is_alive():
            for function in ends:
                function()

    dock.destroyed.connect(end)
    dock.installEventFilter(_DeletesTaken(dock))


class _DeletesTaken(QObject):
    """Deletes a dock that napari has taken out of its window, which napari leaves to nobody."""

    def eventFilter(self, dock: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Look for the moment when the dock has no parent any more."""
        if dock and event and event.type() == QEvent.Type.ParentChange and not dock.parent():
            dock.deleteLater()
        return False
