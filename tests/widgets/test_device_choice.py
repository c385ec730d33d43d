from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_noise2same.widgets import DeviceChoice


@pytest.fixture
def choice(qtbot: QtBot) -> DeviceChoice:
    choice = DeviceChoice()
    qtbot.addWidget(choice)
    return choice


def test_automatic_says_what_it_takes(choice: DeviceChoice) -> None:
    assert choice.value() == "auto"
    choice.set_devices(["cuda:0", "cpu"])
    texts = [choice.itemText(i) for i in range(choice.count())]
    assert texts == ["Automatic (cuda:0)", "cuda:0", "cpu"]
    assert choice.value() == "auto"


def test_a_device_of_the_last_session_is_taken_at_once(choice: DeviceChoice) -> None:
    choice.set_value("cuda:0")
    assert choice.value() == "cuda:0"
    choice.set_devices(["cuda:0", "cpu"])
    assert choice.value() == "cuda:0"


def test_a_device_that_is_gone_is_left(qtbot: QtBot, choice: DeviceChoice) -> None:
    choice.set_value("cuda:1")
    with qtbot.waitSignal(choice.changed):
        choice.set_devices(["cpu"])
    assert choice.value() == "auto"
    choice.set_value("cuda:1")
    assert choice.value() == "auto"


def test_what_the_user_chooses_stays(qtbot: QtBot, choice: DeviceChoice) -> None:
    choice.set_devices(["cuda:0", "cpu"])
    qtbot.keyClick(choice, Qt.Key.Key_Down)
    assert choice.value() == "cuda:0"
    choice.set_devices(["cuda:0", "cpu"])
    assert choice.value() == "cuda:0"
