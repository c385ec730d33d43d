"""Saving and opening model files, never in the GUI thread."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_noise2same._napari.file_work import FileWork
from napari_noise2same.widgets import ask_where_to_save

if TYPE_CHECKING:
    from napari_noise2same.core import TrainedModel

__all__ = ["ModelFiles", "file_name"]

_ENDING = "safetensors"
# File systems take 255, with an ending and a number.
_MOST_BYTES = 200
_KIND = "Noise2Same models"


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


class ModelFiles(FileWork):
    """Saves and opens model files in threads.

    Attributes
    ----------
    saved : Signal(str, object)
        The whole path of the file that was written, and its model.
    opened : Signal(str, object)
        The whole path of the file that was read, and its model.
    """

    saved = Signal(str, object)
    opened = Signal(str, object)

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
        path = ask_where_to_save(parent, "Save model", _KIND, _ENDING, file_name(name))
        if path:
            self.save(model, path)

    def ask_to_open(self, parent: QWidget) -> None:
        """Let the user choose a model file to read.

        Parameters
        ----------
        parent : QWidget
            Over which window to ask.
        """
        kind = f"{_KIND} (*.{_ENDING})"
        path, _ = QFileDialog.getOpenFileName(parent, "Choose a model", "", kind)
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
        target = str(Path(path).absolute())
        if not target.lower().endswith(f".{_ENDING}"):
            target += f".{_ENDING}"

        def save() -> None:
            from napari_noise2same.core import save_model

            save_model(model, target)

        self.run(save, lambda _: self.saved.emit(target, model), "Saving")

    def open(self, path: str) -> None:
        """Read a model file.

        Parameters
        ----------
        path : str
            The file.
        """

        def read() -> TrainedModel:
            from napari_noise2same.core import load_model

            return load_model(path)

        whole = str(Path(path).absolute())
        self.run(read, lambda model: self.opened.emit(whole, model), "Opening the model")
