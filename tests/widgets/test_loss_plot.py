from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QAction, QColor, QImage
from qtpy.QtWidgets import QFileDialog

from napari_noise2same.core.errors import FileError
from napari_noise2same.widgets import LossPlot, ask_where_to_save, loss_plot
from napari_noise2same.widgets.plot_files import write_numbers, write_picture

KEYS = ("step", "loss", "rec", "inv", "blind_spot", "lambda_inv")
DARK, LIGHT = ("#262930", "#ffffff"), ("#efebe9", "#000000")


def history(steps: int, start: int = 1) -> dict[str, NDArray[np.float64]]:
    """A made-up run."""
    step = np.arange(start, start + steps, dtype=float)
    columns = {key: (i + 1) * np.exp(-step / 200) + 0.1 for i, key in enumerate(KEYS)}
    return {**columns, "step": step}


def points(steps: int, start: int = 1) -> list[dict[str, float]]:
    columns = history(steps, start)
    return [{key: float(columns[key][i]) for key in KEYS} for i in range(steps)]


@pytest.fixture
def plot(qtbot: QtBot) -> LossPlot:
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    return plot


def left_range(plot: LossPlot) -> tuple[float, float]:
    low, high = plot.canvas.getPlotItem().getViewBox().viewRange()[1]
    return low, high


def test_points_that_arrive_in_pieces_are_all_drawn(plot: LossPlot) -> None:
    plot.append(points(700))
    plot.append([])
    plot.append(points(700, 701))
    whole = history(1400)
    for key, column in plot.value().items():
        np.testing.assert_allclose(column, whole[key])
    for key, curve in plot.canvas.raw.items():
        steps, values = curve.getOriginalDataset()
        np.testing.assert_allclose(steps, whole["step"])
        np.testing.assert_allclose(values, whole[key])


def test_a_history_replaces_what_was_there_and_may_grow(plot: LossPlot) -> None:
    plot.append(points(50))
    plot.set_history(history(20))
    plot.append(points(1, 21))
    np.testing.assert_allclose(plot.value()["loss"], history(21)["loss"])


def test_a_cleared_plot_is_empty_and_can_be_used_again(plot: LossPlot) -> None:
    plot.append(points(50))
    plot.clear()
    assert len(plot.value()["step"]) == 0
    assert plot.canvas.smooth["loss"].getOriginalDataset()[0] is None
    plot.append(points(3))
    np.testing.assert_allclose(plot.value()["step"], [1, 2, 3])
    np.testing.assert_allclose(
        plot.canvas.smooth["loss"].getOriginalDataset()[1][0], 2.09, rtol=1e-2
    )


def test_curves_are_never_rebuilt(plot: LossPlot) -> None:
    before = {**plot.canvas.raw, **plot.canvas.smooth}
    items = list(plot.canvas.scene().items())
    plot.append(points(50))
    plot.set_history(history(30))
    plot.log.setChecked(True)
    plot.set_colours(*LIGHT)
    plot.clear()
    after = {**plot.canvas.raw, **plot.canvas.smooth}
    assert all(after[key] is curve for key, curve in before.items())
    assert len(plot.canvas.scene().items()) == len(items)


def test_bold_curves_are_calmer_than_single_steps(plot: LossPlot) -> None:
    columns = history(500)
    columns["loss"] = np.random.default_rng(0).normal(1, 0.2, 500)
    plot.set_history(columns)
    smooth = plot.canvas.smooth["loss"].getOriginalDataset()[1]
    assert np.std(smooth[100:]) < 0.06
    raw, bold = (c.opts["pen"] for c in (plot.canvas.raw["loss"], plot.canvas.smooth["loss"]))
    assert raw.color().alpha() < bold.color().alpha()
    assert raw.widthF() < bold.widthF()


def test_tens_of_thousands_of_points_are_thinned_out_for_the_screen(plot: LossPlot) -> None:
    plot.set_history(history(50_000))
    plot.append(points(1, 50_001))
    for curve in (*plot.canvas.raw.values(), *plot.canvas.smooth.values()):
        drawn = len(curve.getData()[0])
        assert 50 < drawn < 3 * plot.width()


