"""The view of denoising many files."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from qtpy.QtCore import QMimeData, Signal
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_noise2same.core.settings import BatchConfig, ResultFormat
from napari_noise2same.widgets.choice import ChoiceBox
from napari_noise2same.widgets.editors import SwitchBox
from napari_noise2same.widgets.field_form import add_row, make_rows
from napari_noise2same.widgets.file_table import FileTable
from napari_noise2same.widgets.form_texts import TEXTS
from napari_noise2same.widgets.paths_box import PathsBox
from napari_noise2same.widgets.progress import RunProgress

__all__ = ["BatchPanel"]


class BatchPanel(QWidget):
    """Which files, where to, and what has become of them.

    Its parts are used directly: `inputs`, `output`, `format`, `overwrite`, `table`, `denoise`,
    `cancel`, `progress`. Files and folders can be dropped on it.

    Attributes
    ----------
    denoise_requested, cancel_requested
        A button was pressed.
    changed
        There are other files to denoise, or other results to make of them.
    """

    denoise_requested = Signal()
    cancel_requested = Signal()
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.inputs = PathsBox()
        self.output = PathsBox(files=False)
        self.format = ChoiceBox(TEXTS["batch.format"].choices)
        self.overwrite = SwitchBox()
        self.overwrite.setText("Make results anew that are there")
        self.overwrite.setToolTip(TEXTS["batch.overwrite"].tooltip)
        self.table = FileTable()
        self.denoise = QPushButton("Denoise all")
        self.cancel = QPushButton("Cancel")
        self.progress = RunProgress("image")
        self._settings = self._make_settings()
        self.setAcceptDrops(True)
        self._arrange()
        self._connect()
        self.set_value(BatchConfig())
        self.set_running(False, ready=False)

    def value(self) -> BatchConfig:
        """Return the files and where their results go.

        Returns
        -------
        BatchConfig
            The settings.
        """
        return BatchConfig(
            inputs=self.inputs.value(),
            output=next(iter(self.output.value()), ""),
            format=cast("ResultFormat | None", self.format.value()),
        )

    def set_value(self, config: BatchConfig) -> None:
        """Show settings.

        Parameters
        ----------
        config : BatchConfig
            The settings.
        """
        self.inputs.set_value(config.inputs)
        self.output.set_value((config.output,) if config.output else ())
        self.format.set_value(config.format)

    def set_default_output(self, folder: str) -> None:
        """Show where results go unless another folder is chosen.

        Parameters
        ----------
        folder : str
            The folder.
        """
        self.output.edit.setPlaceholderText(folder or TEXTS["batch.output"].choices[None])

    def set_running(self, running: bool, *, ready: bool) -> None:
        """Show what can be done now; settings are locked during a run.

        Parameters
        ----------
        running : bool
            Whether files are being denoised.
        ready : bool
            Whether a run could start now.
        """
        self.denoise.setEnabled(ready and not running)
        self.cancel.setEnabled(running)
        self._settings.setDisabled(running)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Take files and folders."""
        if event is not None and self._settings.isEnabled() and _paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Take what was dropped as the images."""
        if event is not None:
            event.acceptProposedAction()
            self.inputs.set_value(_paths(event.mimeData()))

    def _make_settings(self) -> QWidget:
        """Lay out what is locked during a run."""
        settings = QWidget()
        rows = make_rows(settings)
        add_row(rows, TEXTS["batch.inputs"], self.inputs)
        add_row(rows, TEXTS["batch.output"], self.output)
        add_row(rows, TEXTS["batch.format"], self.format)
        # Beside a label it would keep the dock wide.
        rows.addRow(self.overwrite)
        return settings

    def _arrange(self) -> None:
        """Lay out the panel."""
        self.set_default_output("")
        self.table.setToolTip("Click a row twice to see the image and its result as layers.")
        buttons = QHBoxLayout()
        buttons.addWidget(self.denoise, 1)
        buttons.addWidget(self.cancel, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(self._settings)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        layout.addWidget(self.progress)

    def _connect(self) -> None:
        """Forward the signals of the parts."""
        self.denoise.clicked.connect(self.denoise_requested)
        self.cancel.clicked.connect(self.cancel_requested)
        for part in (self.inputs, self.output, self.format, self.overwrite):
            part.changed.connect(self.changed)


def _paths(dropped: QMimeData | None) -> tuple[str, ...]:
    """Return the files and folders in what is dropped."""
    urls = [] if dropped is None else dropped.urls()
    return tuple(str(Path(url.toLocalFile())) for url in urls if url.isLocalFile())
