"""The stages of a staged λ_inv schedule as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_noise2same.core.settings import Stage
from napari_noise2same.widgets.choice import ChoiceBox

__all__ = ["StagesTable"]

_NUMBERS = ("share", "lambda_start", "lambda_stop", "learning_rate")
_HEADERS = ("Share", "λ from", "λ to", "Rate", "Turned")
_NEW = Stage(share=1, lambda_start=1, lambda_stop=1, learning_rate=1e-4, augmentation="full")
_HEIGHT = 130
_EXACT = Qt.ItemDataRole.UserRole


class StagesTable(QWidget):
    """One row for each stage; rows can be added and removed."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.table = QTableWidget(0, len(_HEADERS))
        self.table.setHorizontalHeaderLabels(_HEADERS)
        self.table.setFixedHeight(_HEIGHT)
        header = cast("QHeaderView", self.table.horizontalHeader())
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(20)
        cast("QHeaderView", self.table.verticalHeader()).hide()
        self.add = QPushButton("Add stage")
        self.remove = QPushButton("Remove stage")
        buttons = QHBoxLayout()
        buttons.addWidget(self.add)
        buttons.addWidget(self.remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        layout.addLayout(buttons)
        self.table.itemChanged.connect(self.changed)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)

    def value(self) -> list[dict[str, Any]]:
        """Return the stages as they were entered, which may not be valid."""
        return [self._stage(row) for row in range(self.table.rowCount())]

    def set_value(self, stages: Sequence[Stage]) -> None:
        """Show stages.

        Parameters
        ----------
        stages : sequence of Stage
            The stages, in order.
        """
        self.table.setRowCount(0)
        for stage in stages:
            self._append(stage)
        self.changed.emit()

    def _append(self, stage: Stage) -> None:
        """Add a row."""
        row = self.table.rowCount()
        self.table.blockSignals(True)
        self.table.insertRow(row)
        for column, name in enumerate(_NUMBERS):
            number = getattr(stage, name)
            item = QTableWidgetItem(f"{number:.3g}")
            item.setData(_EXACT, number)
            self.table.setItem(row, column, item)
        choice = ChoiceBox({"full": "full", "flips": "flips", "none": "none"})
        choice.setMinimumContentsLength(3)
        choice.set_value(stage.augmentation)
        choice.changed.connect(self.changed)
        self.table.setCellWidget(row, len(_NUMBERS), choice)
        self.table.blockSignals(False)

    def _stage(self, row: int) -> dict[str, Any]:
        """Return what a row says; numbers that were not edited are exact."""
        stage: dict[str, Any] = {}
        for column, name in enumerate(_NUMBERS):
            item = cast("QTableWidgetItem", self.table.item(row, column))
            exact = item.data(_EXACT)
            stage[name] = exact if item.text() == f"{exact:.3g}" else item.text()
        choice = cast("ChoiceBox", self.table.cellWidget(row, len(_NUMBERS)))
        return {**stage, "augmentation": choice.value()}

    def _add(self) -> None:
        """Add a stage at the end."""
        self._append(_NEW)
        self.changed.emit()

    def _remove(self) -> None:
        """Remove the selected stage, or the last one."""
        row = self.table.currentRow()
        self.table.removeRow(row if row >= 0 else self.table.rowCount() - 1)
        self.changed.emit()
