"""Taking a layer out of the viewer again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QOpenGLWidget

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Layer

__all__ = ["remove_layer"]


def remove_layer(viewer: Viewer, layer: Layer) -> None:
    """Take a layer out of the viewer, if it is there.

    napari 0.9 deletes what the canvas has of it in whatever OpenGL context is current. Of a layer
    that lies outside of the slice in view there may be none, and the software that draws without a
    graphics card, as on remote desktops, ends the process then. So it is the canvas's here.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    layer : napari.layers.Layer
        The layer, which may be gone already.
    """
    if layer not in viewer.layers:
        return
    for canvas in viewer.window.main_menu.window().findChildren(QOpenGLWidget):
        canvas.makeCurrent()
    viewer.layers.remove(layer)
