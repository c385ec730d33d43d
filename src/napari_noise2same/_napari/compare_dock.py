"""The dock with the four ways of comparing two layers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QEvent, QObject, QSignalBlocker
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QFormLayout, QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_noise2same._napari.comparison import Comparison, Mode
from napari_noise2same._napari.file_work import explain
from napari_noise2same._napari.layer_tracker import is_image
from napari_noise2same._napari.results import CARD
from napari_noise2same.core.errors import ImageError
from napari_noise2same.widgets import ChoiceBox, MessageLine

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["CompareDock"]

_BUTTONS: dict[Mode, tuple[str, str]] = {
    "grid": ("Side by side", "Both layers next to each other, moving together."),
    "swipe": ("Swipe", "A line to drag across: noisy on its left, denoised on its right."),
    "blink": ("Blink", "One after the other in the same place, again and again."),
    "residual": ("Residual", "Noisy minus denoised. It should look like noise alone."),
}


class CompareDock(QWidget):
    """Compares two image layers; pressing the button again leaves the viewer as it was.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._comparison: Comparison | None = None
        self.noisy, self.denoised = ChoiceBox(), ChoiceBox()
        self.buttons = {mode: QPushButton(text) for mode, (text, _) in _BUTTONS.items()}
        self.message = MessageLine()
        self._lay_out()
        self._connect()
        self._refresh()
        self._suggest(napari_viewer.layers.selection.active)

    @property
    def mode(self) -> Mode | None:
        """How the layers are compared now, if they are."""
        return next((mode for mode, button in self.buttons.items() if button.isChecked()), None)

    def set_layers(self, noisy: ImageLayer, denoised: ImageLayer) -> None:
        """Choose what to compare.

        Parameters
        ----------
        noisy, denoised : napari.layers.Image
            Two layers of the viewer.
        """
        # Docks are given proxies of layers, which are equal to the layers but not the same.
        ids = {layer: id(layer) for layer in self._images()}
        self.noisy.set_value(ids.get(noisy))
        self.denoised.set_value(ids.get(denoised))

    def set_mode(self, mode: Mode | None) -> None:
        """Compare, or leave the viewer as it was.

        Parameters
        ----------
        mode : {"grid", "swipe", "blink", "residual"} or None
            How to compare; None to go back.
        """
        if self._comparison is not None:
            self._comparison.stop()
        self.message.clear()
        if mode is not None:
            self._start(mode)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        """Leave the viewer as it was."""
        self._end()
        super().closeEvent(event)

    def event(self, event: QEvent | None) -> bool:
        """Leave the viewer as it was when napari takes the widget out of its window."""
        if event is not None and event.type() == QEvent.Type.ParentChange:
            parent = self.parent()
            if parent is None:
                self._end()
            else:
                parent.installEventFilter(self)
        return bool(super().event(event))

    def eventFilter(self, parent: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Leave the viewer as it was when the user hides the dock, which can be shown again."""
        if event is not None and event.type() == QEvent.Type.Close:
            self.set_mode(None)
        return super().eventFilter(parent, event)

    def _lay_out(self) -> None:
        """Put the choices above the buttons."""
        form = QFormLayout()
        form.addRow("Noisy", self.noisy)
        form.addRow("Denoised", self.denoised)
        grid = QGridLayout()
        for index, (mode, button) in enumerate(self.buttons.items()):
            button.setCheckable(True)
            button.setToolTip(_BUTTONS[mode][1])
            grid.addWidget(button, *divmod(index, 2))
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addLayout(grid)
        layout.addWidget(self.message)
        layout.addStretch()
        # No higher than needed: what is docked beside it has more to show.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def _connect(self) -> None:
        """Follow the buttons, the choices and the layer list."""
        for mode, button in self.buttons.items():
            button.toggled.connect(
                lambda checked, mode=mode: self.set_mode(mode if checked else None)
            )
        for box in (self.noisy, self.denoised):
            box.changed.connect(self._on_changed)
        for emitter in self._list_events():
            emitter.connect(self._refresh)
        # After the choices have been renewed.
        self._viewer.layers.events.inserted.connect(self._on_inserted, position="last")

    def _list_events(self) -> tuple[Any, ...]:
        """Return the events after which the choices differ."""
        events = self._viewer.layers.events
        return events.inserted, events.removed, events.renamed

    def _end(self) -> None:
        """Stop comparing, and following the layer list."""
        self.set_mode(None)
        for emitter in self._list_events():
            emitter.disconnect(self._refresh)
        self._viewer.layers.events.inserted.disconnect(self._on_inserted)

    def _start(self, mode: Mode) -> None:
        """Compare, or say why not."""
        try:
            self._comparison = Comparison(self._viewer, *self._pair(), self._on_stop, self._on_fail)
            self._comparison.start(mode)
        except ImageError as error:
            self._on_stop()
            self.message.show_error(str(error))
        else:
            self._press(mode)

    def _on_stop(self) -> None:
        """Show that nothing is compared any more."""
        self._comparison = None
        self._press(None)
        self._refresh()

    def _on_fail(self, error: BaseException) -> None:
        """Say why a comparison has ended."""
        self.message.show_error(*explain(error, "Comparing"))

    def _on_changed(self) -> None:
        """Compare the layers that are chosen now in the same way."""
        self.set_mode(self.mode)

    def _press(self, mode: Mode | None) -> None:
        """Show one button pressed."""
        for other, button in self.buttons.items():
            with QSignalBlocker(button):
                button.setChecked(other == mode)

    def _images(self) -> list[ImageLayer]:
        """Return the image layers but for previews, those at the top of the list first."""
        return [layer for layer in reversed(self._viewer.layers) if is_image(layer)]

    def _pair(self) -> tuple[ImageLayer, ImageLayer]:
        """Return the layers that are chosen."""
        layers: dict[Hashable, ImageLayer] = {id(layer): layer for layer in self._images()}
        try:
            return layers[self.noisy.value()], layers[self.denoised.value()]
        except KeyError as error:
            raise ImageError(
                "Expected two image layers to compare, found none: denoise an image first."
            ) from error

    def _refresh(self) -> None:
        """Offer the layers that there are, less those that the comparison itself added."""
        if self._comparison is None:
            names: dict[Hashable, str] = {id(layer): layer.name for layer in self._images()}
            for box in (self.noisy, self.denoised):
                box.set_choices(names)

    def _on_inserted(self, event: Any) -> None:
        """Choose a new result as soon as it is there, and two images as soon as there are two."""
        layer = event.value
        news = CARD in layer.metadata or self.noisy.value() == self.denoised.value()
        if self._comparison is None and news and is_image(layer):
            self._suggest(layer)

    def _suggest(self, active: Layer | None) -> None:
        """Choose a result and what it was made from, or else two images at the top."""
        images = self._images()
        results = [layer for layer in images if CARD in layer.metadata]
        # Where there is none, an image that is called noisy is not denoised, as in the samples.
        guesses = [layer for layer in images if "noisy" not in layer.name.lower()]
        denoised = active if active in results else next(iter(results + guesses + images), None)
        if denoised is None:
            return
        others = [layer for layer in images if layer is not denoised] or images
        self.set_layers(_source(denoised, others) or others[0], denoised)


def _source(denoised: ImageLayer, layers: Sequence[ImageLayer]) -> ImageLayer | None:
    """Return what a result was made from; by its name, if it was made in another session."""
    card = denoised.metadata.get(CARD, {})
    by_id = (layer for layer in layers if str(layer.unique_id) == card.get("source_id"))
    by_name = (layer for layer in layers if layer.name == card.get("source"))
    return next(chain(by_id, by_name), None)
