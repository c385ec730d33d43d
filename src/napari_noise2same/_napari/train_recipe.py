"""What the train dock says now, as text that does the same without napari."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_noise2same._napari.conversion import layer_data
from napari_noise2same._napari.model_files import file_name
from napari_noise2same.core.errors import ConfigurationError, ImageError
from napari_noise2same.core.io import read_image
from napari_noise2same.core.settings import TrainingConfig

if TYPE_CHECKING:
    from napari_noise2same._napari.models import ModelStore
    from napari_noise2same._napari.train_inputs import TrainInputs
    from napari_noise2same.widgets import TrainPanel

__all__ = ["TrainRecipe"]

_STAND_IN = "noisy.tif"


@dataclass(frozen=True)
class Source:
    """Where the pixels of a layer come from.

    Attributes
    ----------
    name : str
        Name of the layer.
    shape : tuple of int
        Its shape.
    path : str
        Its file; empty if it comes from none.
    """

    name: str
    shape: tuple[int, ...]
    path: str


@dataclass(frozen=True)
class TrainRecipe:
    """A run before it is text.

    Attributes
    ----------
    sources : tuple of Source
        The ticked layers.
    axes : str
        Their axes.
    config : TrainingConfig
        How they are trained on.
    model : str or None
        Name of a model to start from.
    file : str
        The file that it was opened from or saved to; empty if there is none.
    """

    sources: tuple[Source, ...]
    axes: str
    config: TrainingConfig
    model: str | None
    file: str

    @classmethod
    def of(cls, panel: TrainPanel, inputs: TrainInputs, store: ModelStore) -> TrainRecipe:
        """Return what a form says.

        Parameters
        ----------
        panel : TrainPanel
            The form.
        inputs : TrainInputs
            Its layers.
        store : ModelStore
            Knows the files of models.

        Returns
        -------
        TrainRecipe
            The run. Nothing is read.

        Raises
        ------
        ConfigurationError
            If a setting cannot work, or cannot be written as text.
        """
        if panel.region.value() is not None:
            raise ConfigurationError(
                "Expected training on whole images, found that it is inside a region, which "
                "cannot be written as text: choose Whole image, or save the region as an image."
            )
        sources = tuple(
            Source(layer.name, layer_data(layer).shape, str(layer.source.path or ""))
            for layer in inputs.layers()
        )
        key = panel.start.chosen_model()
        model = None if key is None else str(key)
        file = "" if model is None else store.path(model)
        return cls(sources, panel.axes.value(), panel.value(), model, file)

    @property
    def unsaved(self) -> str:
        """Name of the file in which the model has to be saved first; empty if it has one."""
        return "" if self.model is None or self.file else file_name(self.model)

    def text(self, write: Callable[[list[str], str, TrainingConfig, str | None, str], str]) -> str:
        """Return the run as text; looks into the files.

        Parameters
        ----------
        write : callable
            `as_script` or `as_command`.

        Returns
        -------
        str
            What it has written, with a stand-in for layers that come from no file.

        Raises
        ------
        Noise2SameError
            If a file cannot be read, or a layer is not all of its file.
        """
        return write(self._paths(), self.axes, self.config, self.model, self.file)

    def _paths(self) -> list[str]:
        """Return the files."""
        for source in self.sources:
            if source.path:
                _check(source)
        return [source.path or _STAND_IN for source in self.sources]


def _check(source: Source) -> None:
    """Refuse a layer that is, for instance, one channel of its file: text would take them all."""
    found = read_image(source.path).data.shape
    if found != source.shape:
        raise ImageError(
            f"Expected a layer that shows all of its file, found {source.name} of "
            f"{_times(source.shape)} pixels, where {source.path} has {_times(found)}: save the "
            "layer as an image, and open that."
        )


def _times(shape: tuple[int, ...]) -> str:
    """Write a shape."""
    return " × ".join(map(str, shape))
