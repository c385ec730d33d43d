"""Saving and opening model files, never in the GUI thread."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.errors import Noise2SameError

if TYPE_CHECKING:
    from napari_noise2same.core import TrainedModel

__all__ = ["FILE_FILTER", "ModelFiles", "explain"]

FILE_FILTER = "Noise2Same models (*.safetensors)"


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
    return f"{what} failed unexpectedly: {error}", details


class ModelFiles(QObject):
    """Saves and opens model files in a thread, one after the other.

    Attributes
    ----------
    saved : Signal(str)
        The path of the file that was written.
    opened : Signal(str, object)
        The name of the file and its model.
    failed : Signal(str, str)
        A sentence, and details.
    """

    saved = Signal(str)
    opened = Signal(str, object)
    failed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._workers: list[Worker] = []

    def save(self, model: TrainedModel, path: str) -> None:
        """Write a model file.

        Parameters
        ----------
        model : TrainedModel
            The model.
        path : str
            The file, with or without its ending.
        """
        target = Path(path).with_suffix(".safetensors")

        def work(_stop: Callable[[], bool]) -> Iterator[Any]:
            from napari_noise2same.core import save_model

            save_model(model, target)
            yield str(target)

        self._run(work, lambda events: self.saved.emit(events[-1]), "Saving")

    def open(self, path: str) -> None:
        """Read a model file.

        Parameters
        ----------
        path : str
            The file.
        """

        def work(_stop: Callable[[], bool]) -> Iterator[Any]:
            from napari_noise2same.core import load_model

            yield load_model(path)

        name = Path(path).stem
        self._run(work, lambda events: self.opened.emit(name, events[-1]), "Opening the model")

    def close(self) -> None:
        """Wait for what is under way: a file is written whole or not at all."""
        for worker in self._workers:
            worker.close()
        self._workers = []

    def _run(
        self,
        work: Callable[[Callable[[], bool]], Iterator[Any]],
        on_events: Callable[[list[Any]], None],
        what: str,
    ) -> None:
        """Start a thread, and forget it when it is done."""
        worker = Worker(work)
        self._workers.append(worker)
        worker.events.connect(on_events)
        worker.failed.connect(lambda error: self.failed.emit(*explain(error, what)))
        worker.finished.connect(lambda: self._workers.remove(worker))
