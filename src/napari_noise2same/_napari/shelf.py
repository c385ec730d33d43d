"""What the docks of a window share, kept as long as there is the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["shared"]


class _Closing(Protocol):
    """What ends its work when it is told."""

    def close(self) -> None:
        """End it."""


Thing = TypeVar("Thing", bound=_Closing)


def shared(viewer: Viewer, kind: type[Thing]) -> Thing:
    """Return the one thing of a kind that a viewer has.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    kind : type
        The class, called without arguments where there is none yet.

    Returns
    -------
    object
        The thing. It lives as long as the window, whatever docks come and go, and is closed then.
    """
    menu = viewer.window.main_menu
    for shelf in menu.findChildren(_Shelf):
        if isinstance(shelf.thing, kind):
            return shelf.thing
    thing = kind()
    _Shelf(menu, thing)
    return thing


class _Shelf(QObject):
    """Keeps a thing as long as there is its window; Qt tells it first, then its docks."""

    def __init__(self, window: QWidget, thing: _Closing) -> None:
        super().__init__(window)
        self.thing = thing
        self.destroyed.connect(thing.close)
