from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QWidget

from napari_noise2same.widgets import ChoiceBox
from napari_noise2same.widgets.editors import LengthsEdit, SwitchBox, make_editor
from napari_noise2same.widgets.form_texts import FieldText
from napari_noise2same.widgets.number_box import NumberBox

Positive = Annotated[int, Field(ge=1)]


class Model(BaseModel):
    switch: bool = True
    decided: bool | None = None
    count: Annotated[int, Field(ge=2, le=5)] = 3
    maybe: Positive | None = None
    rate: Annotated[float, Field(gt=0)] = 0.5
    kind: Literal["a", "b"] = "a"
    dims: Literal[2, 3] | None = None
    patch: tuple[Positive, ...] | None = None
    name: str = ""


CHOICES = {"a": "Apples", "b": "Bees", 2: "flat", 3: "deep", True: "on", False: "off"}
TEXT = FieldText("Label", "Tooltip.", CHOICES)


def make(qtbot: QtBot, name: str) -> QWidget:
    editor = make_editor(Model.model_fields[name], TEXT)
    qtbot.addWidget(editor)
    return editor


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("switch", SwitchBox),
        ("count", NumberBox),
        ("maybe", NumberBox),
        ("rate", NumberBox),
        ("kind", ChoiceBox),
        ("dims", ChoiceBox),
        ("decided", ChoiceBox),
        ("patch", LengthsEdit),
    ],
)
def test_each_kind_of_field_has_its_editor(qtbot: QtBot, name: str, kind: type[QWidget]) -> None:
    assert type(make(qtbot, name)) is kind


def test_bounds_come_from_the_field(qtbot: QtBot) -> None:
    box = make(qtbot, "count")
    assert isinstance(box, NumberBox)
    box.set_value(3)
    box.stepBy(9)
    assert box.value() == 5
    box.stepBy(-9)
    assert box.value() == 2


def test_only_what_may_be_missing_can_be_automatic(qtbot: QtBot) -> None:
    maybe, count = make(qtbot, "maybe"), make(qtbot, "count")
    assert isinstance(maybe, NumberBox)
    assert isinstance(count, NumberBox)
    assert maybe.edit.placeholderText() == "automatic"
    assert count.edit.placeholderText() == ""


def test_choices_have_names(qtbot: QtBot) -> None:
    kind, dims = make(qtbot, "kind"), make(qtbot, "dims")
    assert isinstance(kind, ChoiceBox)
    assert isinstance(dims, ChoiceBox)
    assert [kind.itemText(i) for i in range(kind.count())] == ["Apples", "Bees"]
    assert [dims.itemText(i) for i in range(dims.count())] == ["Automatic", "flat", "deep"]
    assert dims.value() is None


def test_what_may_be_left_open_is_yes_no_or_automatic(qtbot: QtBot) -> None:
    decided = make(qtbot, "decided")
    assert isinstance(decided, ChoiceBox)
    assert [decided.itemText(i) for i in range(decided.count())] == ["Automatic", "on", "off"]
    for value in (True, False, None):
        decided.set_value(value)
        assert decided.value() is value


def test_a_field_without_an_editor_is_refused() -> None:
    with pytest.raises(TypeError, match="found one of type <class 'str'>"):
        make_editor(Model.model_fields["name"], TEXT)


def test_a_switch_is_clicked(qtbot: QtBot) -> None:
    switch = SwitchBox()
    qtbot.addWidget(switch)
    switch.show()
    with qtbot.waitSignal(switch.changed):
        qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert switch.value()


@pytest.mark.parametrize("text", ["16, 48, 48", "16 48 48", "16×48×48", "16,48,48,"])
def test_lengths_are_separated_in_several_ways(qtbot: QtBot, text: str) -> None:
    edit = LengthsEdit()
    qtbot.addWidget(edit)
    with qtbot.waitSignal(edit.changed):
        qtbot.keyClicks(edit, text)
    assert edit.value() == ["16", "48", "48"]


def test_no_lengths_are_automatic(qtbot: QtBot) -> None:
    edit = LengthsEdit()
    qtbot.addWidget(edit)
    edit.set_value((64, 64))
    assert edit.text() == "64, 64"
    edit.set_value(None)
    assert edit.value() is None
