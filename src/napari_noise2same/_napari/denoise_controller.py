"""What the denoise dock does: denoises layers in a thread, into new layers that fill."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.layers import Image as ImageLayer
from qtpy.QtCore import QObject, Signal

from napari_noise2same._napari.activity import Activity
from napari_noise2same._napari.conversion import layer_data, layer_image
from napari_noise2same._napari.layer_tracker import LayerTracker
from napari_noise2same._napari.model_files import explain
from napari_noise2same._napari.models import ModelStore
from napari_noise2same._napari.regions import current_frame, visible_region
from napari_noise2same._napari.results import add_result, result_dtype
from napari_noise2same._napari.threads import leave_a_core
from napari_noise2same._napari.windows import crop
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.array import Region, Window
from napari_noise2same.core.errors import ImageError, Noise2SameError
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import DenoiseConfig

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import TrainedModel
    from napari_noise2same.widgets import DenoisePanel

__all__ = ["DenoiseController"]

# Planes or frames on each side of a part that a 3D network is shown: what is further away hardly
# changes its result.
_CONTEXT = 4


@dataclass(frozen=True)
class _Job:
    """One layer to denoise."""

    layer: ImageLayer
    image: Image
    region: Region | None
    level: int
    config: DenoiseConfig


class DenoiseController(QObject):
    """Connects a `DenoisePanel` with a viewer and the engine.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    panel : DenoisePanel
        The view.
    store : ModelStore
        The models of the viewer.

    Attributes
    ----------
    denoised : Signal(object, object)
        A noisy layer and its finished result.
    """

    denoised = Signal(object, object)

    def __init__(self, viewer: Viewer, panel: DenoisePanel, store: ModelStore) -> None:
        super().__init__()
        self._viewer = viewer
        self._panel = panel
        self._store = store
        self.tracker = LayerTracker(viewer)
        self.worker: Worker | None = None
        self._listing: Worker | None = None
        self._jobs: list[_Job] = []
        self._results: list[ImageLayer] = []
        self._filling = False
        self._activity: Activity | None = None
        self.tracker.changed.connect(self.update)
        self._store.changed.connect(self._update_models)
        panel.layers.changed.connect(self._update_levels)
        panel.denoise_requested.connect(self.denoise)
        panel.cancel_requested.connect(self.cancel)
        self.update()
        self._update_models()

    @property
    def is_running(self) -> bool:
        """Whether a job is on."""
        return self.worker is not None

    def update(self) -> None:
        """Show the layers that there are now."""
        self._panel.layers.set_layers(self.tracker.images(), self.tracker.active())
        self._update_levels()

    def layers(self) -> list[ImageLayer]:
        """Return the layers that are ticked."""
        found = map(self.tracker.layer, self._panel.layers.value())
        return [layer for layer in found if layer is not None]

    def denoise(self) -> None:
        """Denoise the ticked layers with the chosen model."""
        if self._panel.is_running():
            return
        try:
            model = self._store.chosen(self._panel.model.value())
            jobs = self._plan(model)
        except Noise2SameError as error:
            self._panel.message.show_error(str(error))
            return
        # Whoever has a model has loaded torch.
        from napari_noise2same.core.model import model_card

        self._jobs, self._results, self._filling = jobs, [], False
        self._card = partial(model_card, model)
        self._panel.message.clear()
        self._panel.set_running(True)
        self._panel.progress.set_busy("Preparing…")
        self._activity = Activity("Noise2Same denoising")

        def work(stop: Callable[[], bool]) -> Iterator[Any]:
            from napari_noise2same.core import Denoiser

            leave_a_core()
            for job in jobs:
                if stop():
                    return
                yield from Denoiser(job.image, model, job.config).events(stop)

        self.worker = Worker(work)
        self.worker.events.connect(self._on_events)
        self.worker.failed.connect(self._on_failed)
        self.worker.finished.connect(self._on_over)

    def cancel(self) -> None:
        """End after the tile under way; what is done stays in its layer."""
        if self.worker is not None:
            self.worker.stop()

    def close(self) -> None:
        """End everything at once; safe to call when the panel is gone."""
        self.tracker.close()
        self._store.changed.disconnect(self._update_models)
        for worker in (self.worker, self._listing):
            if worker is not None:
                worker.close()
        self._forget()

    def _plan(self, model: TrainedModel) -> list[_Job]:
        """Return a job for each ticked layer; nothing is read."""
        layers = self.layers()
        if not layers:
            raise ImageError("Expected an image layer, found none ticked: open or tick one.")
        config, wanted = self._panel.value(), self._panel.level_value()
        depth = model.depth_axis if model.network.spatial_dims == 3 else ""
        return [
            self._job(layer, config, wanted if layer.multiscale else 0, depth) for layer in layers
        ]

    def _job(self, layer: ImageLayer, config: DenoiseConfig, level: int, depth: str) -> _Job:
        """Say what to do with a layer."""
        image = layer_image(layer, level=level)
        region = self._region(layer, level)
        if region is not None:
            image = crop(image, region, depth=depth, context=_CONTEXT)
        config = config.model_copy(update={"dtype": result_dtype(layer, config.dtype)})
        return _Job(layer, image, region, level, config)

    def _region(self, layer: ImageLayer, level: int) -> Region | None:
        """Return the part of a layer to denoise, None for all of it."""
        match self._panel.region_value():
            case "view":
                return visible_region(self._viewer, layer, level=level, max_side=None)
            case "frame":
                return current_frame(self._viewer, layer, level=level)
            case _:
                return None

    def _on_events(self, events: list[Any]) -> None:
        """Show what has happened since the last time."""
        # The thread has imported the engine by now.
        from napari_noise2same.core import DenoiseFinished, DenoiseStarted, TileDone

        for event in events:
            if isinstance(event, DenoiseStarted):
                self._begin_result(event.image)
                self._device = event.device
            elif isinstance(event, DenoiseFinished):
                self.denoised.emit(self._jobs[len(self._results) - 1].layer, self._results[-1])
        tiles = [event for event in events if isinstance(event, TileDone)]
        if tiles:
            self._filling = True
            self._results[-1].refresh()
            self._show_progress(tiles[-1])

    def _begin_result(self, data: Any) -> None:
        """Add the layer that will fill."""
        job = self._jobs[len(self._results)]
        self._filling = False
        window = job.image.data
        if isinstance(window, Window):
            data = window.keep(data)
        self._results.append(
            add_result(
                self._viewer,
                job.layer,
                data,
                self._card(job.config),
                level=job.level,
                region=job.region,
            )
        )

    def _show_progress(self, last: Any) -> None:
        """Show how far the layer is, and in napari's activity dock how far all are."""
        fraction = last.done / last.total
        self._panel.progress.set_progress(
            last.done,
            last.total,
            fraction=fraction,
            elapsed=last.seconds,
            remaining=last.remaining,
        )
        self._panel.progress.set_device(self._device)
        if self._activity is not None:
            self._activity.show((len(self._results) - 1 + fraction) / len(self._jobs))

    def _on_failed(self, error: BaseException) -> None:
        """Say what went wrong; the dock can be used again."""
        self._panel.message.show_error(*explain(error, "Denoising"))

    def _on_over(self) -> None:
        """Clean up; a layer in which nothing is done shows nothing, and goes."""
        if not self._filling:
            self._panel.progress.reset()
            for layer in self._results[-1:]:
                if layer in self._viewer.layers:
                    self._viewer.layers.remove(layer)
        self._panel.set_running(False)
        self._forget()

    def _forget(self) -> None:
        """Hold no layer longer than needed."""
        self.worker = None
        self._jobs, self._results = [], []
        if self._activity is not None:
            self._activity.close()
        self._activity = None

    def _update_models(self) -> None:
        """Show the models that there are now, and choose the latest."""
        names = self._store.names()
        active = names[-1] if names else None
        self._panel.set_models({name: name for name in names}, active)
        if names and self._listing is None:
            self._list_devices()

    def _list_devices(self) -> None:
        """Offer the devices: what has made a model has loaded torch."""

        def work(_stop: Callable[[], bool]) -> Iterator[Any]:
            from napari_noise2same.core import available_devices

            yield available_devices()

        self._listing = Worker(work)
        self._listing.events.connect(lambda events: self._panel.device.set_devices(events[-1]))

    def _update_levels(self) -> None:
        """Offer the levels of a multiscale layer."""
        layers = self.layers()
        if not layers or not layers[0].multiscale:
            self._panel.set_levels({})
            return
        layer = layers[0]
        sizes = [layer_data(layer, level).shape for level in range(len(layer.data))]
        names: dict[Hashable, str] = {
            i: f"{i}: " + " × ".join(map(str, size)) for i, size in enumerate(sizes)
        }
        self._panel.set_levels(names)
