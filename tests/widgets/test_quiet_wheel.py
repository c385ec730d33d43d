from __future__ import annotations

from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QSpinBox, QVBoxLayout, QWidget

from napari_noise2same.widgets.quiet_wheel import ignore_wheel


def turn_wheel(box: QSpinBox) -> None:
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)


def test_the_wheel_changes_a_number_only_with_the_focus(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    first, second = QSpinBox(), QSpinBox()
    for box in (first, second):
        ignore_wheel(box)
        layout.addWidget(box)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    turn_wheel(first)
    turn_wheel(second)
    assert (first.value(), second.value()) == (1, 0)
