"""The dock in which a model is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from qtpy.QtWidgets import QApplication, QFileDialog, QVBoxLayout, QWidget

from napari_noise2same._napari.memory import recall, remember
from napari_noise2same._napari.model_files import FILE_FILTER, ModelFiles
from napari_noise2same._napari.models import ModelStore
from napari_noise2same._napari.train_controller import TrainController
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.widgets import TrainPanel

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import TrainedModel

__all__ = ["TrainDock"]

_MEMORY = "training"


class TrainDock(QWidget):
    """Train a denoiser on open layers.

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
        self._viewer = napari_viewer
        self.store = ModelStore.of(napari_viewer)
        self.panel = TrainPanel()
        self.panel.set_value(recall(_MEMORY, TrainingConfig))
        self.controller = TrainController(napari_viewer, self.panel, self.store)
        self.files = ModelFiles()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.panel)
        self._connect()
        self._on_theme()

    def open_model(self, path: str) -> None:
        """Open a model file, to go on with it or to denoise.

        Parameters
        ----------
        path : str
            The file.
        """
        self.files.open(path)

    def save_model(self, path: str) -> None:
        """Save the model that was trained last.

        Parameters
        ----------
        path : str
            The file.
        """
        if self.controller.model is not None:
            self.files.save(self.controller.model, path)

    def _connect(self) -> None:
        """Connect buttons, files, theme, and the end."""
        panel, files = self.panel, self.files
        panel.train_requested.connect(self._remember)
        panel.save_requested.connect(self._ask_and_save)
        panel.load_requested.connect(self._ask_and_open)
        panel.copy_script_requested.connect(lambda: self._copy(self.controller.script))
        panel.copy_command_requested.connect(lambda: self._copy(self.controller.command))
        files.saved.connect(lambda path: panel.show_message(f"Saved {path}."))
        files.failed.connect(lambda text, more: panel.show_message(text, more, error=True))
        files.opened.connect(self._on_opened)
        theme = self._viewer.events.theme
        theme.connect(self._on_theme)
        controller, on_theme = self.controller, self._on_theme

        def close() -> None:
            theme.disconnect(on_theme)
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

    def _ask_and_save(self) -> None:
        """Ask for a place for the model."""
        suggestion = f"{self.controller.name}.safetensors"
        path, _ = QFileDialog.getSaveFileName(self, "Save model", suggestion, FILE_FILTER)
        if path:
            self.save_model(path)

    def _ask_and_open(self) -> None:
        """Ask for a model file."""
        path, _ = QFileDialog.getOpenFileName(self, "Load model", "", FILE_FILTER)
        if path:
            self.open_model(path)

    def _on_opened(self, name: str, model: TrainedModel) -> None:
        """Offer the model to every dock; a run that is on keeps its own."""
        name = self.store.unique(name)
        self.store.put(name, model)
        self.panel.show_message(f"Opened {name}: {len(model.history):,} steps.")
        if not self.controller.is_running:
            self.controller.set_model(name, model)

    def _copy(self, text: Callable[[], str]) -> None:
        """Copy a recipe, or say why there is none."""
        clipboard = QApplication.clipboard()
        assert clipboard is not None  # there is an application: this is a widget of it
        try:
            clipboard.setText(text())
        except Noise2SameError as error:
            self.panel.show_message(str(error), error=True)
            return
        self.panel.show_message("Copied.")

    def _on_theme(self, _event: Any = None) -> None:
        """Draw the plot in napari's colours."""
        theme = get_theme(self._viewer.theme)
        self.panel.plot.set_colours(theme.background.as_hex(), theme.text.as_hex())
