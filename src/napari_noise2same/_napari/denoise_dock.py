"""The dock in which layers are denoised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_noise2same._napari.batch_controller import BatchController
from napari_noise2same._napari.denoise_controller import DenoiseController
from napari_noise2same._napari.dock_parts import fill, when_gone
from napari_noise2same._napari.model_files import ModelFiles
from napari_noise2same._napari.models import ModelStore
from napari_noise2same._napari.saved_settings import keep_settings
from napari_noise2same.core.settings import BatchConfig, DenoiseConfig, ResultConfig
from napari_noise2same.widgets import DenoisePanel

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import TrainedModel

__all__ = ["DenoiseDock"]


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
        keep_settings(self.panel, "denoising", DenoiseConfig, self.panel.denoise_requested)
        keep_settings(self.panel.result, "result", ResultConfig, self.panel.denoise_requested)
        batch = self.panel.batch
        keep_settings(batch, "batch", BatchConfig, batch.denoise_requested)
        self.controller = DenoiseController(napari_viewer, self.panel, self.store)
        self.batch_controller = BatchController(napari_viewer, self.panel, self.store)
        self.files = ModelFiles()
        fill(self, self.panel)
        self._connect()

    def _connect(self) -> None:
        """Connect the form, files, and the end."""
        files, message = self.files, self.panel.message
        self.panel.choose_file_requested.connect(lambda: files.ask_to_open(self))
        self.panel.save_requested.connect(self._ask_to_save)
        files.saved.connect(self._on_saved)
        files.failed.connect(message.show_error)
        files.opened.connect(self._on_opened)
        when_gone(self, self.controller.close, self.batch_controller.close, files.close)

    def _ask_to_save(self) -> None:
        """Ask for a place for the model that is chosen."""
        name = self.panel.model.value()
        self.files.ask_to_save(self, self.store.chosen(name), str(name))

    def _on_saved(self, path: str, model: TrainedModel) -> None:
        """Say where the model is, here and in recipes."""
        self.store.note_saved(path, model)
        self.panel.message.show_message(f"Saved {path}.")

    def _on_opened(self, path: str, model: TrainedModel) -> None:
        """Offer the model to every dock."""
        name = self.store.add_file(path, model)
        self.panel.message.show_message(f"Opened {name}.")
