from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QIcon

from napari_noise2same.widgets.plot_legend import PlotLegend
from napari_noise2same.widgets.plot_series import SERIES

ALL = frozenset(series.key for series in SERIES)


def test_a_click_hides_and_shows_a_curve(qtbot: QtBot) -> None:
    legend = PlotLegend(SERIES)
    qtbot.addWidget(legend)
    assert legend.value() == ALL
    for expected in (ALL - {"rec"}, ALL):
        with qtbot.waitSignal(legend.changed):
            qtbot.mouseClick(legend.buttons["rec"], Qt.MouseButton.LeftButton)
        assert legend.value() == expected


def test_curves_are_chosen_by_the_program(qtbot: QtBot) -> None:
    legend = PlotLegend(SERIES)
    qtbot.addWidget(legend)
    legend.set_value(frozenset({"lambda_inv"}))
    assert legend.value() == {"lambda_inv"}


def test_swatches_have_the_colour_of_the_curve(qtbot: QtBot) -> None:
    legend = PlotLegend(SERIES)
    qtbot.addWidget(legend)
    legend.set_colour("rec", "#0072b2")
    icon = legend.buttons["rec"].icon()
    shown = icon.pixmap(QSize(18, 10), QIcon.Mode.Normal, QIcon.State.On).toImage()
    column = [shown.pixelColor(shown.width() // 2, y) for y in range(shown.height())]
    colour = max(column, key=QColor.alpha)
    # A screen of 16 bits has not all colours.
    assert [colour.red(), colour.green(), colour.blue()] == pytest.approx([0, 114, 178], abs=8)
    assert colour.alpha() > 100
