from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_noise2same.widgets.model_buttons import ModelButtons


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("denoise", "Denoise"),
        ("save", "Save model…"),
        ("load", "Load model…"),
        ("copy_script", "Copy as script"),
        ("copy_command", "Copy as command"),
    ],
)
def test_each_button_asks_for_what_it_says(qtbot: QtBot, name: str, text: str) -> None:
    buttons = ModelButtons()
    qtbot.addWidget(buttons)
    buttons.set_model(True)
    button = getattr(buttons, name)
    assert button.text() == text
    with qtbot.waitSignal(getattr(buttons, f"{name}_requested")):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_without_a_model_there_is_nothing_to_denoise_with_or_to_save(qtbot: QtBot) -> None:
    buttons = ModelButtons()
    qtbot.addWidget(buttons)
    assert not buttons.save.isEnabled()
    assert buttons.denoise.isHidden()
    assert buttons.load.isEnabled()


def test_it_is_said_what_is_copied(qtbot: QtBot) -> None:
    buttons = ModelButtons()
    qtbot.addWidget(buttons)
    for button in (buttons.copy_script, buttons.copy_command):
        assert "the ticked layers with these settings" in button.toolTip()
