"""A line for paths, with buttons to choose them."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import expanduser
from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

__all__ = ["PathsBox"]


class PathsBox(QWidget):
    """Files, folders and patterns: typed, or chosen in a dialog.

    Parameters
    ----------
    files : bool
        Whether files can be chosen beside a folder.
    """

    changed = Signal()

    def __init__(self, *, files: bool = True) -> None:
        super().__init__()
        self._paths: tuple[str, ...] = ()
        self.edit = QLineEdit()
        self.edit.setClearButtonEnabled(True)
        self.folder = QPushButton("Folder…")
        self.files = QPushButton("Files…")
        self.files.setVisible(files)
        layout = QVBoxLayout(self) if files else QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.edit, 1)
        # Two buttons beside the line would leave no room for a path in a narrow dock.
        buttons = QHBoxLayout()
        buttons.addWidget(self.folder, 1)
        buttons.addWidget(self.files, 1)
        layout.addLayout(buttons)
        self.edit.editingFinished.connect(self._on_typed)
        self.edit.textChanged.connect(self._on_cleared)
        self.folder.clicked.connect(self._ask_for_folder)
        self.files.clicked.connect(self._ask_for_files)

    def value(self) -> tuple[str, ...]:
        """Return the paths."""
        return self._paths

    def set_value(self, paths: Sequence[str]) -> None:
        """Show paths.

        Parameters
        ----------
        paths : sequence of str
            The paths.
        """
        before, self._paths = self._paths, tuple(paths)
        self.edit.setText(_summary(self._paths))
        self.edit.setToolTip("\n".join(self._paths[:20]))
        if self._paths != before:
            self.changed.emit()

    def _on_typed(self) -> None:
        """Take what was typed, unless it is what stands for the paths."""
        text = _cleaned(self.edit.text())
        if text != _summary(self._paths):
            self.set_value((text,) if text else ())

    def _on_cleared(self, text: str) -> None:
        """Take it at once when the button in the line was pressed."""
        if not text and self._paths:
            self.set_value(())

    def _ask_for_folder(self) -> None:
        """Let the user choose a folder."""
        path = QFileDialog.getExistingDirectory(self, "Choose a folder", self._start())
        if path:
            self.set_value((path,))

    def _ask_for_files(self) -> None:
        """Let the user choose files."""
        paths, _ = QFileDialog.getOpenFileNames(self, "Choose images", self._start())
        if paths:
            self.set_value(paths)

    def _start(self) -> str:
        """Return where the dialogs begin."""
        return self._paths[0] if self._paths else ""


def _cleaned(text: str) -> str:
    """Return a typed path without what file managers put around one that they copy."""
    # Unlike a `Path`, it takes patterns and addresses as they are, and users that are not there.
    return expanduser(text.strip().strip('"').strip())  # noqa: PTH111


def _summary(paths: Sequence[str]) -> str:
    """Return what the line shows."""
    if len(paths) > 1:
        return f"{len(paths)} chosen in {Path(paths[0]).parent.name}"
    return paths[0] if paths else ""
