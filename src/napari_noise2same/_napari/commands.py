"""Commands of the menus, the command palette and the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari
from napari.layers import Image as ImageLayer

from napari_noise2same.core.errors import ImageError

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same._napari.denoise_dock import DenoiseDock
    from napari_noise2same._napari.train_dock import TrainDock

__all__ = ["denoise_now", "open_denoise_dock", "open_model", "open_train_dock"]

_PLUGIN = "napari-noise2same"


def open_train_dock(viewer: Viewer) -> TrainDock:
    """Open the train dock, or bring it to the front.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.

    Returns
    -------
    TrainDock
        The dock.
    """
    dock: TrainDock
    _, dock = viewer.window.add_plugin_dock_widget(_PLUGIN, "Noise2Same Train")
    return dock


def open_denoise_dock(viewer: Viewer) -> DenoiseDock:
    """Open the denoise dock beside the train dock, or bring it to the front.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.

    Returns
    -------
    DenoiseDock
        The dock.
    """
    dock: DenoiseDock
    _, dock = viewer.window.add_plugin_dock_widget(_PLUGIN, "Noise2Same Denoise", tabify=True)
    return dock


def open_model(path: str) -> None:
    """Open a model file in the train dock of the current viewer.

    Parameters
    ----------
    path : str
        The file.

    Raises
    ------
    ImageError
        If there is no viewer.
    """
    open_train_dock(_current_viewer()).open_model(path)


def denoise_now() -> None:
    """Train on the active layer with the settings of the dock, then denoise it.

    Raises
    ------
    ImageError
        If there is no viewer, or the active layer is no image.
    """
    viewer = _current_viewer()
    layer = viewer.layers.selection.active
    if not isinstance(layer, ImageLayer):
        raise ImageError("Expected an image layer to denoise, found none selected: select one.")
    train, denoise = open_train_dock(viewer), open_denoise_dock(viewer)
    train.panel.layers.set_value([layer.unique_id])
    denoise.panel.layers.set_value([layer.unique_id])

    def then(_name: str) -> None:
        train.controller.trained.disconnect(then)
        denoise.controller.denoise()

    train.controller.trained.connect(then)
    train.controller.train()


def _current_viewer() -> Viewer:
    """Return the viewer that the user is in."""
    viewer = napari.current_viewer()
    if viewer is None:
        raise ImageError("Expected an open viewer, found none: start napari.")
    return viewer
