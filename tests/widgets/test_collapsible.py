from __future__ import annotations

from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_noise2same.widgets import Collapsible


def test_a_click_on_the_header_opens_and_closes(qtbot: QtBot) -> None:
    content = QLabel("inside")
    part = Collapsible("More", content)
    qtbot.addWidget(part)
    part.show()
    assert not content.isVisible()
    for opened in (True, False):
        with qtbot.waitSignal(part.changed) as signal:
            qtbot.mouseClick(part.header, Qt.MouseButton.LeftButton)
        assert signal.args == [opened]
        assert content.isVisible() == part.value() == opened


def test_it_can_be_opened_by_the_program(qtbot: QtBot) -> None:
    part = Collapsible("More", QLabel("inside"))
    qtbot.addWidget(part)
    part.set_value(True)
    assert part.value()
    assert not part.content.isHidden()
