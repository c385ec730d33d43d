from __future__ import annotations

from pytestqt.qtbot import QtBot

from napari_noise2same.widgets import ChoiceBox


def make(qtbot: QtBot) -> tuple[ChoiceBox, list[object]]:
    box = ChoiceBox({"a": "First", None: "Nothing", 3: "Third"})
    qtbot.addWidget(box)
    heard: list[object] = []
    box.changed.connect(lambda: heard.append(box.value()))
    return box, heard


def test_keys_of_any_kind_come_back(qtbot: QtBot) -> None:
    box, heard = make(qtbot)
    for key in (3, None, "a"):
        box.set_value(key)
        assert box.value() == key
    assert heard == [3, None, "a"]


def test_an_unknown_key_changes_nothing(qtbot: QtBot) -> None:
    box, heard = make(qtbot)
    box.set_value("elsewhere")
    assert box.value() == "a"
    assert not heard


def test_a_choice_survives_new_names_and_another_order(qtbot: QtBot) -> None:
    box, heard = make(qtbot)
    box.set_value(3)
    heard.clear()
    box.set_choices({3: "Renamed", "a": "First"})
    assert box.value() == 3
    assert box.currentText() == "Renamed"
    assert not heard


def test_losing_the_choice_is_told(qtbot: QtBot) -> None:
    box, heard = make(qtbot)
    box.set_value(3)
    box.set_choices({"b": "Other"})
    assert heard == [3, "b"]
    box.set_choices({})
    assert box.value() is None


def test_long_names_that_differ_at_their_end_look_different(qtbot: QtBot) -> None:
    name = "a long name " * 9
    box = ChoiceBox({"a": name + "A", "b": name + "B"})
    qtbot.addWidget(box)
    box.resize(150, 30)
    pictures = []
    for key in "ab":
        box.set_value(key)
        pictures.append(box.grab().toImage())
    assert pictures[0] != pictures[1]
