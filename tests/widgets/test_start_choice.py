from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from napari_noise2same.widgets import StartChoice


@pytest.fixture
def choice(qtbot: QtBot) -> StartChoice:
    choice = StartChoice()
    qtbot.addWidget(choice)
    return choice


def test_pretrained_unless_told(choice: StartChoice) -> None:
    assert choice.currentText() == "Pretrained"
    assert choice.setting() == "pretrained"
    choice.set_value("scratch")
    assert choice.setting() == "scratch"
    assert choice.chosen_model() is None


def test_models_come_and_go(choice: StartChoice) -> None:
    # A model may be called as the other choices are.
    choice.set_models({"scratch": "scratch", 7: "cells"})
    choice.set_value(("model", "scratch"))
    assert choice.chosen_model() == "scratch"
    assert choice.setting() == "pretrained"
    choice.set_models({"scratch": "scratch", 7: "cells", 8: "nuclei"})
    assert choice.chosen_model() == "scratch"
    choice.set_models({7: "cells"})
    assert choice.chosen_model() is None
    assert choice.currentText() == "Pretrained"
