from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt

from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.widgets import ChoiceBox, DenoisePanel
from napari_noise2same.widgets.number_box import NumberBox

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot) -> DenoisePanel:
    panel = DenoisePanel()
    qtbot.addWidget(panel)
    panel.resize(400, 600)
    panel.set_models({"a": "Just trained", "b": "Saved"})
    panel.layers.set_layers({1: "cells", 2: "nuclei"}, 1)
    panel.device.set_devices(["cpu"])
    panel.show()
    return panel


@pytest.mark.parametrize(
    "config",
    [
        DenoiseConfig(),
        DenoiseConfig(
            tile=256,
            overlap=16,
            dtype="keep",
            precision="bfloat16",
            averaging=True,
            device="cpu",
        ),
    ],
)
def test_settings_come_back(panel: DenoisePanel, config: DenoiseConfig) -> None:
    panel.set_value(DenoiseConfig(tile=99))
    panel.set_value(config)
    assert panel.value() == config


def test_an_invalid_tile_says_why_beside_the_field(panel: DenoisePanel) -> None:
    row = panel.options.rows["tile"]
    assert isinstance(row.editor, NumberBox)
    row.editor.edit.setText("4")
    assert row.reason.text() == "⚠ Must be greater than or equal to 8."
    with pytest.raises(ConfigurationError, match=r"^Tile \(pixels\): must be greater"):
        panel.value()
    row.editor.edit.setText("")
    assert row.reason.isHidden()
    assert panel.value().tile is None


def test_what_is_rarely_changed_is_out_of_the_way(qtbot: QtBot, panel: DenoisePanel) -> None:
    assert not panel.options.isVisible()
    qtbot.mouseClick(panel.advanced.header, LEFT)
    assert panel.options.isVisible()


def test_buttons_ask_for_what_they_say(qtbot: QtBot, panel: DenoisePanel) -> None:
    assert panel.denoise.text() == "Denoise"
    assert panel.cancel.text() == "Cancel"
    with qtbot.waitSignal(panel.denoise_requested):
        qtbot.mouseClick(panel.denoise, LEFT)
    with qtbot.waitSignal(panel.choose_file_requested):
        qtbot.mouseClick(panel.choose_file, LEFT)
    with qtbot.waitSignal(panel.save_requested):
        qtbot.mouseClick(panel.save, LEFT)
    panel.set_running(True)
    with qtbot.waitSignal(panel.cancel_requested):
        qtbot.mouseClick(panel.cancel, LEFT)


def test_only_cancel_can_be_pressed_during_a_run(panel: DenoisePanel) -> None:
    panel.set_running(True)
    assert panel.cancel.isEnabled()
    for part in (panel.denoise, panel.layers, panel.model, panel.choose_file, panel.options):
        assert not part.isEnabled()
    panel.set_running(False)
    assert not panel.cancel.isEnabled()
    for part in (panel.denoise, panel.layers, panel.model, panel.choose_file, panel.options):
        assert part.isEnabled()


def test_without_a_model_there_is_nothing_to_denoise_with(panel: DenoisePanel) -> None:
    panel.set_models({})
    assert not panel.denoise.isEnabled()
    panel.set_running(True)
    panel.set_models({"a": "New"})
    assert not panel.denoise.isEnabled()
    panel.set_running(False)
    assert panel.denoise.isEnabled()


def test_layers_and_files_are_not_denoised_at_once(panel: DenoisePanel) -> None:
    panel.set_running(True)
    assert panel.is_running()
    assert not panel.batch.denoise.isEnabled()
    assert not panel.batch.cancel.isEnabled()
    panel.set_running(True, batch=True)
    assert panel.is_running()
    panel.set_models({"a": "New"})
    for part in (panel.denoise, panel.cancel, panel.model, panel.options, panel.layers):
        assert not part.isEnabled()
    assert panel.batch.cancel.isEnabled()
    panel.set_running(False)
    assert panel.batch.denoise.isEnabled()
    panel.set_models({})
    assert not panel.batch.denoise.isEnabled()


def test_layers_are_the_first_tab(panel: DenoisePanel) -> None:
    tabs = panel.tabs
    assert [tabs.tabText(i) for i in range(tabs.count())] == ["Layers", "Batch"]
    assert panel.layers.isVisible()
    tabs.setCurrentIndex(1)
    assert panel.batch.table.isVisible()
    assert panel.model.isVisible()


def test_a_new_model_is_chosen_if_asked_for(panel: DenoisePanel) -> None:
    panel.set_models({"a": "Just trained", "b": "Saved", "c": "File"})
    assert panel.model.value() == "a"
    panel.set_models({"a": "Just trained", "c": "File"}, "c")
    assert panel.model.value() == "c"


def test_regions(qtbot: QtBot, panel: DenoisePanel) -> None:
    assert panel.region_value() == "all"
    for region in ("view", "frame"):
        with qtbot.waitSignal(panel.settings_changed):
            panel.region.set_value(region)
        assert panel.region_value() == region


def test_levels_show_only_where_there_is_a_choice(panel: DenoisePanel) -> None:
    assert not panel.level.isVisible()
    panel.set_levels({0: "Full", 1: "Half"})
    assert panel.level.isVisible()
    panel.level.set_value(1)
    assert panel.level_value() == 1
    panel.set_levels({})
    assert not panel.level.isVisible()
    assert panel.level_value() == 0


def test_every_change_of_a_setting_is_told(qtbot: QtBot, panel: DenoisePanel) -> None:
    averaging = panel.options.rows["averaging"].editor
    assert isinstance(averaging, ChoiceBox)
    with qtbot.waitSignal(panel.settings_changed):
        qtbot.keyClick(averaging, Qt.Key.Key_Down)
    assert panel.value().averaging is True
    with qtbot.waitSignal(panel.settings_changed):
        panel.device.set_value("cpu")


def test_nothing_is_cut_off_at_the_side(panel: DenoisePanel) -> None:
    panel.resize(380, 600)
    panel.set_levels({0: "Full, 16384 × 16384", 1: "8192 × 8192"})
    for tab in range(2):
        panel.tabs.setCurrentIndex(tab)
        panel.grab()
        bar = panel.horizontalScrollBar()
        assert bar is not None
        assert not bar.isVisible()


def test_the_noise_can_be_taken_from_the_image(panel: DenoisePanel) -> None:
    assert panel.value().noise == "model"
    panel.set_value(DenoiseConfig(noise="image"))
    assert panel.value().noise == "image"


@pytest.mark.parametrize("tab", [0, 1])
def test_a_message_and_the_buttons_are_in_sight_in_a_small_window(
    panel: DenoisePanel, tab: int
) -> None:
    panel.tabs.setCurrentIndex(tab)
    panel.message.show_error("Expected a model, found none chosen: train one.")
    panel.grab()
    parts = [panel.message, panel.denoise] if tab == 0 else [panel.message]
    for part in parts:
        assert part.mapTo(panel, QPoint(0, part.height())).y() <= panel.height()
