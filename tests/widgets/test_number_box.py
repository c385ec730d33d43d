from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_noise2same.widgets.number_box import NumberBox


def make(qtbot: QtBot, kind: type[Any] = float, **options: Any) -> NumberBox:
    box = NumberBox(kind, **options)
    qtbot.addWidget(box)
    return box


@pytest.mark.usefixtures("qapp")
@given(number=st.floats(allow_nan=False, allow_infinity=False), scale=st.sampled_from([1, 60]))
def test_a_number_that_was_set_comes_back_exactly(number: float, scale: float) -> None:
    box = NumberBox(float, scale=scale)
    box.set_value(number)
    assert box.value() == number
    box.deleteLater()


@pytest.mark.parametrize("number", [0, 7, 2**62 + 1])
def test_whole_numbers_of_any_size_show_all_digits(qtbot: QtBot, number: int) -> None:
    box = make(qtbot, int)
    box.set_value(number)
    assert box.value() == number
    assert box.edit.text() == str(number)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (int, "12", 12),
        (float, "12", 12.0),
        (float, "2e-3", 0.002),
        (float, "2,5", 2.5),
        (int, "2.5", "2.5"),
        (float, "many", "many"),
        (int, " ", None),
    ],
)
def test_what_is_typed_is_a_number_or_stays_text(
    qtbot: QtBot, kind: type[Any], text: str, value: object
) -> None:
    box = make(qtbot, kind)
    with qtbot.waitSignal(box.changed):
        qtbot.keyClicks(box.edit, text)
    assert box.value() == value


def test_empty_is_automatic(qtbot: QtBot) -> None:
    box = make(qtbot, int, optional=True)
    assert box.edit.placeholderText() == "automatic"
    box.set_value(5)
    box.set_value(None)
    assert box.value() is None


def test_seconds_show_as_minutes(qtbot: QtBot) -> None:
    box = make(qtbot, float, scale=60)
    box.set_value(90.0)
    assert box.edit.text() == "1.5"
    box.edit.setText("2")
    assert box.value() == 120


@pytest.mark.parametrize(("text", "pixels"), [("64", 64_000_000), ("1.1", 1_100_000)])
def test_whole_numbers_stay_whole_in_another_unit(qtbot: QtBot, text: str, pixels: int) -> None:
    box = make(qtbot, int, scale=1_000_000)
    box.edit.setText(text)
    assert box.value() == pixels
    assert isinstance(box.value(), int)


@pytest.mark.parametrize(
    ("start", "steps", "end"),
    [(0.002, 1, 0.005), (0.002, -1, 0.001), (0.003, 1, 0.005), (3.0, 2, 10.0), (0.0, 1, 0.1)],
)
def test_arrows_step_through_round_numbers(
    qtbot: QtBot, start: float, steps: int, end: float
) -> None:
    box = make(qtbot)
    box.set_value(start)
    box.stepBy(steps)
    assert box.value() == pytest.approx(end)


@pytest.mark.parametrize(("start", "end"), [(8, 9), (100, 200), (99, 100)])
def test_small_whole_numbers_step_by_one(qtbot: QtBot, start: int, end: int) -> None:
    box = make(qtbot, int)
    box.set_value(start)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert box.value() == end


def test_arrows_stop_at_the_bounds(qtbot: QtBot) -> None:
    box = make(qtbot, int, low=8, high=10)
    box.set_value(8)
    box.stepBy(-3)
    assert box.value() == 8
    box.stepBy(10)
    assert box.value() == 10


def test_the_first_step_from_automatic_is_the_least_number(qtbot: QtBot) -> None:
    box = make(qtbot, int, low=8, optional=True)
    box.stepBy(1)
    assert box.value() == 8
    QApplication.processEvents()
