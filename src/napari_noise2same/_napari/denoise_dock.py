"""The dock in which layers are denoised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from napari_noise2same._napari.denoise_controller import DenoiseController
from napari_noise2same._napari.memory import recall, remember
from napari_noise2same._napari.model_files import FILE_FILTER, ModelFiles
from napari_noise2same._napari.models import ModelStore
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.widgets import DenoisePanel

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import TrainedModel

__all__ = ["DenoiseDock"]

_MEMORY = "denoising"


class DenoiseDock(QWidget):
    """Denoise open layers with a trained model.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer, given by napari.

    Attributes
    ----------
    store : ModelStore
        The models of the viewer.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.store = ModelStore.of(napari_viewer)
        self.panel = DenoisePanel()
        self.panel.set_value(recall(_MEMORY, DenoiseConfig))
        self.controller = DenoiseController(napari_viewer, self.panel, self.store)
        self.files = ModelFiles()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.panel)
        self._connect()

    def open_model(self, path: str) -> None:
        """Open a model file, and choose it.

        Parameters
        ----------
        path : str
            The file.
        """
        self.files.open(path)

    def _connect(self) -> None:
        """Connect the form, files, and the end."""
        panel, files, controller = self.panel, self.files, self.controller
        panel.denoise_requested.connect(self._remember)
        panel.choose_file_requested.connect(self._ask_and_open)
        files.failed.connect(lambda text, more: panel.show_message(text, more, error=True))
        files.opened.connect(self._on_opened)

        def close() -> None:
            controller.close()
            files.close()

        # Qt tells of the end when this widget is half gone: nothing in it may be touched.
        self.destroyed.connect(close)

    def _remember(self) -> None:
        """Keep the settings for the next session."""
        try:
            remember(_MEMORY, self.panel.value())
        except Noise2SameError:
            # The controller has said what is wrong with them.
            return

    def _ask_and_open(self) -> None:
        """Ask for a model file."""
        path, _ = QFileDialog.getOpenFileName(self, "Choose a model", "", FILE_FILTER)
        if path:
            self.open_model(path)

    def _on_opened(self, name: str, model: TrainedModel) -> None:
        """Offer the model to every dock."""
        self.store.put(self.store.unique(name), model)
