"""Where results go: into memory, or into folders, and then who makes them."""

from __future__ import annotations

from typing import Any, Literal, cast

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QLabel, QWidget

from napari_noise2same.core.settings import ResultConfig
from napari_noise2same.widgets.choice import ChoiceBox
from napari_noise2same.widgets.field_form import FieldRow, add_row, make_rows
from napari_noise2same.widgets.form_texts import TEXTS
from napari_noise2same.widgets.paths_box import PathsBox
from napari_noise2same.widgets.scheduler_box import SchedulerBox
from napari_noise2same.widgets.validation import reasons, validated

__all__ = ["ResultForm"]

_PREFIX = "result."

Place = Literal["memory", "folder"]


class ResultForm(QWidget):
    """A choice of where results go, with what a folder needs.

    Its parts are used directly: `place`, `folder`, `scheduler`, `note`.

    Attributes
    ----------
    changed
        Something was changed by the user, valid or not.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._wanted: Place = "memory"
        self._too_large = False
        self.place = ChoiceBox(TEXTS["result.place"].choices)
        self.folder = PathsBox(files=False)
        self.folder.folder.setText("Browse…")
        self.scheduler = FieldRow(SchedulerBox())
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self._arrange()
        self._connect()
        self._show_place("memory")
        self.set_note("")

    def value(self) -> ResultConfig:
        """Return what the user wants.

        Returns
        -------
        ResultConfig
            The settings; `in_folder` says whether a result that is too large goes elsewhere.

        Raises
        ------
        ConfigurationError
            If one of them cannot work: in one sentence, which and why.
        """
        return validated(ResultConfig, self._shown(), _PREFIX)

    def set_value(self, config: ResultConfig) -> None:
        """Show settings.

        Parameters
        ----------
        config : ResultConfig
            The settings.
        """
        self._wanted = config.place
        self.folder.set_value((config.folder,) if config.folder else ())
        self.scheduler.editor.set_value(config.scheduler)
        self._show_place("folder" if self._too_large else config.place)

    def in_folder(self) -> bool:
        """Return whether results go into folders now."""
        return self.place.value() == "folder"

    def set_too_large(self, too_large: bool) -> None:
        """Switch to a folder for what does not fit into memory, and back after that.

        The user can still choose memory.

        Parameters
        ----------
        too_large : bool
            Whether the results do not fit.
        """
        if too_large != self._too_large:
            self._too_large = too_large
            self._show_place("folder" if too_large else self._wanted)

    def set_default_folder(self, folder: str) -> None:
        """Show where results go unless another folder is chosen.

        Parameters
        ----------
        folder : str
            The folder.
        """
        self.folder.edit.setPlaceholderText(folder)

    def set_note(self, text: str) -> None:
        """Say something below the fields.

        Parameters
        ----------
        text : str
            The sentences; nothing hides the line.
        """
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _shown(self) -> dict[str, Any]:
        """Return the settings, which may not be valid."""
        return {
            "place": self._wanted,
            "folder": next(iter(self.folder.value()), ""),
            "scheduler": self.scheduler.editor.value(),
        }

    def _arrange(self) -> None:
        """Lay out the rows."""
        self._rows = make_rows(self)
        add_row(self._rows, TEXTS["result.place"], self.place)
        add_row(self._rows, TEXTS["result.folder"], self.folder)
        add_row(self._rows, TEXTS["result.scheduler"], self.scheduler)
        self._rows.addRow(self.note)

    def _connect(self) -> None:
        """Hear of changes."""
        self.place.changed.connect(self._on_place)
        self.folder.changed.connect(self.changed)
        self.scheduler.editor.changed.connect(self._on_scheduler)

    def _show_place(self, place: Place) -> None:
        """Show a place, and the rows that belong to it."""
        with QSignalBlocker(self.place):
            self.place.set_value(place)
        for row in (self.folder, self.scheduler):
            self._rows.setRowVisible(row, place == "folder")

    def _on_place(self) -> None:
        """Follow the user."""
        self._wanted = cast("Place", self.place.value())
        self._show_place(self._wanted)
        self.changed.emit()

    def _on_scheduler(self) -> None:
        """Say beside the field what is wrong with it."""
        self.scheduler.show_reason(reasons(ResultConfig, self._shown()).get("scheduler", ""))
        self.changed.emit()
