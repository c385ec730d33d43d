"""What the Batch tab does: denoises files in a thread, and shows what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject

from napari_noise2same._napari.batch_run import BatchRun
from napari_noise2same._napari.batch_work import FilesFound, denoise_files, find_files
from napari_noise2same._napari.file_layers import NewLayer, read_layers
from napari_noise2same._napari.file_work import explain
from napari_noise2same._napari.models import ModelStore
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.batch import Job
from napari_noise2same.core.errors import FileError, Noise2SameError
from napari_noise2same.widgets import FileState

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.widgets import DenoisePanel

__all__ = ["BatchController"]


class BatchController(QObject):
    """Connects the Batch tab of a `DenoisePanel` with the engine.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    panel : DenoisePanel
        The view.
    store : ModelStore
        The models of the viewer.
    """

    def __init__(self, viewer: Viewer, panel: DenoisePanel, store: ModelStore) -> None:
        super().__init__()
        self._viewer = viewer
        self._panel = panel
        self._batch = panel.batch
        self._store = store
        self.worker: Worker | None = None
        self._search: Worker | None = None
        self._reading: Worker | None = None
        self._jobs: tuple[Job, ...] = ()
        self._output = ""
        self._run: BatchRun | None = None
        panel.tabs.currentChanged.connect(self._on_tab)
        self._batch.changed.connect(self.find)
        self._batch.denoise_requested.connect(self.denoise)
        self._batch.cancel_requested.connect(self.cancel)
        self._batch.table.row_opened.connect(self.open_row)

    @property
    def is_running(self) -> bool:
        """Whether files are being denoised."""
        return self.worker is not None

    def find(self) -> None:
        """Show the files that are meant now."""
        self._look(self._show_files)

    def denoise(self) -> None:
        """Denoise the files with the chosen model."""
        if self._panel.is_running():
            return
        config, overwrite = self._batch.value(), self._batch.overwrite.value()
        try:
            model, denoising = self._store.chosen(self._panel.model.value()), self._panel.value()
            if not config.inputs:
                raise FileError("Expected images, found none: choose a folder or files.")
        except Noise2SameError as error:
            self._panel.message.show_error(str(error))
            return
        self._end_search()
        self._panel.message.clear()
        self._panel.set_running(True, batch=True)
        self._run = BatchRun(self._batch)
        self.worker = Worker(
            lambda stop: denoise_files(config, denoising, model, overwrite=overwrite, stop=stop)
        )
        self.worker.events.connect(self._on_events)
        self.worker.failed.connect(self._on_failed)
        self.worker.finished.connect(self._on_over)

    def cancel(self) -> None:
        """End in the tile under way; its file leaves no result, those that are done stay."""
        if self.worker is not None:
            self.worker.stop()

    def open_row(self, row: int) -> None:
        """Show a file and, if it is there, its result as layers.

        Parameters
        ----------
        row : int
            Its row in the table.
        """
        if self._reading is not None:
            return
        job = self._jobs[row]
        self._reading = Worker(partial(read_layers, job))
        self._reading.events.connect(self._add_layers)
        self._reading.failed.connect(self._on_unreadable)
        self._reading.finished.connect(self._end_reading)

    def close(self) -> None:
        """End everything at once; safe to call when the panel is gone."""
        if self.worker is not None:
            self.worker.close()
        for worker in (self._search, self._reading):
            if worker is not None:
                worker.leave()
        self._search = self._reading = None
        self._forget()

    def _look(self, show: Callable[[FilesFound], None]) -> None:
        """Look for the files in a thread, unless some are being denoised."""
        if self.is_running:
            return
        self._end_search()
        self._panel.message.clear()
        config = self._batch.value()
        if not config.inputs:
            show(FilesFound((), (), ""))
            return
        try:
            denoising = self._panel.value()
        except Noise2SameError as error:
            self._panel.message.show_error(str(error))
            return
        self._batch.progress.set_busy("Looking for images…")
        self._search = Worker(lambda stop: find_files(config, denoising, stop))
        self._search.events.connect(lambda events: show(events[-1]))
        self._search.failed.connect(self._on_not_found)
        self._search.finished.connect(self._end_search)

    def _on_tab(self) -> None:
        """Look for the files whenever they come into sight: folders change in the meantime."""
        if self._panel.tabs.currentWidget() is self._batch:
            self._look(self._show_again)

    def _show_again(self, found: FilesFound) -> None:
        """Show the files that there are by now; what the last run has told of them stays."""
        known = dict(zip(self._jobs, enumerate(self._batch.table.states()), strict=True))

        def kept(job: Job, *, done: bool) -> int | None:
            row, state = known.get(job, (None, None))
            # A result may have been deleted.
            stays = state is FileState.FAILED or (state is FileState.DONE and done)
            return row if stays else None

        pairs = zip(found.jobs, found.done, strict=True)
        self._show_files(found, [kept(job, done=done) for job, done in pairs])

    def _show_files(self, found: FilesFound, kept: Sequence[int | None] | None = None) -> None:
        """Show the files, of which some may be in the table already, in the rows that are kept."""
        again = self._batch.overwrite.value()
        self._jobs, self._output = found.jobs, found.output
        self._batch.table.set_files(
            [job.name for job in found.jobs], [done and not again for done in found.done], kept
        )
        self._batch.set_default_output(found.output)

    def _on_not_found(self, error: BaseException) -> None:
        """Say why there are no files."""
        self._show_files(FilesFound((), (), ""))
        self._panel.message.show_error(*explain(error, "Looking for images"))

    def _end_search(self) -> None:
        """Look for files no longer."""
        if self._search is not None:
            self._search.leave()
            self._search = None
            self._batch.progress.reset()

    def _add_layers(self, events: list[list[NewLayer]]) -> None:
        """Show what was read."""
        for data, arguments in events[-1]:
            self._viewer.add_image(data, **arguments)

    def _on_unreadable(self, error: BaseException) -> None:
        """Say why a file cannot be shown."""
        self._panel.message.show_error(*explain(error, "Opening the image"))

    def _end_reading(self) -> None:
        """Be ready to read the next file."""
        self._reading = None

    def _on_events(self, events: list[Any]) -> None:
        """Show what has happened since the last time."""
        for event in events:
            if isinstance(event, FilesFound):
                self._show_files(event)
        if self._run is not None:
            self._run.show(events)

    def _on_failed(self, error: BaseException) -> None:
        """Say what went wrong; the tab can be used again."""
        self._panel.message.show_error(*explain(error, "Denoising"))

    def _on_over(self) -> None:
        """Clean up, and say what has come of it."""
        assert self._run is not None
        assert self.worker is not None
        text, all_well = self._run.finish()
        # An error that has ended it counts more.
        if not self.worker.has_failed:
            message = f"{text} Results in {self._output}."
            self._panel.message.show_message(message, error=not all_well)
        self._panel.set_running(False)
        self._forget()

    def _forget(self) -> None:
        """Hold nothing of a run longer than needed."""
        self.worker = None
        if self._run is not None:
            self._run.close()
        self._run = None
