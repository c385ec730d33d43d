from __future__ import annotations

from pytestqt.qtbot import QtBot

from napari_noise2same.widgets import AxesRow


def test_typed_axes_are_told_in_capitals(qtbot: QtBot) -> None:
    row = AxesRow()
    qtbot.addWidget(row)
    heard: list[str] = []
    row.changed.connect(heard.append)
    qtbot.keyClicks(row.edit, "t yx")
    assert row.value() == "TYX"
    assert heard[-1] == "TYX"


def test_setting_the_same_axes_does_not_disturb_what_is_typed(qtbot: QtBot) -> None:
    row = AxesRow()
    qtbot.addWidget(row)
    qtbot.keyClicks(row.edit, "zyx")
    row.set_value("ZYX")
    assert row.edit.text() == "zyx"
    row.set_value("YX")
    assert row.value() == "YX"


def test_the_sentence_takes_room_only_when_there_is_one(qtbot: QtBot) -> None:
    row = AxesRow()
    qtbot.addWidget(row)
    assert row.sentence.isHidden()
    row.set_sentence("40 frames as samples")
    assert not row.sentence.isHidden()
    assert row.sentence.text() == "40 frames as samples"
    row.set_sentence("The axes do not fit.", error=True)
    assert row.sentence.text() == "⚠ The axes do not fit."
