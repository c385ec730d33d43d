"""What the denoise dock does: denoises layers in a thread, into new layers that fill."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.layers import Image as ImageLayer
from qtpy.QtCore import QObject, Signal

from napari_noise2same._napari.conversion import layer_data
from napari_noise2same._napari.denoise_jobs import LayerJob, plan_jobs
from napari_noise2same._napari.denoise_run import DenoiseRun
from napari_noise2same._napari.denoise_work import denoise_layers
from napari_noise2same._napari.file_work import explain
from napari_noise2same._napari.layer_tracker import LayerTracker
from napari_noise2same._napari.models import ModelStore
from napari_noise2same._napari.result_advice import ResultAdvice
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.errors import Noise2SameError

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import TrainedModel
    from napari_noise2same.widgets import DenoisePanel

__all__ = ["DenoiseController"]


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
        self.advice = ResultAdvice(panel.result)
        # The layer whose levels are offered.
        self._heard: ImageLayer | None = None
        self._run: DenoiseRun | None = None
        self.tracker.changed.connect(self.update)
        self.tracker.file_axes_changed.connect(self._advise)
        self._store.changed.connect(self._update_models)
        panel.layers.changed.connect(self._update_levels)
        panel.settings_changed.connect(self._advise)
        panel.denoise_requested.connect(self.denoise)
        panel.cancel_requested.connect(self.cancel)
        self.update()
        self._update_models()

    def update(self) -> None:
        """Show the layers that there are now."""
        tracker = self.tracker
        self._panel.layers.set_layers(tracker.images(), tracker.active(), tracker.likely())
        self._update_levels()

    def layers(self) -> list[ImageLayer]:
        """Return the layers that are ticked."""
        return self.tracker.layers(self._panel.layers.value())

    def denoise(self) -> None:
        """Denoise the ticked layers with the chosen model."""
        if self._panel.is_running():
            return
        try:
            model = self._store.chosen(self._panel.model.value())
            jobs = self._plan(model)
        except Noise2SameError as error:
            self._panel.progress.reset()
            self._panel.message.show_error(str(error))
            return
        # Whoever has a model has loaded torch.
        from napari_noise2same.core.model import model_card

        scheduler = self._panel.result.value().scheduler if self._panel.result.in_folder() else ""
        self._panel.message.clear()
        self._panel.set_running(True)
        self._run = DenoiseRun(self._viewer, self._panel, jobs, partial(model_card, model))
        self.worker = Worker(partial(denoise_layers, jobs, model, scheduler))
        self.worker.events.connect(self._on_events)
        self.worker.failed.connect(self._on_failed)
        self.worker.finished.connect(self._on_over)

    def cancel(self) -> None:
        """End in the tile under way; what is done stays in its layer."""
        if self.worker is not None:
            self.worker.stop()

    def close(self) -> None:
        """End everything at once; safe to call when the panel is gone."""
        self.tracker.close()
        self._hear(None)
        self.advice.close()
        self._store.changed.disconnect(self._update_models)
        for worker in (self.worker, self._listing):
            if worker is not None:
                worker.close()
        self._forget()

    def _plan(self, model: TrainedModel | None = None) -> list[LayerJob]:
        """Return a job for each ticked layer; nothing is read."""
        layers = self.layers()
        self.tracker.require(layers)
        return plan_jobs(self._viewer, self._panel, layers, self.tracker.file_axes.of, model)

    def _on_events(self, events: list[Any]) -> None:
        """Show what has happened since the last time."""
        assert self._run is not None
        for noisy, result in self._run.show(events):
            self.denoised.emit(noisy, result)

    def _on_failed(self, error: BaseException) -> None:
        """Say what went wrong; the dock can be used again."""
        self._panel.message.show_error(*explain(error, "Denoising"))

    def _on_over(self) -> None:
        """Clean up, and say where the results are; an error that has ended it counts more."""
        assert self._run is not None
        assert self.worker is not None
        text = self._run.finish()
        if not self.worker.has_failed:
            self._panel.message.show_message(text)
        self._panel.set_running(False)
        self._forget()
        self._advise()

    def _forget(self) -> None:
        """Hold no layer longer than needed."""
        self.worker = None
        if self._run is not None:
            self._run.close()
        self._run = None

    def _advise(self) -> None:
        """Say what the results need, as far as the settings say what they are."""
        if self._panel.is_running():
            return
        try:
            jobs = self._plan() if self.layers() else []
        except Noise2SameError:
            # A setting that is half typed: what was said before holds until it is whole.
            return
        self.advice.show(jobs)

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
        layer = next(iter(self.layers()), None)
        self._hear(layer)
        self._panel.set_levels({} if layer is None else _level_names(layer))
        self._advise()

    def _hear(self, layer: ImageLayer | None) -> None:
        """Hear when a layer gets other data, and of the last one no more."""
        if layer is self._heard:
            return
        if self._heard is not None:
            self._heard.events.data.disconnect(self._update_levels)
        if layer is not None:
            layer.events.data.connect(self._update_levels)
        self._heard = layer


def _level_names(layer: ImageLayer) -> dict[Hashable, str]:
    """Return the sizes of a multiscale layer, in words, by level; nothing for another layer."""
    levels = range(len(layer.data)) if layer.multiscale else ()
    sizes = [layer_data(layer, level).shape for level in levels]
    return {i: f"{i}: " + " × ".join(map(str, size)) for i, size in enumerate(sizes)}
