"""A run over many files as the Batch tab shows it: table, progress, summary."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_noise2same._napari.activity import Activity
from napari_noise2same._napari.batch_work import FilesFound, PictureReady
from napari_noise2same.core.batch import (
    BatchProgress,
    FileDone,
    FileFailed,
    FileSkipped,
    FileStarted,
)
from napari_noise2same.widgets import FileState

if TYPE_CHECKING:
    from napari_noise2same.widgets import BatchPanel

__all__ = ["BatchRun"]

_ENDS = {
    FileState.DONE: "denoised",
    FileState.SKIPPED: "done before",
    FileState.FAILED: "failed",
    FileState.WAITING: "not done",
}


class BatchRun:
    """Shows the events of one run.

    Parameters
    ----------
    panel : BatchPanel
        The view, whose table has the files once `FilesFound` is told.
    """

    def __init__(self, panel: BatchPanel) -> None:
        self._table = panel.table
        self._progress = panel.progress
        self._progress.set_busy("Looking for images…")
        self._activity = Activity("Noise2Same denoising")
        self._begun = time.perf_counter()
        # How far the files are, and which is under way.
        self._files = BatchProgress(())
        self._row = 0

    def show(self, events: Sequence[Any]) -> None:
        """Show what has happened.

        Parameters
        ----------
        events : sequence
            What `denoise_files` has yielded.
        """
        for event in events:
            self._show(event)
        files, elapsed = self._files, time.perf_counter() - self._begun
        self._progress.set_progress(
            files.over,
            files.total,
            fraction=files.fraction,
            elapsed=elapsed,
            remaining=files.remaining(elapsed),
        )
        self._activity.show(files.fraction)

    def finish(self) -> tuple[str, bool]:
        """Show that it is over, and say what has become of the files.

        Returns
        -------
        text : str
            The numbers, in one sentence.
        all_well : bool
            Whether no file has failed.
        """
        self._progress.stop()
        states = self._table.states()
        if FileState.RUNNING in states:
            # It was given up, and has no result.
            self._table.set_state(self._row, FileState.WAITING)
            states = self._table.states()
        if FileState.FAILED in states:
            self._table.bring_into_view(states.index(FileState.FAILED))
        number = Counter(states)
        parts = [f"{number[state]} {text}" for state, text in _ENDS.items() if number[state]]
        images = "1 image" if len(states) == 1 else f"{len(states)} images"
        return f"Of {images} {', '.join(parts)}.", not number[FileState.FAILED]

    def close(self) -> None:
        """Take the bar of napari's activity dock away; safe to call when the panel is gone."""
        self._activity.close()

    def _show(self, event: Any) -> None:
        """Show one event."""
        # The thread has imported the engine by now.
        from napari_noise2same.core import DenoiseStarted, TileDone

        self._files.take(event)
        match event:
            case FilesFound():
                states = self._table.states()
                self._files = BatchProgress([state is FileState.SKIPPED for state in states])
            case FileStarted():
                self._row = event.index
                self._show_share()
            case DenoiseStarted() | TileDone():
                self._show_share()
            case PictureReady():
                self._table.set_picture(event.index, event.pixels, after=event.after)
            case FileFailed():
                self._table.set_state(event.index, FileState.FAILED, event.reason)
            case FileDone():
                self._table.set_state(event.index, FileState.DONE)
            case FileSkipped():
                self._table.set_state(event.index, FileState.SKIPPED)

    def _show_share(self) -> None:
        """Show how much of the file under way is done."""
        self._table.set_state(self._row, FileState.RUNNING, f"{self._files.share:.0%}")
