"""What training would start at, shown on whatever is in view before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any

from napari.layers import Image as ImageLayer
from qtpy.QtCore import QObject, QTimer

from napari_noise2same._napari.file_work import explain
from napari_noise2same._napari.preview_layer import PreviewLayer
from napari_noise2same._napari.results import result_dtype
from napari_noise2same._napari.threads import leave_a_core
from napari_noise2same._napari.train_inputs import TrainInputs
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.array import Region
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import DenoiseConfig, TrainingConfig

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import TrainedModel
    from napari_noise2same.widgets import TrainPanel

__all__ = ["InstantPreview"]

_SUFFIX = " [instant preview]"
# Milliseconds from the first move of the camera or a slider to the next result.
_THROTTLE = 100
# The noise shows in a sample: nobody waits for a preview until a large layer is read.
_MAX_PIXELS = 4_000_000


class InstantPreview(QObject):
    """Keeps a layer with the instant result in step with what the viewer shows.

    There is one while the box is ticked, unless it is suspended. One thread at a time denoises;
    what is asked for meanwhile waits, and only the newest of it is done.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    panel : TrainPanel
        The form.
    inputs : TrainInputs
        The layers; the first ticked one is shown.
    start : callable
        Returns the model that training would start from, None for the shipped weights.
    """

    def __init__(
        self,
        viewer: Viewer,
        panel: TrainPanel,
        inputs: TrainInputs,
        start: Callable[[], TrainedModel | None],
    ) -> None:
        super().__init__()
        self._viewer = viewer
        self._panel = panel
        self._inputs = inputs
        self._start = start
        self._emitters = (viewer.dims.events, viewer.scene.camera.events)
        self._active = self._suspended = False
        self._worker: Worker | None = None
        # What the key knows by its id, nothing else has while this lives.
        self._kept: tuple[object, ...] = ()
        self._key: Hashable = None
        self._preview: PreviewLayer | None = None
        self._region: Region | None = None
        self._model: TrainedModel | None = None
        # The layer that is shown, and what of it was drawn last.
        self._layer: ImageLayer | None = None
        self._drawn: Hashable = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_THROTTLE)
        self._timer.timeout.connect(self._ask)
        panel.instant.toggled.connect(self._update)
        parts = (inputs.tracker, panel.layers, panel.axes)
        for changed in (*(part.changed for part in parts), panel.settings_changed):
            changed.connect(self._on_view)

    def set_suspended(self, suspended: bool) -> None:
        """Take the preview away for as long as something else needs the machine, or bring it back.

        Parameters
        ----------
        suspended : bool
            Whether to take it away.
        """
        self._suspended = suspended
        self._update()

    def close(self) -> None:
        """End everything; safe to call when the panel is gone."""
        self._set_active(False)

    def _update(self) -> None:
        """Begin or end, as the user wants."""
        self._set_active(self._panel.instant.isChecked() and not self._suspended)

    def _set_active(self, active: bool) -> None:
        """Follow the viewer, or let it be and leave nothing behind."""
        if active == self._active:
            return
        self._active = active
        for emitter in self._emitters:
            if active:
                emitter.connect(self._on_view)
            else:
                emitter.disconnect(self._on_view)
        if active:
            self._timer.start()
        else:
            self._timer.stop()
            self._drop()

    def _on_view(self) -> None:
        """Look soon at what is in view now; moves until then cost nothing."""
        if self._active and not self._timer.isActive():
            self._timer.start()

    def _listen(self, layer: ImageLayer) -> None:
        """Hear of new data, and of pixels that are drawn anew."""
        self._layer, self._drawn = layer, self._slice(layer)
        # A hidden layer is not drawn.
        layer.events.data.connect(self._on_view)
        layer.events.set_data.connect(self._on_drawn)

    def _on_drawn(self) -> None:
        """Measure the noise anew if pixels may have changed: the same slice is drawn once more."""
        assert self._layer is not None
        drawn = self._slice(self._layer)
        if drawn == self._drawn:
            self._forget()
        self._drawn = drawn
        self._on_view()

    def _slice(self, layer: ImageLayer) -> Hashable:
        """Return what says which pixels are drawn, whatever other layers make of the sliders."""
        dims = self._viewer.dims
        first = dims.ndim - layer.ndim
        point = tuple(dims.point[dim] for dim in dims.not_displayed if dim >= first)
        displayed = tuple(dim - first for dim in dims.displayed)
        # Moving the camera draws other pixels of a layer of several sizes only.
        box = (layer.data_level, layer.corner_pixels.tobytes()) if layer.multiscale else ()
        return point, displayed, box

    def _ask(self) -> None:
        """Denoise what is in view, if it is not shown yet."""
        try:
            layer, image, config, depth = self._subject()
        except Noise2SameError:
            # The dock says what is wrong with the layer or the settings.
            self._drop()
            return
        start = self._start()
        key = (layer.unique_id, id(image.data), image.axes, config, id(start))
        if key != self._key or self._preview is None:
            self._drop()
            self._key, self._kept = key, (image, start)
            self._preview = PreviewLayer(self._viewer, layer, image, _SUFFIX, depth=depth)
            self._listen(layer)
        if self._worker is not None:
            return  # its end asks again
        if self._preview.deleted:
            self._panel.instant.setChecked(False)
            return
        region = self._preview.region()
        if region is not None and region != self._region:
            self._region = region
            dtype = result_dtype(layer)
            piece = self._preview.piece(region)
            self._work(image, piece, config, DenoiseConfig(device=config.device, dtype=dtype))

    def _subject(self) -> tuple[ImageLayer, Image, TrainingConfig, str]:
        """Return the layer to show, as a whole, how its noise is measured, and the third axis."""
        image = self._inputs.whole_images()[0]
        settings, start = self._panel.value(), self._start()
        layout = settings.layout_of(image.axes, image.data.shape)
        depth = layout.depth if start is None else start.depth
        config = TrainingConfig(
            steps=0,
            batch=1,
            spatial_dims=settings.spatial_dims if start is None else start.network.spatial_dims,
            depth_axis=settings.depth_axis if start is None else start.depth or "Z",
            joint_channels=start is not None and start.joint_channels,
            domain=settings.domain,
            noise_distance=settings.noise_distance,
            max_pixels=min(settings.max_pixels, _MAX_PIXELS),
            device=settings.device,
        )
        return self._inputs.layers()[0], image, config, depth

    def _work(
        self,
        image: Image,
        piece: Image,
        config: TrainingConfig,
        denoising: DenoiseConfig,
    ) -> None:
        """Denoise a piece in a thread, which looks at the whole image first if nobody has yet."""
        known, start = self._model, self._start()

        def work(stop: Callable[[], bool]) -> Iterator[Any]:
            from napari_noise2same.core import Denoiser, Trainer

            leave_a_core()
            model = known or Trainer([image], config, start=start, stop=stop).snapshot()
            denoiser = Denoiser(piece, model, denoising)
            for _ in denoiser.events(stop):
                pass
            yield model, piece.data, denoiser.result

        self._worker = Worker(work)
        self._worker.events.connect(self._on_events)
        self._worker.failed.connect(self._on_failed)
        self._worker.finished.connect(self._on_over)

    def _on_events(self, events: list[Any]) -> None:
        """Show the result."""
        self._model, window, result = events[-1]
        if self._preview is not None:
            self._preview.show(window, result, 0)

    def _on_failed(self, error: BaseException) -> None:
        """Say what went wrong, and do not try again by itself."""
        self._panel.message.show_error(*explain(error, "The instant preview"))
        self._panel.instant.setChecked(False)

    def _on_over(self) -> None:
        """Go on with what has come into view meanwhile."""
        self._worker = None
        self._on_view()

    def _forget(self) -> None:
        """Take nothing for known of the pixels, and wait for no thread."""
        if self._worker is not None:
            self._worker.leave()
        self._worker = self._region = self._model = None

    def _drop(self) -> None:
        """Take the layer away as well."""
        self._forget()
        if self._layer is not None:
            self._layer.events.data.disconnect(self._on_view)
            self._layer.events.set_data.disconnect(self._on_drawn)
        if self._preview is not None:
            self._preview.close()
        self._kept = ()
        self._key = self._preview = self._layer = self._drawn = None
