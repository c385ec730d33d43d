from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QModelIndex, Qt

from napari_noise2same.widgets import THUMBNAIL_SIDE, FileState, FileTable

TOOLTIP = Qt.ItemDataRole.ToolTipRole


@pytest.fixture
def table(qtbot: QtBot) -> FileTable:
    table = FileTable()
    qtbot.addWidget(table)
    table.resize(380, 300)
    table.set_files(["a.tif", "b/c.tif", "d.tif"], [False, True, False])
    table.show()
    return table


def cell(table: FileTable, row: int, column: int) -> QModelIndex:
    model = table.model()
    assert model is not None
    return model.index(row, column)


def test_files_wait_unless_they_are_done(table: FileTable) -> None:
    assert table.states() == (FileState.WAITING, FileState.SKIPPED, FileState.WAITING)
    assert cell(table, 1, 0).data() == "b/c.tif"
    assert table.text(0) == "waiting"
    assert table.text(1) == "done before"


def test_a_file_says_how_far_it_is_or_why_it_failed(table: FileTable) -> None:
    table.set_state(0, FileState.RUNNING, "40%")
    table.set_state(1, FileState.FAILED, "Expected an image, found none.")
    assert table.text(0) == "40%"
    assert table.text(1) == "⚠ Expected an image, found none."
    assert cell(table, 1, 3).data(TOOLTIP) == "Expected an image, found none."
    assert cell(table, 1, 0).data() == "b/c.tif"
    table.set_state(0, FileState.DONE)
    assert table.text(0) == "done"


def test_the_view_is_told_of_changes(qtbot: QtBot, table: FileTable) -> None:
    model = table.model()
    assert model is not None
    with qtbot.waitSignal(model.dataChanged) as told:
        table.set_state(2, FileState.DONE)
    assert told.args is not None
    assert (told.args[0].row(), told.args[0].column()) == (2, 3)


@pytest.mark.parametrize("shape", [(48, 31), (31, 48, 3), (1, 5)])
def test_pictures_before_and_after(table: FileTable, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    table.set_picture(1, pixels, after=False)
    assert table.has_pictures(1) == (True, False)
    # Not contiguous, as slices of images are.
    table.set_picture(1, pixels[::-1, ::-1], after=True)
    assert table.has_pictures(1) == (True, True)
    image = cell(table, 1, 1).data(Qt.ItemDataRole.DecorationRole)
    turned = cell(table, 1, 2).data(Qt.ItemDataRole.DecorationRole)
    colour = image.pixelColor(2, 0)
    assert np.ravel(pixels[0, 2])[0] == colour.red()
    assert turned.pixelColor(shape[1] - 3, shape[0] - 1) == colour


def test_a_row_that_is_clicked_twice_is_opened(qtbot: QtBot, table: FileTable) -> None:
    area, left = table.viewport(), Qt.MouseButton.LeftButton
    assert area is not None
    middle = table.visualRect(cell(table, 1, 0)).center()
    qtbot.mouseClick(area, left, pos=middle)
    with qtbot.waitSignal(table.row_opened) as opened:
        qtbot.mouseDClick(area, left, pos=middle)
    assert opened.args == [1]


def test_thousands_of_files_follow_the_one_under_way(table: FileTable) -> None:
    table.set_files([f"{i}.tif" for i in range(20_000)], [False] * 20_000)
    table.set_state(19_000, FileState.RUNNING, "0%")
    area = table.viewport()
    assert area is not None
    assert area.rect().intersects(table.visualRect(cell(table, 19_000, 0)))
    # Whoever has selected a row looks at it.
    table.selectRow(5)
    table.scrollTo(cell(table, 5, 0))
    table.set_state(12_000, FileState.RUNNING, "0%")
    assert area.rect().intersects(table.visualRect(cell(table, 5, 0)))


def test_rows_have_room_for_pictures_and_columns_fit(table: FileTable) -> None:
    assert table.rowHeight(0) >= THUMBNAIL_SIDE
    assert table.columnWidth(1) >= THUMBNAIL_SIDE
    area = table.viewport()
    assert area is not None
    assert sum(table.columnWidth(i) for i in range(4)) == area.width()


def test_an_empty_table_says_what_to_do(table: FileTable) -> None:
    def middle_is_blank() -> bool:
        image = table.grab().toImage()
        line = {image.pixel(x, y) for x in range(50, 330) for y in range(140, 180)}
        return len(line) == 1

    table.set_files(["a.tif"], [False])
    assert middle_is_blank()
    table.set_files([], [])
    assert not middle_is_blank()
