from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QPushButton, QWidget

from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.settings import FixedLambda, Preset, TrainingConfig
from napari_noise2same.widgets import RunState, TrainPanel
from napari_noise2same.widgets.number_box import NumberBox

LEFT = Qt.MouseButton.LeftButton
BUSY = {RunState.PREPARING, RunState.TRAINING, RunState.PAUSED}


@pytest.fixture
def panel(qtbot: QtBot) -> TrainPanel:
    panel = TrainPanel()
    qtbot.addWidget(panel)
    panel.resize(400, 950)
    panel.layers.set_layers({1: "cells", 2: "nuclei"}, 1)
    panel.show()
    return panel


def test_settings_come_back(panel: TrainPanel) -> None:
    panel.device.set_devices(["cpu"])
    config = Preset.BEST.config(
        lambda_inv=FixedLambda(value=1), start="scratch", steps=7, device="cpu"
    )
    panel.set_value(config)
    assert panel.quality.value() is Preset.BEST
    assert panel.value() == config


@pytest.mark.parametrize(
    ("effort", "preset"), [(0, Preset.INSTANT), (0.01, Preset.QUICK), (99, Preset.BEST)]
)
def test_the_nearest_quality_is_chosen(panel: TrainPanel, effort: float, preset: Preset) -> None:
    panel.set_value(TrainingConfig(effort=effort))
    assert panel.quality.value() is preset


@pytest.mark.parametrize("preset", list(Preset))
def test_quality_and_device_make_the_settings(panel: TrainPanel, preset: Preset) -> None:
    panel.device.set_devices(["cpu"])
    panel.quality.set_value(preset)
    panel.device.set_value("cpu")
    assert panel.value() == preset.config(device="cpu")


def test_an_invalid_advanced_setting_is_one_sentence(panel: TrainPanel) -> None:
    panel.form.main.rows["batch"].editor.set_value(0)
    with pytest.raises(ConfigurationError, match=r"^Batch: must be greater than or equal to 1\.$"):
        panel.value()


def test_a_given_length_leaves_nothing_for_the_quality(panel: TrainPanel) -> None:
    panel.form.main.rows["steps"].editor.set_value(10)
    assert not panel.quality.isEnabled()
    assert panel.quality.toolTip()
    panel.form.main.rows["steps"].editor.set_value(None)
    assert panel.quality.isEnabled()
    assert not panel.quality.toolTip()


@pytest.mark.parametrize("state", list(RunState))
def test_inputs_are_locked_during_a_run_and_buttons_follow(
    panel: TrainPanel, state: RunState
) -> None:
    panel.set_state(state)
    settings = (panel.quality, panel.start, panel.device, panel.form)
    inputs = (panel.layers, panel.axes, *settings, panel.model.load)
    for part in inputs:
        assert part.isEnabled() == (state not in BUSY)
    assert panel.run.state() is state
    assert panel.preview.isEnabled()
    assert panel.plot.isEnabled()


def test_every_change_of_a_setting_is_told(qtbot: QtBot, panel: TrainPanel) -> None:
    panel.device.set_devices(["cpu"])
    with qtbot.waitSignal(panel.settings_changed):
        panel.device.set_value("cpu")
    with qtbot.waitSignal(panel.settings_changed):
        qtbot.mouseClick(panel.quality.buttons[Preset.QUICK], LEFT)
    with qtbot.waitSignal(panel.settings_changed):
        panel.start.set_value("scratch")
    batch = panel.form.main.rows["batch"].editor
    assert isinstance(batch, NumberBox)
    with qtbot.waitSignal(panel.settings_changed):
        batch.edit.setText("4")


def test_regions_show_only_where_there_are_some(panel: TrainPanel) -> None:
    assert not panel.region.isVisible()
    panel.set_region_layers({9: "Shapes"})
    assert panel.region.isVisible()
    panel.region.set_value(9)
    panel.set_region_layers({})
    assert panel.region.value() is None
    assert not panel.region.isVisible()


def bottom(panel: TrainPanel, part: QWidget) -> int:
    """Where a part ends, in pixels from the top of the panel."""
    return part.mapTo(panel, QPoint(0, part.height())).y()


@pytest.mark.parametrize("width", [380, 400, 420])
def test_the_plot_is_in_view_with_everything_that_may_stand_above_it(
    qtbot: QtBot, panel: TrainPanel, width: int
) -> None:
    panel.resize(width, 900)
    panel.layers.set_layers({i: f"layer {i}" for i in range(9)}, 1)
    panel.set_region_layers({10: "Shapes"})
    panel.axes.set_sentence("2 channels denoised separately, 40 frames as samples, 2D network")
    panel.message.show_message(
        "The memory does not suffice: choose a smaller patch or batch.", "trace"
    )
    panel.set_state(RunState.STOPPED)
    panel.model.set_model(True)
    panel.advanced.set_value(True)
    qtbot.waitUntil(lambda: panel.plot.canvas.height() >= 180)
    assert bottom(panel, panel.plot) <= 900


def test_the_next_step_stands_above_the_plot(panel: TrainPanel) -> None:
    assert not panel.model.denoise.isVisible()
    panel.model.set_model(True)
    panel.grab()
    assert panel.model.denoise.isVisible()
    assert bottom(panel, panel.model.denoise) < bottom(panel, panel.plot)


@pytest.mark.parametrize("kind", ["calibrated", "adaptive", "noise2info", "fixed", "staged"])
def test_nothing_is_cut_off_at_the_side(panel: TrainPanel, kind: str) -> None:
    panel.resize(380, 600)
    panel.advanced.set_value(True)
    panel.form.strategy.kind.set_value(kind)
    panel.set_state(RunState.FINISHED)
    panel.grab()
    bar = panel.horizontalScrollBar()
    assert bar is not None
    assert not bar.isVisible()


def test_texts_of_buttons_are_exact(panel: TrainPanel) -> None:
    texts = {button.text() for button in panel.findChildren(QPushButton)}
    assert {"Train", "Pause", "Stop", "Resume", "Continue"} <= texts
    assert {"Save model…", "Load model…", "Copy as script", "Copy as command"} <= texts
