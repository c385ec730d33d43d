"""What the train dock does: runs a training in a thread and shows what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_noise2same._napari.file_work import explain
from napari_noise2same._napari.instant_preview import InstantPreview
from napari_noise2same._napari.models import ModelStore, learnt, steps_done
from napari_noise2same._napari.results import result_dtype
from napari_noise2same._napari.threads import leave_a_core
from napari_noise2same._napari.train_inputs import Subject, TrainInputs
from napari_noise2same._napari.train_run import TrainRun
from napari_noise2same._napari.train_texts import describe_others
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.widgets import RunState

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import Finished, TrainedModel
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
    model : TrainedModel or None
        The model to go on with.
    name : str
        Its name in the store.
    """

    trained = Signal(str)

    def __init__(self, viewer: Viewer, panel: TrainPanel, store: ModelStore) -> None:
        super().__init__()
        self._viewer = viewer
        self._panel = panel
        self._store = store
        self.inputs = TrainInputs(viewer, panel, self._start_model)
        self.worker: Worker | None = None
        # Whether a run begins once files have said which axes they have, and what follows it.
        self._waiting = False
        self._then: Callable[[], None] | None = None
        self._run: TrainRun | None = None
        self._instant = InstantPreview(viewer, panel, self.inputs, self._start_model)
        self.model: TrainedModel | None = None
        self.name = ""
        # What the model was trained on here.
        self._subject: Subject | None = None
        # Name of the model that the run under way will give.
        self._coming = ""
        # How the last run has ended; nothing if it has given no model.
        self._reason = ""
        # The step that it began at.
        self._first = 0
        panel.run.train_requested.connect(self.train)
        self.inputs.tracker.file_axes_changed.connect(self._on_file_axes)
        panel.run.pause_requested.connect(self.pause)
        panel.run.resume_requested.connect(self.resume)
        panel.run.stop_requested.connect(self.stop)
        panel.run.continue_requested.connect(self.proceed)
        panel.preview.toggled.connect(self._show_preview)
        store.changed.connect(self._update_models)
        self._update_models()

    @property
    def is_running(self) -> bool:
        """Whether a run is on, paused or not, or is about to begin."""
        return self.worker is not None or self._waiting

    @property
    def _is_completed(self) -> bool:
        """Whether the last run has done all of its steps."""
        return self._reason == "completed"

    def train(self, then: Callable[[], None] | None = None) -> None:
        """Train a new model on the ticked layers, once their files have said which axes they have.

        Parameters
        ----------
        then : callable, optional
            What follows when all steps are done; nothing follows a run that is stopped, fails or
            is refused.
        """
        if self.is_running:
            return
        self._then = then
        if self.inputs.are_known():
            self._train()
            return
        self._waiting = True
        self._panel.message.clear()
        self._panel.set_state(RunState.PREPARING)
        self._panel.progress.set_busy("Reading which axes the file has…")

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
        elif self._waiting:
            self._end_waiting()
            self._go_back()

    def set_model(self, name: str, model: TrainedModel) -> None:
        """Take a model as the one to go on with.

        Parameters
        ----------
        name : str
            Its name in the viewer's `ModelStore`.
        model : TrainedModel
            The model.
        """
        self.name, self.model, self._subject = name, model, None
        self._show_model(model)

    def close(self) -> None:
        """End everything, a run with its model; safe to call when the panel is gone."""
        self.inputs.close()
        self._end_waiting()
        self._store.changed.disconnect(self._update_models)
        self._instant.close()
        worker = self.worker
        if worker is not None:
            worker.events.disconnect(self._on_events)
            worker.failed.disconnect(self._on_failed)
            worker.finished.disconnect(self._on_over)
            self._store.keep_from(worker, self._coming)
        self._forget()

    def _on_file_axes(self) -> None:
        """Begin the run that has waited for this."""
        if self._waiting and self.inputs.are_known():
            self._waiting = False
            self._go_back()
            self._train()

    def _end_waiting(self) -> None:
        """Begin no run, and let nothing follow."""
        self._waiting, self._then = False, None

    def _train(self) -> None:
        """Train on the ticked layers with the axes that are shown."""
        try:
            config, subject = self._panel.value(), self.inputs.subject()
        except Noise2SameError as error:
            self._then = None
            self._panel.message.show_error(str(error))
            return
        self._coming = self._store.unique(f"Model of {subject.layers[0].name}")
        self._panel.plot.clear()
        self._start(subject, config, start=self._start_model())

    def _start_model(self) -> TrainedModel | None:
        """Return the model to start from; None for what the settings say."""
        name = self._panel.start.chosen_model()
        return None if name is None else self._store[str(name)]

    def _update_models(self) -> None:
        """Offer the models that there are now to start from; without one, take the latest."""
        names = self._store.names()
        self._panel.start.set_models({name: name for name in names})
        # What a dock that was closed has trained may come while its run ends.
        if names and self.model is None and not self.is_running:
            self.set_model(names[-1], self._store[names[-1]])

    def _go_on(self, config: TrainingConfig | None) -> None:
        """Go on from the model, on the images it was trained on or on those ticked now."""
        try:
            subject = self._subject or self.inputs.subject()
        except Noise2SameError as error:
            self._panel.message.show_error(str(error))
            return
        self._coming = self.name
        as_ticked = subject.layers == tuple(self.inputs.layers())
        as_shown = all(map(subject.is_shown, subject.layers))
        note = "" if as_ticked and as_shown else describe_others(subject)
        self._start(subject, config, note, resume=self.model)

    def _show_model(self, model: TrainedModel) -> None:
        """Show the model that there is while no run is on."""
        self._panel.plot.set_history(model.history.columns)
        self._panel.model.set_model(True)
        if model.resume is None:
            self._panel.set_state(RunState.IDLE)
        else:
            self._panel.set_state(RunState.STOPPED if _can_go_on(model) else RunState.FINISHED)

    def _start(
        self,
        subject: Subject,
        config: TrainingConfig | None,
        note: str = "",
        **model: TrainedModel | None,
    ) -> None:
        """Start the thread, with a model to `start` from or to `resume`."""
        self._reason, self._first = "", steps_done(model.get("resume"))
        self._instant.set_suspended(True)
        self._run = TrainRun(self._viewer, self._panel, subject, note)
        in_view, dtype = self._run.in_view, result_dtype(subject.layers[0])

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
        assert self._run is not None
        self._run.show(events)
        end = learnt(events)
        if end is not None:
            self._keep(end, self._run.subject)

    def _keep(self, end: Finished, subject: Subject) -> None:
        """Keep the model of a run."""
        self._reason, self.name, self.model = end.reason, self._coming, end.model
        idle = steps_done(end.model) == self._first
        if idle:
            self._panel.progress.reset()
        # A model that was only looked at again still is one of the images it was trained on.
        if not (idle and self._first):
            self._subject = subject
        self._store.put(self.name, end.model)
        self._panel.model.set_model(True)
        self._panel.set_state(RunState.FINISHED if self._is_completed else RunState.STOPPED)

    def _on_failed(self, error: BaseException) -> None:
        """Say what went wrong."""
        self._panel.message.show_error(*explain(error, "Training"))

    def _on_over(self) -> None:
        """Clean up after a run."""
        self._forget()
        self._instant.set_suspended(False)
        if self._reason:
            self._panel.progress.stop()
            self.trained.emit(self.name)
        else:
            self._go_back()
        then, self._then = self._then, None
        if then is not None and self._is_completed:
            then()

    def _go_back(self) -> None:
        """Show what there was before a run that has come to nothing: it can be used again."""
        self._panel.progress.reset()
        self._panel.set_state(RunState.IDLE)
        if self.model is not None:
            self._show_model(self.model)

    def _show_preview(self) -> None:
        """Turn the preview on or off, as the form says, during a run."""
        if self._run is not None:
            self._run.show_preview()

    def _forget(self) -> None:
        """Hold nothing of a run longer than needed."""
        self.worker = None
        if self._run is not None:
            self._run.close()
        self._run = None


def _can_go_on(model: TrainedModel) -> bool:
    """Say whether planned steps, or planned seconds, are left to a model that can be resumed."""
    assert model.resume is not None
    values, seconds = model.resume.values, model.settings.get("seconds")
    if seconds is not None:
        return bool(values["seconds"] < seconds)
    return bool(values["step"] < values["steps"])
