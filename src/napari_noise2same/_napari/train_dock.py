"""The dock in which a model is trained."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils.theme import get_theme
from qtpy.QtWidgets import QApplication, QWidget

from napari_noise2same._napari.commands import denoise_with
from napari_noise2same._napari.dock_parts import fill, when_gone
from napari_noise2same._napari.model_files import ModelFiles
from napari_noise2same._napari.models import ModelStore
from napari_noise2same._napari.recipes import as_command, as_script
from napari_noise2same._napari.saved_settings import keep_settings
from napari_noise2same._napari.train_controller import TrainController
from napari_noise2same._napari.train_recipe import TrainRecipe
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.widgets import TrainPanel

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import TrainedModel

__all__ = ["TrainDock"]


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
        keep_settings(self.panel, "training", TrainingConfig, self.panel.run.train_requested)
        self.controller = TrainController(napari_viewer, self.panel, self.store)
        self.files = ModelFiles()
        fill(self, self.panel)
        self._connect()
        self._on_theme()

    def _connect(self) -> None:
        """Connect buttons, files, theme, and the end."""
        model, files, message = self.panel.model, self.files, self.panel.message
        model.denoise_requested.connect(self._denoise)
        model.save_requested.connect(self._ask_to_save)
        model.load_requested.connect(lambda: files.ask_to_open(self))
        model.copy_script_requested.connect(lambda: self._copy(as_script))
        model.copy_command_requested.connect(lambda: self._copy(as_command))
        self.panel.plot.export_requested.connect(self._export)
        files.saved.connect(self._on_saved)
        files.failed.connect(message.show_error)
        files.opened.connect(self._on_opened)
        theme, on_theme = self._viewer.events.theme, self._on_theme
        theme.connect(on_theme)
        when_gone(self, lambda: theme.disconnect(on_theme), self.controller.close, files.close)

    def _denoise(self) -> None:
        """Denoise the ticked layers in the other dock."""
        denoise_with(self._viewer, self.controller.name, self.panel.layers.value())

    def _ask_to_save(self) -> None:
        """Ask for a place for the model."""
        if self.controller.model is not None:
            self.files.ask_to_save(self, self.controller.model, self.controller.name)

    def _on_saved(self, path: str, model: TrainedModel) -> None:
        """Say where the model is, here and in recipes."""
        self.store.note_saved(path, model)
        self._tell_saved(path)

    def _on_opened(self, path: str, model: TrainedModel) -> None:
        """Offer the model to every dock; a run that is on keeps its own."""
        name = self.store.add_file(path, model)
        self.panel.message.show_message(f"Opened {name}: {len(model.history):,} steps.")
        if not self.controller.is_running:
            self.controller.set_model(name, model)

    def _copy(self, write: Callable[..., str]) -> None:
        """Copy a recipe, or say why there is none."""
        try:
            recipe = TrainRecipe.of(self.panel, self.controller.inputs, self.store)
        except Noise2SameError as error:
            self.panel.message.show_error(str(error))
            return
        put = partial(self._put_on_clipboard, unsaved=recipe.unsaved)
        self.files.run(lambda: recipe.text(write), put, "Copying")

    def _put_on_clipboard(self, text: str, unsaved: str) -> None:
        """Copy a text, and say what it needs."""
        clipboard = QApplication.clipboard()
        assert clipboard is not None  # there is an application: this is a widget of it
        clipboard.setText(text)
        need = f": before you run it, save the model to start from as {unsaved}" if unsaved else ""
        self.panel.message.show_message(f"Copied{need}.")

    def _export(self, path: str, write: Callable[[Path], None]) -> None:
        """Write a file of the plot."""
        self.files.run(lambda: write(Path(path)), lambda _: self._tell_saved(path), "Exporting")

    def _tell_saved(self, path: str) -> None:
        """Say that a file is there."""
        self.panel.message.show_message(f"Saved {path}.")

    def _on_theme(self) -> None:
        """Draw the plot in napari's colours."""
        theme = get_theme(self._viewer.theme)
        self.panel.plot.set_colours(theme.background.as_hex(), theme.text.as_hex())
