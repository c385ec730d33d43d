from __future__ import annotations

from collections.abc import Hashable

from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt

from napari_noise2same.widgets import LayerList

NAMES: dict[Hashable, str] = {1: "cells", 2: "nuclei", 3: "membrane"}


def make(qtbot: QtBot, active: int | None = 2) -> tuple[LayerList, list[object]]:
    layers = LayerList()
    qtbot.addWidget(layers)
    layers.set_layers(NAMES, active)
    layers.show()
    heard: list[object] = []
    layers.changed.connect(lambda: heard.append(layers.value()))
    return layers, heard


def click(qtbot: QtBot, layers: LayerList, row: int) -> None:
    rectangle = layers.list.visualItemRect(layers.list.item(row))
    box = QPoint(rectangle.left() + 9, rectangle.center().y())
    qtbot.mouseClick(layers.list.viewport(), Qt.MouseButton.LeftButton, pos=box)


def test_the_active_layer_is_followed(qtbot: QtBot) -> None:
    layers, heard = make(qtbot)
    assert layers.value() == (2,)
    layers.set_layers(NAMES, 3)
    assert heard == [(3,)]


def test_ticking_adds_a_layer_and_ends_following(qtbot: QtBot) -> None:
    layers, heard = make(qtbot)
    click(qtbot, layers, 0)
    assert heard == [(1, 2)]
    assert not layers.follow.isChecked()
    layers.set_layers(NAMES, 3)
    assert layers.value() == (1, 2)


def test_following_again_goes_back_to_the_active_layer(qtbot: QtBot) -> None:
    layers, heard = make(qtbot)
    click(qtbot, layers, 0)
    qtbot.mouseClick(layers.follow, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert layers.follow.isChecked()
    assert heard[-1] == (2,)


def test_an_active_layer_of_another_kind_changes_nothing(qtbot: QtBot) -> None:
    layers, heard = make(qtbot)
    layers.set_layers(NAMES, None)
    assert layers.value() == (2,)
    assert not heard


def test_where_none_is_active_others_are_ticked_as_long_as_none_is(qtbot: QtBot) -> None:
    layers, _ = make(qtbot, None)
    assert layers.value() == ()
    layers.set_layers(NAMES, None, [3, 1])
    assert layers.value() == (1, 3)
    layers.set_layers(NAMES, None, [2])
    assert layers.value() == (1, 3)
    layers.set_layers(NAMES, 2, [3])
    assert layers.value() == (2,)
    layers.set_value([])
    layers.set_layers(NAMES, None, [1])
    assert layers.value() == ()


def test_the_active_layer_is_followed_when_it_is_asked_for(qtbot: QtBot) -> None:
    layers, _ = make(qtbot)
    layers.set_value([2])
    layers.set_layers(NAMES, 3)
    assert layers.value() == (3,)
    # A result is active now.
    layers.set_layers(NAMES, None)
    layers.set_value([3])
    layers.set_layers(NAMES, 1)
    assert layers.value() == (1,)
    layers.set_value([2])
    layers.set_layers(NAMES, 3)
    assert layers.value() == (2,)


def test_ticks_stay_with_keys_through_renaming_and_reordering(qtbot: QtBot) -> None:
    layers, heard = make(qtbot)
    layers.set_value([1, 3])
    heard.clear()
    layers.set_layers({1: "renamed", 2: "nuclei", 3: "membrane"}, 2)
    assert layers.value() == (1, 3)
    item = layers.list.item(0)
    assert item is not None
    assert item.text() == "renamed"
    assert not heard


def test_a_deleted_layer_is_told(qtbot: QtBot) -> None:
    layers, heard = make(qtbot)
    layers.set_value([1, 3])
    layers.set_layers({1: "cells"}, 1)
    assert heard[-1] == (1,)
    layers.set_layers({})
    assert layers.value() == ()


def test_many_layers_scroll(qtbot: QtBot) -> None:
    layers, _ = make(qtbot)
    few = layers.list.height()
    layers.set_layers({i: str(i) for i in range(4)})
    some = layers.list.height()
    layers.set_layers({i: str(i) for i in range(50)})
    assert few < some == layers.list.height()


def test_rows_are_as_high_as_their_text(qtbot: QtBot) -> None:
    layers, heard = make(qtbot)
    layers.setStyleSheet("QWidget { font-size: 30pt }")
    text = layers.list.fontMetrics().height()
    assert text > 30
    assert layers.list.visualItemRect(layers.list.item(2)).height() >= text
    assert layers.list.height() >= 3 * text
    assert not heard


def test_what_a_command_uses_is_ticked_until_another_layer_is_active(qtbot: QtBot) -> None:
    layers, heard = make(qtbot)
    layers.use([1, 3])
    assert heard == [(1, 3)]
    assert layers.follow.isChecked()
    layers.set_layers(NAMES, None)
    assert layers.value() == (1, 3)
    layers.set_layers(NAMES, 2)
    assert layers.value() == (2,)


def test_long_names_that_differ_at_their_end_look_different(qtbot: QtBot) -> None:
    layers, _ = make(qtbot)
    layers.resize(150, 90)
    pictures = []
    for end in ("A", "B"):
        layers.set_layers({1: "a long name " * 9 + end})
        pictures.append(layers.list.grab().toImage())
    assert pictures[0] != pictures[1]
