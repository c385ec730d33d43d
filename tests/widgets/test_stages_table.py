from __future__ import annotations

from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QTableWidgetItem

from napari_noise2same.core.settings import Stage, StagedLambda
from napari_noise2same.widgets import ChoiceBox
from napari_noise2same.widgets.stages_table import StagesTable

STAGES = StagedLambda().stages


def make(qtbot: QtBot) -> StagesTable:
    table = StagesTable()
    qtbot.addWidget(table)
    table.set_value(STAGES)
    return table


def cell(table: StagesTable, row: int, column: int) -> QTableWidgetItem:
    item = table.table.item(row, column)
    assert item is not None
    return item


def stages(table: StagesTable) -> tuple[Stage, ...]:
    return tuple(Stage.model_validate(stage) for stage in table.value())


def test_stages_come_back_exactly_though_few_digits_show(qtbot: QtBot) -> None:
    table = make(qtbot)
    assert stages(table) == STAGES
    assert cell(table, 0, 0).text() == "0.167"


def test_edited_cells_count(qtbot: QtBot) -> None:
    table = make(qtbot)
    with qtbot.waitSignal(table.changed):
        cell(table, 1, 2).setText("4.5")
    choice = table.table.cellWidget(2, 4)
    assert isinstance(choice, ChoiceBox)
    with qtbot.waitSignal(table.changed):
        choice.set_value("flips")
    assert stages(table)[1].lambda_stop == 4.5
    assert stages(table)[2].augmentation == "flips"


def test_stages_are_added_and_removed(qtbot: QtBot) -> None:
    table = make(qtbot)
    with qtbot.waitSignal(table.changed):
        qtbot.mouseClick(table.add, Qt.MouseButton.LeftButton)
    assert stages(table)[:-1] == STAGES
    table.table.setCurrentCell(0, 0)
    with qtbot.waitSignal(table.changed):
        qtbot.mouseClick(table.remove, Qt.MouseButton.LeftButton)
    assert stages(table)[:2] == STAGES[1:]


def test_without_a_selection_the_last_stage_is_removed(qtbot: QtBot) -> None:
    table = make(qtbot)
    qtbot.mouseClick(table.remove, Qt.MouseButton.LeftButton)
    assert stages(table) == STAGES[:-1]
