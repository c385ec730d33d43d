"""The models of a viewer: trained or opened there, shared by its docks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_noise2same.core.errors import ConfigurationError

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import TrainedModel

__all__ = ["ModelStore"]


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
            The store of a dock that is open in the viewer, or a new one: a dock keeps it as
            its attribute `store`, so that it lives as long as a dock does.
        """
        docks = viewer.window.dock_widgets.values()
        stores = (getattr(dock, "store", None) for dock in docks)
        return next((store for store in stores if isinstance(store, cls)), None) or cls()

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

    def put(self, name: str, model: TrainedModel) -> None:
        """Add a model, or put it in the place of the one of that name, as the latest.

        Parameters
        ----------
        name : str
            The name.
        model : TrainedModel
            The model.
        """
        self._models.pop(name, None)
        self._models[name] = model
        self.changed.emit()

    def names(self) -> tuple[str, ...]:
        """Return the names, the latest last."""
        return tuple(self._models)

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
