from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_noise2same.widgets import PathsBox

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def box(qtbot: QtBot) -> PathsBox:
    box = PathsBox()
    qtbot.addWidget(box)
    box.show()
    return box


def test_one_path_is_shown_and_many_are_counted(box: PathsBox) -> None:
    box.set_value(["/data/cells"])
    assert box.edit.text() == "/data/cells"
    box.set_value(["/data/cells/a.tif", "/data/cells/b.tif"])
    assert box.edit.text() == "2 chosen in cells"
    assert box.edit.toolTip() == "/data/cells/a.tif\n/data/cells/b.tif"
    box.edit.editingFinished.emit()
    assert box.value() == ("/data/cells/a.tif", "/data/cells/b.tif")


def test_a_path_can_be_typed(qtbot: QtBot, box: PathsBox) -> None:
    box.set_value(["/data/cells/a.tif", "/data/cells/b.tif"])
    box.edit.selectAll()
    with qtbot.waitSignal(box.changed):
        qtbot.keyClicks(box.edit, " /data/*.tif ")
        qtbot.keyClick(box.edit, Qt.Key.Key_Return)
    assert box.value() == ("/data/*.tif",)


@pytest.mark.parametrize("text", ["~/my data", ' "~/my data" ', '"~/my data'])
def test_typed_paths_mean_what_they_mean_elsewhere(box: PathsBox, text: str) -> None:
    box.edit.setText(text)
    box.edit.editingFinished.emit()
    assert box.value() == (str(Path.home() / "my data"),)
    box.edit.setText('""')
    box.edit.editingFinished.emit()
    assert box.value() == ()


def test_it_can_be_emptied(qtbot: QtBot, box: PathsBox) -> None:
    box.set_value(["/data/cells"])
    with qtbot.waitSignal(box.changed):
        box.edit.clear()
    assert box.value() == ()


def test_only_another_choice_is_told(qtbot: QtBot, box: PathsBox) -> None:
    box.set_value(["/data"])
    with qtbot.assertNotEmitted(box.changed):
        box.set_value(["/data"])
        box.edit.editingFinished.emit()


def test_dialogs_begin_at_the_path_and_cancelling_changes_nothing(
    qtbot: QtBot, box: PathsBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def folder(_parent: object, _title: str, start: str) -> str:
        begun.append(start)
        return ""

    def files(_parent: object, _title: str, start: str) -> tuple[list[str], str]:
        begun.append(start)
        return [], ""

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", folder)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", files)
    box.set_value(["/data"])
    for button in (box.folder, box.files):
        qtbot.mouseClick(button, LEFT)
    assert begun == ["/data", "/data"]
    assert box.value() == ("/data",)


def test_what_is_chosen_in_dialogs_is_taken(
    qtbot: QtBot, box: PathsBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/chosen")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (["/a.tif", "/b.tif"], ""))
    qtbot.mouseClick(box.folder, LEFT)
    assert box.value() == ("/chosen",)
    qtbot.mouseClick(box.files, LEFT)
    assert box.value() == ("/a.tif", "/b.tif")


def test_files_can_be_left_out(qtbot: QtBot) -> None:
    box = PathsBox(files=False)
    qtbot.addWidget(box)
    box.show()
    assert not box.files.isVisible()


def test_there_is_room_for_a_path_however_narrow_it_is(box: PathsBox) -> None:
    box.resize(box.minimumSizeHint())
    QApplication.processEvents()
    assert box.edit.width() == box.width()
