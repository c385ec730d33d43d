"""What the train dock works on: keeps the form in step with the viewer's layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from napari.layers import Image as ImageLayer

from napari_noise2same._napari.conversion import describe, guess_axes, layer_data, layer_image
from napari_noise2same._napari.expected_times import ExpectedTimes
from napari_noise2same._napari.layer_tracker import LayerTracker
from napari_noise2same._napari.marked_images import MarkedImages
from napari_noise2same._napari.marking import marking
from napari_noise2same.core.array import deep_enough, plan_layout
from napari_noise2same.core.errors import ImageError, Noise2SameError
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import TrainingConfig

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import TrainedModel
    from napari_noise2same.widgets import TrainPanel

__all__ = ["Subject", "TrainInputs"]


@dataclass(frozen=True)
class Subject:
    """What a run trains on, whatever is ticked later.

    Attributes
    ----------
    images : MarkedImages
        What to train on.
    layers : tuple of napari.layers.Image
        Their layers, of which the first is shown while it improves.
    whole : tuple of Image
        The layers as the engine sees them.
    """

    images: MarkedImages
    layers: tuple[ImageLayer, ...]
    whole: tuple[Image, ...]

    def is_shown(self, layer: ImageLayer) -> bool:
        """Say whether one of the layers still has the pixels that are trained on.

        Parameters
        ----------
        layer : napari.layers.Image
            The layer.

        Returns
        -------
        bool
            Whether it has been given no other data.
        """
        return layer_data(layer) is self.whole[self.layers.index(layer)].data


class TrainInputs:
    """Layers and axes of a `TrainPanel`, and what they mean.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    panel : TrainPanel
        The form.
    start : callable
        Returns the model to start from; None for what the settings say.
    """

    def __init__(
        self, viewer: Viewer, panel: TrainPanel, start: Callable[[], TrainedModel | None]
    ) -> None:
        self._panel, self._start = panel, start
        self._axes_of: Hashable | None = None
        # The layer of these axes.
        self._heard: ImageLayer | None = None
        # What the user has said of layers, where that is not what one would guess.
        self._axes: dict[Hashable, str] = {}
        self.tracker = LayerTracker(viewer)
        self._times = ExpectedTimes(panel, self.images)
        self.tracker.changed.connect(self.update)
        self.tracker.file_axes_changed.connect(self._on_file_axes)
        panel.layers.changed.connect(self._on_layers)
        panel.axes.changed.connect(self._on_axes)
        panel.region.changed.connect(self._describe)
        panel.settings_changed.connect(self._describe)
        self.update()
        self._on_layers()

    def update(self) -> None:
        """Show the layers that there are now."""
        tracker = self.tracker
        self._panel.layers.set_layers(tracker.images(), tracker.active(), tracker.likely())
        self._panel.set_region_layers(self.tracker.regions())

    def layers(self) -> list[ImageLayer]:
        """Return the layers that are ticked."""
        return self.tracker.layers(self._panel.layers.value())

    def are_known(self) -> bool:
        """Say whether no file may still say which axes the ticked layers have.

        The axes of the first hold for all that are like it, and what the user has said of it
        counts more than its file.
        """
        layers = self.layers()
        asked = [layer for layer in layers if _kind(layer) != _kind(layers[0])]
        if self._axes_of not in self._axes:
            asked += layers[:1]
        return not any(map(self.tracker.file_axes.is_awaited, asked))

    def whole_images(self) -> list[Image]:
        """Return the ticked layers as the engine sees them.

        Returns
        -------
        list of Image
            Nothing is read.

        Raises
        ------
        ImageError
            If no layer is ticked, one of them is no image of numbers, or they differ in channels.
        AxesError
            If the axes do not fit.
        """
        layers = self.layers()
        self.tracker.require(layers)
        axes = self._panel.axes.value()
        images = [
            layer_image(
                layer,
                axes=axes if _kind(layer) == _kind(layers[0]) else None,
                file=self.tracker.file_axes.of(layer),
            )
            for layer in layers
        ]
        _check_channels(layers, images)
        return images

    def images(self) -> MarkedImages:
        """Return what to train on: the ticked layers, or the marked regions of them.

        Returns
        -------
        MarkedImages
            What is ticked and marked now. Nothing is read, neither of layers nor of labels.

        Raises
        ------
        ImageError
            As `whole_images`, or if the layer that marks regions cannot.
        AxesError
            If the axes do not fit.
        """
        return self._marked(self.whole_images())

    def subject(self) -> Subject:
        """Return what to train on, with its layers.

        Returns
        -------
        Subject
            What is ticked and marked now. Nothing is read.

        Raises
        ------
        ImageError
            As `images`.
        AxesError
            If the axes do not fit.
        """
        images = self.whole_images()
        return Subject(self._marked(images), tuple(self.layers()), tuple(images))

    def close(self) -> None:
        """Listen no more."""
        self._times.close()
        self.tracker.close()
        self._hear(None)

    def _marked(self, images: list[Image]) -> MarkedImages:
        """Return the marked regions of the ticked layers, or all of these."""
        regions = self.tracker.layer(self._panel.region.value())
        if regions is None:
            return MarkedImages(images)
        pairs = zip(self.layers(), images, strict=True)
        return MarkedImages(images, [marking(layer, i.axes, regions) for layer, i in pairs])

    def _on_layers(self) -> None:
        """Guess the axes of another layer, and say what they mean."""
        layer = next(iter(self.layers()), None)
        self._hear(layer)
        if layer is None:
            self._axes_of = None
            self._panel.axes.set_value("")
        elif layer.unique_id != self._axes_of:
            self._axes_of = layer.unique_id
            self._show_axes(layer)
        self._describe()

    def _hear(self, layer: ImageLayer | None) -> None:
        """Hear when another layer gets other data, labels or units, and of the last one no more."""
        if layer is self._heard:
            return
        for emitter in _kind_events(self._heard):
            emitter.disconnect(self._on_kind)
        for emitter in _kind_events(layer):
            emitter.connect(self._on_kind)
        self._heard = layer

    def _on_kind(self) -> None:
        """Guess the axes again; what the user has said holds if there are still as many."""
        assert self._heard is not None
        key = self._heard.unique_id
        if len(self._axes.get(key, "")) != len(layer_data(self._heard).shape):
            self._axes.pop(key, None)
        self._show_axes(self._heard)
        self._describe()

    def _on_file_axes(self) -> None:
        """Guess the axes again, unless the user has said something."""
        if self._heard is not None and self._heard.unique_id not in self._axes:
            self._show_axes(self._heard)
        self._describe()

    def _on_axes(self, axes: str) -> None:
        """Remember the axes of the layer, and say what they mean."""
        layers = self.layers()
        # The guess says something as long as the file may say something else.
        awaited = any(map(self.tracker.file_axes.is_awaited, layers[:1]))
        if layers and (awaited or axes != self._guess(layers[0])):
            self._axes[layers[0].unique_id] = axes
        elif layers:
            self._axes.pop(layers[0].unique_id, None)
        self._describe()

    def _show_axes(self, layer: ImageLayer) -> None:
        """Show what the user has said of the axes, or a guess, with which nobody has said them."""
        said = self._axes.get(layer.unique_id)
        self._panel.axes.set_value(said or self._guess(layer))
        if not said:
            self._axes.pop(layer.unique_id, None)

    def _guess(self, layer: ImageLayer) -> str:
        """Guess the axes, or leave them to the user."""
        try:
            return guess_axes(layer, file=self.tracker.file_axes.of(layer))
        except Noise2SameError:
            return ""

    def _describe(self) -> None:
        """Say in a sentence what will happen, and soon how long it takes."""
        if not self.layers():
            self._panel.axes.set_sentence("")
            self._times.clear()
            return
        try:
            images = self.whole_images()
            self._tell_kind(images[0])
            settings = self._panel.value()
            sentence = describe(images[0].axes, images[0].data.shape, settings)
            self._check_start(images[0], settings)
        except Noise2SameError as error:
            self._panel.axes.set_sentence(str(error), error=True)
            self._times.clear()
            return
        pixels = sum(math.prod(image.data.shape) for image in images)
        if self._panel.region.value() is None and pixels > settings.max_pixels:
            sentence += f", an evenly spread sample: {_of(settings.max_pixels, pixels)}"
        self._panel.axes.set_sentence(sentence)
        self._times.renew()

    def _tell_kind(self, image: Image) -> None:
        """Tell the form what a network has to fit."""
        shape, form = image.data.shape, self._panel.form
        form.offer_time(deep_enough(image.axes, shape, "T"))
        settings = self._panel.value()
        layout = plan_layout(image.axes, shape, depth_axis=settings.depth_axis)
        dims: Literal[2, 3] = 3 if layout.depth else 2
        form.set_image_kind(dims, _channels_at_once(image, settings))

    def _check_start(self, image: Image, settings: TrainingConfig) -> None:
        """Refuse a model to start from that is for other images."""
        start = self._start()
        if start is None:
            return
        # Whoever has a model has loaded torch.
        from napari_noise2same.core.training import check_network

        layout = settings.layout_of(image.axes, image.data.shape)
        check_network(start.network, len(layout.spatial), _channels_at_once(image, settings))


def _kind(layer: ImageLayer) -> tuple[int, bool]:
    """Return what layers have in common that have as many axes.

    For napari colours are no dimension of a layer, for the engine they are an axis.
    """
    return layer.ndim, layer.rgb


def _kind_events(layer: ImageLayer | None) -> tuple[Any, ...]:
    """Return the events after which a layer may have other axes."""
    if layer is None:
        return ()
    return layer.events.data, layer.events.axis_labels, layer.events.units


def _check_channels(layers: Sequence[ImageLayer], images: Sequence[Image]) -> None:
    """Refuse layers that the engine cannot train on together, by the names that the user knows."""
    first = _channels(images[0])
    for layer, image in zip(layers, images, strict=True):
        if _channels(image) != first:
            raise ImageError(
                f"Expected ticked layers of as many channels, found {first} in {layers[0].name} "
                f"and {_channels(image)} in {layer.name}: tick only one of them."
            )


def _channels(image: Image) -> int:
    """Return the number of channels, or of colours."""
    shape = image.data.shape
    channel = plan_layout(image.axes, shape).channel
    return dict(zip(image.axes, shape, strict=True)).get(channel, 1)


def _channels_at_once(image: Image, settings: TrainingConfig) -> int:
    """Return the number of channels that a network would take together."""
    return _channels(image) if settings.joint_channels else 1


def _of(part: int, whole: int) -> str:
    """Write two numbers of pixels in millions."""
    digits = 0 if part >= 10_000_000 else 1
    return f"{part / 1e6:,.{digits}f} of {whole / 1e6:,.{digits}f} Mpx"
