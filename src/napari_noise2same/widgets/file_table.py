"""A table of files: what becomes of each, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QImage, QPainter, QPaintEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

__all__ = ["THUMBNAIL_SIDE", "FileState", "FileTable"]

# Largest side of a thumbnail, in pixels.
THUMBNAIL_SIDE = 48
_ROW_HEIGHT = THUMBNAIL_SIDE + 4
_LEAST_ROWS = 4
_HEADERS = ("Image", "Before", "After", "State")
_NAME, _BEFORE, _AFTER, _STATE = range(4)
_NO_PARENT = QModelIndex()


class FileState(Enum):
    """What becomes of a file."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "done before"
    FAILED = "failed"


@dataclass
class _Row:
    """One file."""

    name: str
    state: FileState
    text: str = ""
    pictures: dict[int, QImage] = field(default_factory=dict)


class _Files(QAbstractTableModel):
    """The rows, which the view asks for as far as they show."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[_Row] = []

    def rowCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802 (Qt's name)
        """Return the number of files."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = _NO_PARENT) -> int:  # noqa: N802 (Qt's name)
        """Return the number of columns."""
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(  # noqa: N802 (Qt's name)
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the title of a column."""
        titles = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return _HEADERS[section] if titles else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DecorationRole:
            return row.pictures.get(index.column())
        text = {_NAME: row.name, _STATE: row.text or row.state.value}.get(index.column())
        if role == Qt.ItemDataRole.DisplayRole and row.state is FileState.FAILED:
            return f"⚠ {text}" if index.column() == _STATE else text
        return text if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole) else None

    def tell(self, row: int, column: int) -> None:
        """Say that a cell has changed."""
        index = self.index(row, column)
        self.dataChanged.emit(index, index)


class FileTable(QTableView):
    """Files with their state, and small pictures of them as they finish.

    Attributes
    ----------
    row_opened : Signal(int)
        A row was clicked twice.
    """

    row_opened = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._files = _Files(self)
        self.setModel(self._files)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self._arrange()
        self.doubleClicked.connect(lambda index: self.row_opened.emit(index.row()))

    def states(self) -> tuple[FileState, ...]:
        """Return the state of each file."""
        return tuple(row.state for row in self._files.rows)

    def text(self, row: int) -> str:
        """Return what the table says of a file."""
        found: str = self._files.data(self._files.index(row, _STATE))
        return found

    def has_pictures(self, row: int) -> tuple[bool, bool]:
        """Return whether a file has a picture before, and one after."""
        pictures = self._files.rows[row].pictures
        return _BEFORE in pictures, _AFTER in pictures

    def set_files(
        self, names: Sequence[str], done: Sequence[bool], kept: Sequence[int | None] | None = None
    ) -> None:
        """Replace the files.

        Parameters
        ----------
        names : sequence of str
            Their names.
        done : sequence of bool
            Whether each has a result already.
        kept : sequence of int or None, optional
            For each the row that it is in now and whose state and pictures stay, if there is one.
        """
        before = self._files.rows
        rows = kept or [None] * len(names)
        self._files.beginResetModel()
        self._files.rows = [
            _Row(name, FileState.SKIPPED if ready else FileState.WAITING)
            if row is None
            else before[row]
            for name, ready, row in zip(names, done, rows, strict=True)
        ]
        self._files.endResetModel()

    def set_state(self, row: int, state: FileState, text: str = "") -> None:
        """Show what becomes of a file.

        Parameters
        ----------
        row : int
            Its row.
        state : FileState
            The state.
        text : str
            What to say instead of the state: how far it is, why it failed.
        """
        file = self._files.rows[row]
        begins = state is FileState.RUNNING and file.state is not state
        file.state, file.text = state, text
        self._files.tell(row, _STATE)
        if begins:
            self.bring_into_view(row)

    def bring_into_view(self, row: int) -> None:
        """Scroll to a file, unless one is selected, which then is what the user looks at.

        Parameters
        ----------
        row : int
            Its row.
        """
        if not self.selectedIndexes():
            # New rows are laid out later, and before that there is nowhere to scroll to.
            self.executeDelayedItemsLayout()
            self.scrollTo(self._files.index(row, _NAME))

    def set_picture(self, row: int, pixels: NDArray[np.uint8], *, after: bool) -> None:
        """Show a small picture of a file.

        Parameters
        ----------
        row : int
            Its row.
        pixels : ndarray of uint8, shape (Y, X) or (Y, X, 3)
            The picture.
        after : bool
            Whether it shows the result.
        """
        column = _AFTER if after else _BEFORE
        self._files.rows[row].pictures[column] = _image(pixels)
        self._files.tell(row, column)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Say what to do while there is nothing to show."""
        super().paintEvent(event)
        if not self._files.rows and (area := self.viewport()) is not None:
            painter = QPainter(area)
            painter.setOpacity(0.6)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.rect(), flags, "Drop a folder or images here.")
            painter.end()

    def _arrange(self) -> None:
        """Set the sizes of rows and columns."""
        rows = cast("QHeaderView", self.verticalHeader())
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(_ROW_HEIGHT)
        columns = cast("QHeaderView", self.horizontalHeader())
        columns.setHighlightSections(False)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column in (_BEFORE, _AFTER):
            columns.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            columns.resizeSection(column, THUMBNAIL_SIDE + 10)
        self.setMinimumHeight(_LEAST_ROWS * _ROW_HEIGHT + columns.sizeHint().height())


def _image(pixels: NDArray[np.uint8]) -> QImage:
    """Turn pixels into what Qt draws."""
    colour = QImage.Format.Format_RGB888 if pixels.ndim == 3 else QImage.Format.Format_Grayscale8
    height, width = pixels.shape[:2]
    # A copy, because Qt does not keep the bytes.
    return QImage(pixels.tobytes(), width, height, pixels[0].size, colour).copy()
