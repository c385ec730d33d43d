"""Work on files, never in the GUI thread, and what is said when work fails."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import TypeVar

from qtpy.QtCore import QObject, Signal

from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.array import reason_of
from napari_noise2same.core.errors import Noise2SameError

__all__ = ["FileWork", "explain"]

Outcome = TypeVar("Outcome")


def explain(error: BaseException, what: str) -> tuple[str, str]:
    """Turn an exception into a sentence, and details for those who want them.

    Parameters
    ----------
    error : BaseException
        What ended the work.
    what : str
        What was done, such as ``"Training"``.

    Returns
    -------
    text, details : str
        Known errors speak for themselves; others come with a traceback.
    """
    if isinstance(error, Noise2SameError):
        return str(error), ""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError):
        return f"{what} needs more memory than there is: work on a smaller part.", details
    # Only the first line: errors of devices go on for pages.
    return f"{what} failed unexpectedly: {reason_of(error).rstrip('.')}.", details


class FileWork(QObject):
    """Reads and writes files in threads.

    Attributes
    ----------
    failed : Signal(str, str)
        A sentence, and details.
    """

    failed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._workers: list[Worker] = []

    def run(
        self, work: Callable[[], Outcome], on_done: Callable[[Outcome], None], what: str
    ) -> None:
        """Do something in a thread.

        Parameters
        ----------
        work : callable
            What to do there.
        on_done : callable
            Called with what it has returned, in this thread.
        what : str
            What is done, for a sentence about its failure, such as ``"Saving"``.
        """

        def events(_stop: Callable[[], bool]) -> Iterator[Outcome]:
            yield work()

        worker = Worker(events)
        self._workers.append(worker)
        worker.events.connect(lambda outcome: on_done(outcome[-1]))
        worker.failed.connect(lambda error: self.failed.emit(*explain(error, what)))
        worker.finished.connect(lambda: self._workers.remove(worker))

    def close(self) -> None:
        """Wait for what is under way: a file is written whole or not at all."""
        for worker in self._workers:
            worker.close()
        self._workers = []
