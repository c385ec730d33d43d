"""Commands of the menus, the command palette and the reader."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import napari
from napari.layers import Image as ImageLayer

from napari_noise2same.core.errors import ConfigurationError, ImageError

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same._napari.denoise_dock import DenoiseDock
    from napari_noise2same._napari.train_dock import TrainDock

__all__ = [
    "PLUGIN",
    "denoise_now",
    "denoise_with",
    "open_denoise_dock",
    "open_dock",
    "open_model",
    "open_train_dock",
]

PLUGIN = "napari-noise2same"
"""What napari knows the plugin by."""


def open_dock(viewer: Viewer, name: str) -> Any:
    """Open a dock as a tab beside another, or bring it to the front when it is hidden or behind.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    name : str
        Name of the dock, such as ``"Train"``.

    Returns
    -------
    QWidget
        The dock.
    """
    frame, dock = viewer.window.add_plugin_dock_widget(PLUGIN, f"Noise2Same {name}", tabify=True)
    frame.show()
    frame.raise_()
    return dock


def open_train_dock(viewer: Viewer) -> TrainDock:
    """Open the train dock beside the denoise dock, or bring it to the front.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.

    Returns
    -------
    TrainDock
        The dock.
    """
    dock: TrainDock = open_dock(viewer, "Train")
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
    dock: DenoiseDock = open_dock(viewer, "Denoise")
    return dock


def open_model(path: str) -> None:
    """Open a model file in the train dock of the current viewer.

    Parameters
    ----------
    path : str
        The file.

    Raises
    ------
    ConfigurationError
        If there is no viewer.
    """
    open_train_dock(_current_viewer()).files.open(path)


def denoise_with(viewer: Viewer, name: str, keys: Iterable[Hashable]) -> None:
    """Denoise layers in the denoise dock, which comes to the front; a run that is on goes on.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    name : str
        A model in its `ModelStore`.
    keys : iterable of hashable
        Keys of the layers.
    """
    dock = open_denoise_dock(viewer)
    if dock.panel.is_running():
        dock.panel.message.show_error(
            "Expected no run to be on, found one: cancel it, or wait for it."
        )
        return
    dock.panel.tabs.setCurrentIndex(0)
    dock.panel.layers.use(keys)
    dock.panel.model.set_value(name)
    dock.controller.denoise()


def denoise_now() -> None:
    """Train on the selected images with the settings of the dock, then denoise them.

    The dock of what is going on is in front, with the button that stops it; then nothing follows.

    Raises
    ------
    ImageError
        If no image layer is selected.
    ConfigurationError
        If there is no viewer, or a run is on.
    """
    viewer = _current_viewer()
    selected = [layer for layer in viewer.layers if layer in viewer.layers.selection]
    keys = [layer.unique_id for layer in selected if isinstance(layer, ImageLayer)]
    if not keys:
        raise ImageError("Expected an image layer to denoise, found none selected: select one.")
    train = open_train_dock(viewer)
    if train.controller.is_running:
        raise ConfigurationError("Expected no run to be on, found one: stop it, or wait for it.")
    open_denoise_dock(viewer)
    open_train_dock(viewer)
    train.panel.layers.use(keys)
    train.controller.train(lambda: denoise_with(viewer, train.controller.name, keys))


def _current_viewer() -> Viewer:
    """Return the viewer that the user is in."""
    viewer = napari.current_viewer()
    if viewer is None:
        raise ConfigurationError("Expected an open viewer, found none: start napari.")
    return viewer
