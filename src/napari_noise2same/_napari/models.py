"""The models of a viewer: trained or opened there, shared by its docks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_noise2same._napari.shelf import shared
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.errors import ConfigurationError

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import Finished, TrainedModel

__all__ = ["ModelStore", "learnt", "steps_done"]


class ModelStore(QObject):
    """Models by name, the latest last.

    Attributes
    ----------
    changed : Signal()
        A model was added.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._models: dict[str, TrainedModel] = {}
        # The files of those that were opened or saved.
        self._paths: dict[str, str] = {}
        # Those that a dock has left behind, until their model is there.
        self._ending: list[Worker] = []
        self._closed = False

    @classmethod
    def of(cls, viewer: Viewer) -> ModelStore:
        """Return the models of a viewer.

        Parameters
        ----------
        viewer : napari.Viewer
            The viewer.

        Returns
        -------
        ModelStore
            The one store of the viewer. It lives as long as the window, whatever docks come and go.
        """
        return shared(viewer, cls)

    def unique(self, name: str) -> str:
        """Return the name, with a number if a model has it already.

        Parameters
        ----------
        name : str
            A name.

        Returns
        -------
        str
            A name that no model has.
        """
        result, number = name, 2
        while result in self._models:
            result, number = f"{name} ({number})", number + 1
        return result

    def put(self, name: str, model: TrainedModel, path: str = "") -> None:
        """Add a model, or put it in the place of the one of that name, as the latest.

        Parameters
        ----------
        name : str
            The name.
        model : TrainedModel
            The model.
        path : str
            The file that it was opened from; empty for none.
        """
        self._models.pop(name, None)
        self._models[name] = model
        self._paths[name] = path
        self.changed.emit()

    def add_file(self, path: str, model: TrainedModel) -> str:
        """Add a model that was opened, and return its name.

        Parameters
        ----------
        path : str
            The file.
        model : TrainedModel
            The model.

        Returns
        -------
        str
            The name of the file, with a number if a model has it already.
        """
        name = self.unique(Path(path).stem)
        self.put(name, model, path)
        return name

    def note_saved(self, path: str, model: TrainedModel) -> None:
        """Remember where a model is.

        Parameters
        ----------
        path : str
            The file, which holds no other model any more.
        model : TrainedModel
            The model. If another has taken its place meanwhile, that one is not saved.
        """
        for name, known in self._models.items():
            if known is model:
                self._paths[name] = path
            elif self._paths[name] == path:
                self._paths[name] = ""

    def path(self, name: str) -> str:
        """Return the file of a model; nothing if it was neither opened nor saved."""
        return self._paths[name]

    def names(self) -> tuple[str, ...]:
        """Return the names, the latest last."""
        return tuple(self._models)

    def keep_from(self, worker: Worker, name: str) -> None:
        """Stop a training whose dock is gone, and keep what it has learnt.

        Parameters
        ----------
        worker : Worker
            The thread that trains. If the window is gone as well, it is left to itself.
        name : str
            What to call its model.
        """
        if self._closed:
            worker.leave()
            return
        self._ending.append(worker)
        worker.events.connect(lambda events: self._take(events, name))
        worker.finished.connect(lambda: self._ending.remove(worker))
        worker.stop()

    def close(self) -> None:
        """Wait for no model any more: the window is gone."""
        self._closed = True
        for worker in self._ending:
            worker.leave()
        self._ending.clear()

    def chosen(self, name: object) -> TrainedModel:
        """Return the model that is chosen in a dock.

        Parameters
        ----------
        name : object
            The value of its combo box.

        Returns
        -------
        TrainedModel
            The model.

        Raises
        ------
        ConfigurationError
            If none is chosen.
        """
        if name not in self._models:
            raise ConfigurationError(
                "Expected a model, found none chosen: train one, or choose the file of one."
            )
        return self._models[str(name)]

    def __getitem__(self, name: str) -> TrainedModel:
        """Return the model of a name."""
        return self._models[name]

    def _take(self, events: list[Any], name: str) -> None:
        """Keep the model that a training has ended with."""
        end = learnt(events)
        if end is not None:
            self.put(name, end.model)


def learnt(events: Iterable[Any]) -> Finished | None:
    """Return the end of a training that has come to a model.

    Parameters
    ----------
    events : iterable
        What the training has told.

    Returns
    -------
    Finished or None
        The end; None before it, and where the model is nothing but random weights.
    """
    # The thread has imported the engine by now.
    from napari_noise2same.core import Finished

    end = next((event for event in events if isinstance(event, Finished)), None)
    if end is None or (end.model.start == "scratch" and not steps_done(end.model)):
        return None
    return end


def steps_done(model: TrainedModel | None) -> int:
    """Return how many steps have led to a model.

    Parameters
    ----------
    model : TrainedModel, optional
        The model.

    Returns
    -------
    int
        The number, as far as it can be resumed; otherwise 0.
    """
    return 0 if model is None or model.resume is None else int(model.resume.values["step"])
