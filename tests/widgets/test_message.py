from __future__ import annotations

from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_noise2same.widgets import MessageLine


def test_nothing_shows_until_there_is_a_message(qtbot: QtBot) -> None:
    line = MessageLine()
    qtbot.addWidget(line)
    assert line.isHidden()
    line.show_message("Saved.")
    assert not line.isHidden()
    assert line.value() == line.label.text() == "Saved."
    assert line.collapsible.isHidden()
    line.clear()
    assert line.isHidden()
    assert line.value() == ""


def test_details_of_an_error_show_on_demand(qtbot: QtBot) -> None:
    line = MessageLine()
    qtbot.addWidget(line)
    line.show_message("Out of memory.", "Traceback", error=True)
    assert line.label.text() == "⚠ Out of memory."
    assert not line.details.isVisible()
    qtbot.mouseClick(line.collapsible.header, Qt.MouseButton.LeftButton)
    assert line.details.isVisible()
    assert line.details.toPlainText() == "Traceback"


def test_the_next_message_closes_the_details(qtbot: QtBot) -> None:
    line = MessageLine()
    qtbot.addWidget(line)
    line.show_message("One.", "first")
    line.collapsible.set_value(True)
    line.show_message("Two.", "second")
    assert not line.details.isVisible()


def test_text_is_never_taken_for_markup(qtbot: QtBot) -> None:
    line = MessageLine()
    qtbot.addWidget(line)
    line.show_message("<b>name</b>.tif is empty.")
    assert line.label.textFormat() == Qt.TextFormat.PlainText
