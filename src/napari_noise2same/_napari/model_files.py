"""Saving and opening model files, never in the GUI thread."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.array import reason_of
from napari_noise2same.core.errors import Noise2SameError

if TYPE_CHECKING:
    from napari_noise2same.core import TrainedModel

__all__ = ["ModelFiles", "explain", "file_name"]

_ENDING = "safetensors"
# File systems take 255, with an ending and a number.
_MOST_BYTES = 200
_FILTER = f"Noise2Same models (*.{_ENDING})"


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


def file_name(name: str, ending: str = _ENDING) -> str:
    """Return the name of the file that something is saved in unless the user chooses another.

    Parameters
    ----------
    name : str
        Name of a model or a layer.
    ending : str
        Ending of the file, that of models by default.

    Returns
    -------
    str
        The same without what no file may be called, and no longer than a file's name may be.
    """
    name = name.encode()[:_MOST_BYTES].decode(errors="ignore")
    return re.sub(r'[\\/:*?"<>|]', "_", f"{name}.{ending}")


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

    def ask_to_save(self, parent: QWidget, model: TrainedModel, name: str) -> None:
        """Let the user choose where to write a model.

        Parameters
        ----------
        parent : QWidget
            Over which window to ask.
        model : TrainedModel
            The model.
        name : str
            What to call the file, if nothing else is entered.
        """
        dialog = QFileDialog(parent, "Save model", "", _FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        # The dialog itself must know it, to ask before it replaces a file.
        dialog.setDefaultSuffix(_ENDING)
        dialog.selectFile(file_name(name))
        if dialog.exec():
            self.save(model, dialog.selectedFiles()[0])
        dialog.deleteLater()

    def ask_to_open(self, parent: QWidget) -> None:
        """Let the user choose a model file to read.

        Parameters
        ----------
        parent : QWidget
            Over which window to ask.
        """
        path, _ = QFileDialog.getOpenFileName(parent, "Choose a model", "", _FILTER)
        if path:
            self.open(path)

    def save(self, model: TrainedModel, path: str) -> None:
        """Write a model file.

        Parameters
        ----------
        model : TrainedModel
            The model.
        path : str
            The file, with or without its ending.
        """
        target = path if path.endswith(f".{_ENDING}") else f"{path}.{_ENDING}"

        def work(_stop: Callable[[], bool]) -> Iterator[Any]:
            from napari_noise2same.core import save_model

            save_model(model, target)
            yield target

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