def test_lambda_has_an_axis_of_its_own(plot: LossPlot) -> None:
    columns = history(100)
    columns["lambda_inv"] = np.linspace(1000, 1100, 100)
    plot.set_history(columns)
    assert left_range(plot)[1] < 10
    low, high = plot.canvas.getAxis("right").range
    assert low <= 1000
    assert 1100 <= high < 1200


def test_both_axes_share_the_steps(plot: LossPlot) -> None:
    plot.set_history(history(100))
    left = plot.canvas.getPlotItem().getViewBox()
    right = plot.canvas.smooth["lambda_inv"].getViewBox()
    left.setXRange(20, 40, padding=0)
    np.testing.assert_allclose(right.viewRange()[0], left.viewRange()[0])
    there, here = (view.sceneBoundingRect().getRect() for view in (right, left))
    np.testing.assert_allclose(there, here, atol=1)


def test_the_view_does_not_move_with_each_step(plot: LossPlot) -> None:
    views = []
    for step in range(1, 301):
        plot.append(points(1, step))
        views.append(tuple(map(tuple, plot.canvas.getPlotItem().getViewBox().viewRange())))
    assert len(set(views)) < 45


def test_a_click_on_the_legend_hides_both_curves_of_a_series(qtbot: QtBot, plot: LossPlot) -> None:
    plot.set_history(history(100))
    qtbot.mouseClick(plot.legend.buttons["rec"], Qt.MouseButton.LeftButton)
    assert not plot.canvas.raw["rec"].isVisible()
    assert not plot.canvas.smooth["rec"].isVisible()
    assert plot.canvas.smooth["loss"].isVisible()
    qtbot.mouseClick(plot.legend.buttons["rec"], Qt.MouseButton.LeftButton)
    assert plot.canvas.smooth["rec"].isVisible()


def test_hiding_the_largest_curve_gives_the_others_room(plot: LossPlot) -> None:
    columns = history(100)
    columns["loss"] = columns["loss"] * 100
    plot.set_history(columns)
    high = left_range(plot)[1]
    plot.legend.set_value(plot.legend.value() - {"loss"})
    assert left_range(plot)[1] < high / 10


