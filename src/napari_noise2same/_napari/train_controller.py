"""What the train dock does: runs a training in a thread and shows what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_noise2same._napari.activity import Activity
from napari_noise2same._napari.device_memory import device_memory
from napari_noise2same._napari.model_files import explain
from napari_noise2same._napari.models import ModelStore
from napari_noise2same._napari.preview_layer import PreviewLayer
from napari_noise2same._napari.recipes import as_command, as_script
from napari_noise2same._napari.threads import leave_a_core
from napari_noise2same._napari.train_inputs import TrainInputs
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.widgets import RunState

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import Started, TrainedModel
    from napari_noise2same.widgets import TrainPanel

__all__ = ["TrainController"]


class TrainController(QObject):
    """Connects a `TrainPanel` with a viewer and the engine.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    panel : TrainPanel
        The view.
    store : ModelStore
        The models of the viewer.

    Attributes
    ----------
    trained : Signal(str)
        A run has ended; its model has this name in the viewer's `ModelStore`.
    """

    trained = Signal(str)

    def __init__(self, viewer: Viewer, panel: TrainPanel, store: ModelStore) -> None:
        super().__init__()
        self._viewer = viewer
        self._panel = panel
        self._store = store
        self.inputs = TrainInputs(viewer, panel)
        self.worker: Worker | None = None
        self._preview: PreviewLayer | None = None
        self._piece: Image | None = None
        self._activity: Activity | None = None
        self._name = ""
        self._images: list[Image] = []
        self.model: TrainedModel | None = None
        # Name and images of the model that the run under way will give.
        self._coming: tuple[str, list[Image]] = "", []
        self._done = False
        panel.run.train_requested.connect(self.train)
        panel.run.pause_requested.connect(self.pause)
        panel.run.resume_requested.connect(self.resume)
        panel.run.stop_requested.connect(self.stop)
        panel.run.continue_requested.connect(self.proceed)
        panel.preview.toggled.connect(self._on_preview_toggled)

    @property
    def name(self) -> str:
        """Name of the model in the viewer's `ModelStore`."""
        return self._name

    @property
    def is_running(self) -> bool:
        """Whether a run is on, paused or not."""
        return self.worker is not None

    def train(self) -> None:
        """Train a new model on the ticked layers."""
        if self.is_running:
            return
        try:
            config, images = self._panel.value(), self.inputs.images()
        except Noise2SameError as error:
            self._panel.message.show_error(str(error))
            return
        self._coming = self._store.unique(f"Model of {self.inputs.layers()[0].name}"), images
        self._panel.plot.clear()
        self._start(config, None)

    def resume(self) -> None:
        """Go on with a paused or a stopped run."""
        if self.worker is not None:
            self.worker.resume()
            self._panel.set_state(RunState.TRAINING)
        elif self.model is not None:
            self._go_on(None)

    def proceed(self, steps: int) -> None:
        """Train the model for more steps.

        Parameters
        ----------
        steps : int
            How many more.
        """
        if self.is_running or self.model is None:
            return
        done = len(self.model.history)
        settings = {**self.model.settings, "steps": done + steps, "seconds": None}
        self._go_on(TrainingConfig.model_validate(settings))

    def pause(self) -> None:
        """Wait after the step under way."""
        if self.worker is not None:
            self.worker.pause()
            self._panel.set_state(RunState.PAUSED)

    def stop(self) -> None:
        """End the run after the step under way, and keep the best model."""
        if self.worker is not None:
            self.worker.stop()

    def set_model(self, name: str, model: TrainedModel) -> None:
        """Take a model as the one to go on with.

        Parameters
        ----------
        name : str
            Its name in the viewer's `ModelStore`.
        model : TrainedModel
            The model.
        """
        self._name, self.model, self._images = name, model, []
        self._show_model(model)

    def script(self) -> str:
        """Return the run as a Python script."""
        return as_script(self.inputs.paths(), self._panel.axes.value(), self._panel.value())

    def command(self) -> str:
        """Return the run as a line for the shell."""
        return as_command(self.inputs.paths(), self._panel.axes.value(), self._panel.value())

    def close(self) -> None:
        """End everything at once; safe to call when the panel is gone."""
        self.inputs.close()
        if self.worker is not None:
            self.worker.close()
        self.worker = None
        self._end_activity()

    def _go_on(self, config: TrainingConfig | None) -> None:
        """Go on from the model, on the images it was trained on or on those ticked now."""
        try:
            images = self._images or self.inputs.images()
        except Noise2SameError as error:
            self._panel.message.show_error(str(error))
            return
        self._coming = self._name, images
        self._start(config, self.model)

    def _show_model(self, model: TrainedModel) -> None:
        """Show the model that there is while no run is on."""
        self._panel.plot.set_history(model.history.columns)
        self._panel.model.save.setEnabled(True)
        self._panel.set_state(RunState.STOPPED if model.resume else RunState.IDLE)

    def _start(self, config: TrainingConfig | None, model: TrainedModel | None) -> None:
        """Start the thread."""
        _, images = self._coming
        self._done, self._piece = False, None
        self._panel.message.clear()
        self._panel.set_state(RunState.PREPARING)
        self._panel.progress.set_busy("Preparing…")
        self._activity = Activity("Noise2Same training")
        self._begin_preview()

        def work(stop: Callable[[], bool]) -> Iterator[Any]:
            from napari_noise2same.core import Trainer, train_with_preview

            leave_a_core()
            trainer = Trainer(images, config, resume=model)
            yield from train_with_preview(trainer, lambda: self._piece, stop=stop)

        self.worker = Worker(work)
        self.worker.events.connect(self._on_events)
        self.worker.failed.connect(self._on_failed)
        self.worker.finished.connect(self._on_over)

    def _on_events(self, events: list[Any]) -> None:
        """Show what has happened since the last time."""
        # The thread has imported the engine by now.
        from napari_noise2same.core import Finished, PreviewReady, Started, StepDone

        steps = [event for event in events if isinstance(event, StepDone)]
        previews = [event for event in events if isinstance(event, PreviewReady)]
        for event in events:
            if isinstance(event, Started):
                self._on_started(event)
            elif isinstance(event, Finished):
                self._on_finished(event)
        if steps:
            self._panel.plot.append([asdict(step) for step in steps])
            self._show_progress(steps[-1])
        if previews and self._preview is not None:
            last = previews[-1]
            self._preview.show(last.source.data.region, last.image, last.step)
        self._piece = self._preview.request() if self._preview is not None else None

    def _on_started(self, event: Started) -> None:
        """Tell what was chosen."""
        plan = event.plan
        self._steps = plan.steps
        self._device = event.device
        patch = " × ".join(map(str, plan.patch))
        self._panel.message.show_message(
            f"Each step takes {plan.batch} patches of {patch} pixels; the network has "
            f"{event.parameters:,} weights."
        )
        self._panel.set_state(RunState.TRAINING)

    def _show_progress(self, last: Any) -> None:
        """Show how far the run is, here and in napari's activity dock."""
        self._panel.progress.set_progress(
            last.step,
            self._steps,
            fraction=last.progress,
            elapsed=last.seconds,
            remaining=last.remaining,
        )
        self._panel.progress.set_device(self._device, device_memory(self._device))
        if self._activity is not None:
            self._activity.show(last.progress)

    def _on_finished(self, event: Any) -> None:
        """Keep the model."""
        self._done = True
        self._name, self._images = self._coming
        self.model = event.model
        self._store.put(self._name, event.model)
        self._panel.model.save.setEnabled(True)
        completed = event.reason == "completed"
        self._panel.set_state(RunState.FINISHED if completed else RunState.STOPPED)

    def _on_failed(self, error: BaseException) -> None:
        """Say what went wrong; what there was before can be used again."""
        self._panel.message.show_error(*explain(error, "Training"))
        self._panel.progress.reset()
        self._panel.set_state(RunState.IDLE)
        if self.model is not None:
            self._show_model(self.model)

    def _on_over(self) -> None:
        """Clean up after a run."""
        self.worker = None
        self._end_activity()
        self._end_preview()
        if self._done:
            self.trained.emit(self._name)

    def _begin_preview(self) -> None:
        """Show the first ticked layer improve, if that is wanted."""
        layers = self.inputs.layers()
        if self._panel.preview.isChecked() and layers:
            image = self.inputs.whole_images()[0]
            self._preview = PreviewLayer(self._viewer, layers[0], image)
            self._piece = self._preview.request()

    def _end_preview(self) -> None:
        """Take the preview away."""
        self._piece = None
        if self._preview is not None:
            self._preview.close()
        self._preview = None

    def _on_preview_toggled(self, wanted: bool) -> None:
        """Turn the preview on or off during a run."""
        self._end_preview()
        if wanted and self.is_running:
            self._begin_preview()

    def _end_activity(self) -> None:
        """Close the bar in napari's activity dock."""
        if self._activity is not None:
            self._activity.close()
        self._activity = None
