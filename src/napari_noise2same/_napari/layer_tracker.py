"""What layers a viewer has, told whenever that changes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer, Shapes
from qtpy.QtCore import QObject, Signal

from napari_noise2same._napari.file_axes import FileAxes
from napari_noise2same._napari.results import CARD, PREVIEW
from napari_noise2same._napari.shelf import shared
from napari_noise2same.core.errors import ImageError

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["LayerTracker", "is_image"]


class LayerTracker(QObject):
    """The layers of a viewer by opaque keys, which outlive renaming.

    Holds no layer: a key is only looked up among the layers that are there.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.

    Attributes
    ----------
    changed : Signal()
        A layer was added, removed, moved, renamed or made active.
    file_axes : FileAxes
        What the files of the viewer's layers say, read once for all docks.
    file_axes_changed : Signal()
        They have said more.
    """

    changed = Signal()
    file_axes_changed = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._layers = viewer.layers
        events = self._layers.events
        self._emitters = (events.inserted, events.removed, events.reordered)
        for emitter in (*self._emitters, self._layers.selection.events.active):
            emitter.connect(self._on_change)
        for layer in self._layers:
            layer.events.name.connect(self._on_change)
        events.inserted.connect(self._on_inserted)
        self.file_axes = shared(viewer, FileAxes)
        self.file_axes.changed.connect(self.file_axes_changed)
        self._ask_files()

    def images(self) -> dict[Hashable, str]:
        """Return the names of the image layers by key, the topmost first."""
        return {layer.unique_id: layer.name for layer in reversed(self._layers) if is_image(layer)}

    def regions(self) -> dict[Hashable, str]:
        """Return the names of the layers that can mark regions by key."""
        kinds = (Shapes, Labels)
        return {layer.unique_id: layer.name for layer in self._layers if isinstance(layer, kinds)}

    def active(self) -> Hashable | None:
        """Return the key of the active layer if it is an image, and no result of ours.

        Every new result becomes active, but hardly anybody wants to denoise it once more.
        """
        layer = self._layers.selection.active
        if layer is None or not _is_noisy(layer):
            return None
        key: Hashable = layer.unique_id
        return key

    def likely(self) -> list[Hashable]:
        """Return the keys of what is meant where no image is active: those selected, or the top."""
        images = [layer for layer in reversed(self._layers) if _is_noisy(layer)]
        selected = [layer for layer in images if layer in self._layers.selection]
        return [layer.unique_id for layer in selected or images[:1]]

    def layer(self, key: object) -> Layer | None:
        """Return the layer of a key, or None if it is no longer there.

        Parameters
        ----------
        key : object
            What `images` or `regions` has given.

        Returns
        -------
        napari.layers.Layer or None
            The layer.
        """
        return next((layer for layer in self._layers if layer.unique_id == key), None)

    def layers(self, keys: Iterable[object]) -> list[Layer]:
        """Return the layers of keys, without those that are no longer there.

        Parameters
        ----------
        keys : iterable of object
            What `images` or `regions` has given.

        Returns
        -------
        list of napari.layers.Layer
            The layers.
        """
        found = map(self.layer, keys)
        return [layer for layer in found if layer is not None]

    def require(self, layers: Sequence[Layer]) -> None:
        """Refuse to work on no layer at all.

        Parameters
        ----------
        layers : sequence of napari.layers.Layer
            The layers that are ticked.

        Raises
        ------
        ImageError
            If there is none.
        """
        if layers:
            return
        labels = [layer.name for layer in self._layers if isinstance(layer, Labels)]
        if labels and not self.images():
            # napari takes images of 32-bit integers for such.
            raise ImageError(
                f"Expected an image layer, found only labels: if {labels[-1]} is an image, "
                "right-click it in the layer list and choose Convert to Image."
            )
        raise ImageError("Expected an image layer, found none ticked: open or tick one.")

    def close(self) -> None:
        """Listen no more."""
        self.file_axes.changed.disconnect(self.file_axes_changed)
        for emitter in (*self._emitters, self._layers.selection.events.active):
            emitter.disconnect(self._on_change)
        self._layers.events.inserted.disconnect(self._on_inserted)
        for layer in self._layers:
            layer.events.name.disconnect(self._on_change)

    def _on_inserted(self, event: Any) -> None:
        """Hear of a new layer's names too, and ask its file."""
        event.value.events.name.connect(self._on_change)
        self._ask_files()

    def _ask_files(self) -> None:
        """Look into the files that nobody has looked into yet."""
        self.file_axes.look(filter(is_image, self._layers))

    def _on_change(self) -> None:
        """Pass it on."""
        self.changed.emit()


def _is_noisy(layer: Layer) -> bool:
    """Whether a layer is an image, and no result of ours."""
    return is_image(layer) and CARD not in layer.metadata


def is_image(layer: Layer) -> bool:
    """Tell whether a layer is an image to work on.

    Parameters
    ----------
    layer : napari.layers.Layer
        The layer.

    Returns
    -------
    bool
        Whether it is an image layer, and not one that shows a preview.
    """
    return isinstance(layer, ImageLayer) and not layer.metadata.get(CARD, {}).get(PREVIEW)