def test_the_logarithmic_scale_is_for_losses_only(qtbot: QtBot, plot: LossPlot) -> None:
    plot.set_history(history(100))
    right = plot.canvas.getAxis("right").range
    qtbot.mouseClick(plot.log, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert plot.canvas.getAxis("left").logMode
    expected = np.log10(history(100)["blind_spot"].max())
    assert left_range(plot)[1] == pytest.approx(expected, abs=0.15)
    assert plot.canvas.getAxis("right").range == right
    assert not plot.canvas.getAxis("right").logMode


def test_losses_of_zero_and_not_a_number_are_survived(plot: LossPlot) -> None:
    columns = history(100)
    columns["inv"][:] = 0
    columns["rec"][10] = np.nan
    plot.log.setChecked(True)
    plot.set_history(columns)
    plot.grab()
    assert np.isfinite(left_range(plot)).all()


def test_a_part_the_user_looks_at_stays_until_view_all(qtbot: QtBot, plot: LossPlot) -> None:
    plot.set_history(history(100))
    view = plot.canvas.getPlotItem().getViewBox()
    view.setRange(xRange=(20, 30), yRange=(0.5, 1), padding=0)
    view.sigRangeChangedManually.emit([True, True])
    plot.append(points(500, 101))
    np.testing.assert_allclose(view.viewRange(), np.array([[20, 30], [0.5, 1]]))
    qtbot.mouseClick(plot.view_all, Qt.MouseButton.LeftButton)
    assert view.viewRange()[0][1] >= 600


def test_colours_follow_the_theme(plot: LossPlot) -> None:
    curve = plot.canvas.smooth["rec"]
    colours = []
    for background, foreground in (DARK, LIGHT):
        plot.set_colours(background, foreground)
        assert plot.canvas.backgroundBrush().color() == QColor(background)
        assert plot.canvas.getAxis("left").textPen().color() == QColor(foreground)
        colours.append(curve.opts["pen"].color())
    assert colours[0].lightness() > colours[1].lightness()
    assert plot.canvas.getAxis("right").textPen().color() != QColor(LIGHT[1])


def test_the_picture_is_large_and_has_the_curves_on_it(plot: LossPlot, tmp_path: Path) -> None:
    plot.set_colours(*LIGHT)
    plot.set_history(history(100))
    write_picture(tmp_path / "plot.png", plot.picture())
    picture = QImage(str(tmp_path / "plot.png"))
    assert picture.width() == 3 * plot.width()
    pixels = {
        picture.pixel(x, y)
        for x in range(0, picture.width(), 2)
        for y in range(0, picture.height(), 2)
    }
    assert plot.canvas.smooth["rec"].opts["pen"].color().rgb() in pixels


def test_the_table_holds_every_step(plot: LossPlot, tmp_path: Path) -> None:
    plot.set_history(history(100))
    write_numbers(tmp_path / "plot.csv", plot.value())
    table = np.genfromtxt(tmp_path / "plot.csv", delimiter=",", names=True)
    for key in KEYS:
        np.testing.assert_allclose(table[key], history(100)[key], rtol=1e-6)


def export_action(plot: LossPlot, index: int) -> QAction:
    menu = plot.export.menu()
    assert menu is not None
    return menu.actions()[index]


EXPORTS = [(0, "a.png"), (1, "a.csv")]


@pytest.fixture
def exports(plot: LossPlot) -> list[tuple[str, Callable[[Path], None]]]:
    """What the user has asked for."""
    asked: list[tuple[str, Callable[[Path], None]]] = []
    plot.export_requested.connect(lambda *what: asked.append(what))
    return asked


@pytest.mark.parametrize(("entry", "name"), EXPORTS)
def test_the_menu_asks_where_and_leaves_the_writing_to_a_thread(
    plot: LossPlot,
    exports: list[tuple[str, Callable[[Path], None]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    entry: int,
    name: str,
) -> None:
    monkeypatch.setattr(loss_plot, "ask_where_to_save", lambda *_: str(tmp_path / name))
    plot.set_history(history(100))
    export_action(plot, entry).trigger()
    # What is asked for is what there was.
    plot.clear()
    assert not list(tmp_path.iterdir())
    [(path, write)] = exports
    with ThreadPoolExecutor(1) as thread:
        thread.submit(write, Path(path)).result()
    content = (tmp_path / name).read_bytes()
    assert content.startswith(b"\x89PNG") if entry == 0 else len(content.splitlines()) == 101
    with pytest.raises(FileError, match=r"cannot be written .*: choose another place"):
        write(tmp_path / "missing" / name)


@pytest.mark.parametrize(("entry", "name"), EXPORTS)
def test_the_menu_takes_no_for_an_answer(
    plot: LossPlot,
    exports: list[tuple[str, Callable[[Path], None]]],
    monkeypatch: pytest.MonkeyPatch,
    entry: int,
    name: str,
) -> None:
    monkeypatch.setattr(QFileDialog, "exec", lambda dialog: bool(dialog.selectFile(f"no {name}")))
    export_action(plot, entry).trigger()
    assert not exports


def test_a_name_without_an_ending_gets_one(plot: LossPlot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "exec", lambda dialog: dialog.selectFile("mine") or True)
    assert Path(ask_where_to_save(plot, "Save", "Tables", "csv", "a")).name == "mine.csv"


def test_a_single_step_is_seen(plot: LossPlot) -> None:
    empty = plot.canvas.grab().toImage()
    curve = plot.canvas.smooth["loss"]
    plot.append(points(1))
    assert curve.opts["symbol"] == "o"
    assert plot.canvas.grab().toImage() != empty
    plot.append(points(1, 2))
    assert curve.opts["symbol"] is None
