from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_noise2same.widgets import RunButtons, RunState

# Buttons that can be pressed in each state.
USABLE = {
    RunState.IDLE: {"Train"},
    RunState.PREPARING: {"Stop"},
    RunState.TRAINING: {"Pause", "Stop"},
    RunState.PAUSED: {"Resume", "Stop"},
    RunState.STOPPED: {"Train", "Resume", "Continue"},
    RunState.FINISHED: {"Train", "Continue"},
}


def make(qtbot: QtBot, state: RunState) -> RunButtons:
    buttons = RunButtons()
    qtbot.addWidget(buttons)
    buttons.set_state(state)
    buttons.show()
    return buttons


@pytest.mark.parametrize("state", list(RunState))
def test_only_what_makes_sense_can_be_pressed(qtbot: QtBot, state: RunState) -> None:
    buttons = make(qtbot, state)
    found = (buttons.train, buttons.pause, buttons.resume, buttons.stop, buttons.proceed)
    assert {b.text() for b in found if b.isVisible() and b.isEnabled()} == USABLE[state]
    assert buttons.state() is state


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (RunState.IDLE, "train"),
        (RunState.TRAINING, "pause"),
        (RunState.TRAINING, "stop"),
        (RunState.PAUSED, "resume"),
        (RunState.STOPPED, "resume"),
    ],
)
def test_each_button_asks_for_what_it_says(qtbot: QtBot, state: RunState, name: str) -> None:
    buttons = make(qtbot, state)
    with qtbot.waitSignal(getattr(buttons, f"{name}_requested")):
        qtbot.mouseClick(getattr(buttons, name), Qt.MouseButton.LeftButton)


def test_continue_says_for_how_many_steps(qtbot: QtBot) -> None:
    buttons = make(qtbot, RunState.FINISHED)
    buttons.more_steps.setValue(1200)
    with qtbot.waitSignal(buttons.continue_requested) as signal:
        qtbot.mouseClick(buttons.proceed, Qt.MouseButton.LeftButton)
    assert signal.args == [1200]
