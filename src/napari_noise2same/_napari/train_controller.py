"""What the train dock does: runs a training in a thread and shows what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_noise2same._napari.activity import Activity
from napari_noise2same._napari.device_memory import device_memory
from napari_noise2same._napari.file_work import explain
from napari_noise2same._napari.instant_preview import InstantPreview
from napari_noise2same._napari.live_preview import LivePreview
from napari_noise2same._napari.models import ModelStore
from napari_noise2same._napari.recipes import as_command, as_script
from napari_noise2same._napari.results import result_dtype
from napari_noise2same._napari.threads import leave_a_core
from napari_noise2same._napari.train_inputs import Subject, TrainInputs
from napari_noise2same._napari.train_texts import describe_change, describe_start
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.errors import ConfigurationError, Noise2SameError
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.widgets import RunState

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import Finished, Started, TrainedModel
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
        self._panel = panel
        self._store = store
        self.inputs = TrainInputs(viewer, panel)
        self.worker: Worker | None = None
        self._live = LivePreview(viewer, panel)
        self._instant = InstantPreview(viewer, panel, self.inputs, self._start_model)
        self._activity: Activity | None = None
        self._name = ""
        # What the model was trained on here, and what a run is under way on.
        self._subject: Subject | None = None
        self._under_way: Subject | None = None
        self.model: TrainedModel | None = None
        # Name of the model that the run under way will give.
        self._coming = ""
        # How the last run has ended; nothing if it has given no model.
        self._reason = ""
        # The step that it began at.
        self._first = 0
        panel.run.train_requested.connect(self.train)
        panel.run.pause_requested.connect(self.pause)
        panel.run.resume_requested.connect(self.resume)
        panel.run.stop_requested.connect(self.stop)
        panel.run.continue_requested.connect(self.proceed)
        panel.preview.toggled.connect(self._on_preview_toggled)
        store.changed.connect(self._update_models)
        self._update_models()

    @property
    def name(self) -> str:
        """Name of the model in the viewer's `ModelStore`."""
        return self._name

    @property
    def is_running(self) -> bool:
        """Whether a run is on, paused or not."""
        return self.worker is not None

    @property
    def is_completed(self) -> bool:
        """Whether the last run has done all of its steps."""
        return self._reason == "completed"

    def train(self) -> None:
        """Train a new model on the ticked layers."""
        if self.is_running:
            return
        try:
            config, subject = self._panel.value(), self.inputs.subject()
        except Noise2SameError as error:
            self._panel.message.show_error(str(error))
            return
        self._coming = self._store.unique(f"Model of {subject.layer.name}")
        self._panel.plot.clear()
        self._start(subject, config, start=self._start_model())

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
        """End the run after the step under way, and keep the best model.

        While images are read it ends after the read under way, and comes to nothing.
        """
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
        self._name, self.model, self._subject = name, model, None
        self._show_model(model)

    def script(self) -> str:
        """Return the run as a Python script.

        Returns
        -------
        str
            As `as_script` writes it.

        Raises
        ------
        ConfigurationError
            If a setting cannot work, or cannot be written as text.
        """
        return as_script(*self._recipe())

    def command(self) -> str:
        """Return the run as a line for the shell.

        Returns
        -------
        str
            As `as_command` writes it.

        Raises
        ------
        ConfigurationError
            If a setting cannot work, or cannot be written as text.
        """
        return as_command(*self._recipe())

    def close(self) -> None:
        """End everything at once; safe to call when the panel is gone."""
        self.inputs.close()
        self._store.changed.disconnect(self._update_models)
        self._instant.close()
        if self.worker is not None:
            self.worker.leave()
        self.worker = None
        self._live.end()
        self._end_activity()

    def _recipe(self) -> tuple[list[str], str, TrainingConfig, str | None]:
        """Return what a run as text consists of."""
        panel, model = self._panel, self._panel.start.chosen_model()
        if panel.region.value() is not None:
            raise ConfigurationError(
                "Expected training on whole images, found that it is inside a region, which "
                "cannot be written as text: choose Whole image, or save the region as an image."
            )
        name = None if model is None else str(model)
        return self.inputs.paths(), panel.axes.value(), panel.value(), name

    def _start_model(self) -> TrainedModel | None:
        """Return the model to start from; None for what the settings say."""
        name = self._panel.start.chosen_model()
        return None if name is None else self._store[str(name)]

    def _update_models(self) -> None:
        """Offer the models that there are now to start from."""
        self._panel.start.set_models({name: name for name in self._store.names()})

    def _go_on(self, config: TrainingConfig | None) -> None:
        """Go on from the model, on the images it was trained on or on those ticked now."""
        try:
            subject = self._subject or self.inputs.subject()
        except Noise2SameError as error:
            self._panel.message.show_error(str(error))
            return
        self._coming = self._name
        self._start(subject, config, resume=self.model)

    def _show_model(self, model: TrainedModel) -> None:
        """Show the model that there is while no run is on."""
        self._panel.plot.set_history(model.history.columns)
        self._panel.model.set_model(True)
        if model.resume is None:
            self._panel.set_state(RunState.IDLE)
        else:
            self._panel.set_state(RunState.STOPPED if _can_go_on(model) else RunState.FINISHED)

    def _start(
        self, subject: Subject, config: TrainingConfig | None, **model: TrainedModel | None
    ) -> None:
        """Start the thread, with a model to `start` from or to `resume`."""
        self._under_way = subject
        self._reason, self._first = "", _steps_done(model.get("resume"))
        self._panel.message.clear()
        self._panel.set_state(RunState.PREPARING)
        self._panel.progress.set_busy("Preparing…")
        self._activity = Activity("Noise2Same training")
        self._instant.set_suspended(True)
        in_view, dtype = self._live.in_view, result_dtype(subject.layer)

        def work(stop: Callable[[], bool]) -> Iterator[Any]:
            from napari_noise2same.core import Trainer, train_with_preview

            leave_a_core()
            pieces = subject.images.read(stop)
            if pieces:
                trainer = Trainer(pieces, config, **model, stop=stop)
                yield from train_with_preview(
                    trainer, lambda: in_view.piece, dtype=dtype, stop=stop
                )

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
        self._live.show(previews)

    def _on_started(self, event: Started) -> None:
        """Tell what was chosen."""
        self._steps = event.plan.steps
        self._device = event.device
        self._panel.message.show_message(describe_start(event))
        self._panel.set_state(RunState.TRAINING)
        self._live.depth = event.plan.depth
        self._on_preview_toggled()

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

    def _on_finished(self, event: Finished) -> None:
        """Keep the model, if there is more to it than random weights."""
        change = describe_change(event)
        if change:
            self._panel.message.show_message(change)
        if event.model.start == "scratch" and not _steps_done(event.model):
            return
        self._reason, self._name = event.reason, self._coming
        idle = _steps_done(event.model) == self._first
        if idle:
            self._panel.progress.reset()
        # A model that was only looked at again still is one of the images it was trained on.
        if not (idle and self._first):
            self._subject = self._under_way
        self.model = event.model
        self._store.put(self._name, event.model)
        self._panel.model.set_model(True)
        self._panel.set_state(RunState.FINISHED if self.is_completed else RunState.STOPPED)

    def _on_failed(self, error: BaseException) -> None:
        """Say what went wrong."""
        self._panel.message.show_error(*explain(error, "Training"))

    def _on_over(self) -> None:
        """Clean up after a run."""
        self.worker = self._under_way = None
        self._end_activity()
        self._live.end()
        self._instant.set_suspended(False)
        if self._reason:
            self._panel.progress.stop()
            self.trained.emit(self._name)
        else:
            self._go_back()

    def _go_back(self) -> None:
        """Show what there was before a run that has come to nothing: it can be used again."""
        self._panel.progress.reset()
        self._panel.set_state(RunState.IDLE)
        if self.model is not None:
            self._show_model(self.model)

    def _on_preview_toggled(self) -> None:
        """Turn the preview on or off, as the form says, during a run."""
        if self._under_way is not None:
            self._live.begin(self._under_way)

    def _end_activity(self) -> None:
        """Close the bar in napari's activity dock."""
        if self._activity is not None:
            self._activity.close()
        self._activity = None


def _steps_done(model: TrainedModel | None) -> int:
    """Return how many steps have led to a model, as far as it can be resumed."""
    return 0 if model is None or model.resume is None else int(model.resume.values["step"])


def _can_go_on(model: TrainedModel) -> bool:
    """Say whether planned steps, or planned seconds, are left to a model that can be resumed."""
    assert model.resume is not None
    values, seconds = model.resume.values, model.settings.get("seconds")
    if seconds is not None:
        return bool(values["seconds"] < seconds)
    return bool(values["step"] < values["steps"])
