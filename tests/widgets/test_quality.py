from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_noise2same.core.settings import Preset
from napari_noise2same.widgets import QualityChoice
from napari_noise2same.widgets.quality import format_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "≈ 5 s"), (42, "≈ 40 s"), (150, "≈ 2 min"), (5399, "≈ 90 min"), (5400, "≈ 1.5 h")],
)
def test_expected_times_are_rough(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_a_click_chooses_one_and_tells_once(qtbot: QtBot) -> None:
    choice = QualityChoice()
    qtbot.addWidget(choice)
    assert choice.value() is Preset.BALANCED
    heard: list[Preset] = []
    choice.changed.connect(lambda: heard.append(choice.value()))
    qtbot.mouseClick(choice.buttons[Preset.BEST], Qt.MouseButton.LeftButton)
    assert heard == [Preset.BEST]
    choice.set_value(Preset.QUICK)
    assert heard == [Preset.BEST, Preset.QUICK]


def test_times_show_where_they_are_known_and_the_choice_is_ticked(qtbot: QtBot) -> None:
    choice = QualityChoice()
    qtbot.addWidget(choice)
    choice.set_expected_times({Preset.QUICK: 30, Preset.BEST: 1200})
    choice.set_value(Preset.BEST)
    texts = [button.text() for button in choice.buttons.values()]
    assert texts == ["Instant\nno training", "Quick\n≈ 30 s", "Balanced\n", "✓ Best\n≈ 20 min"]
