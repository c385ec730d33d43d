"""*Denoise now*, from each place where napari offers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image
from npe2 import PluginManager, PluginManifest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QApplication, QMenu

from napari_noise2same._napari import saved_settings
from napari_noise2same._napari.commands import denoise_now, open_denoise_dock, open_train_dock
from napari_noise2same._napari.train_dock import TrainDock
from napari_noise2same.core import TrainingConfig
from napari_noise2same.core.errors import ConfigurationError, ImageError
from napari_noise2same.widgets import RunState
from noise2same_testing.docks import wait

NAME = "napari-noise2same"
ENTRY = "Denoise now (Noise2Same)"
SMALL = TrainingConfig(
    start="scratch", steps=10, batch=1, patch=(16, 16), validate_every=5, device="cpu"
)
ENDLESS = SMALL.model_copy(update={"steps": 1_000_000})


@pytest.fixture(autouse=True)
def short_runs(own_settings: None) -> None:  # noqa: ARG001
    """Settings of a user who likes short runs."""
    saved_settings.remember("training", SMALL)


@pytest.fixture(autouse=True)
def registered(npe2pm: PluginManager, make_napari_viewer: Any) -> None:  # noqa: ARG001
    """Let napari find the plugin."""
    npe2pm.register(PluginManifest.from_distribution(NAME))


def entry_of_layers_menu(viewer: Viewer) -> QAction:
    """Open *Layers > Filter*."""
    layers = viewer.window.layers_menu
    layers.aboutToShow.emit()
    (submenu,) = [action.menu() for action in layers.actions() if action.text() == "Filter"]
    return entry(submenu)


def in_layers_menu(viewer: Viewer) -> None:
    """Choose the entry in *Layers > Filter*."""
    entry_of_layers_menu(viewer).trigger()


def in_context_menu(viewer: Viewer) -> None:
    """Choose the entry after a right click on a layer."""
    layers: Any = viewer.window._qt_viewer.layers

    def choose() -> None:
        menu: Any = QApplication.activePopupWidget()
        entry(menu).trigger()
        menu.close()

    QTimer.singleShot(0, choose)
    model = layers.model()
    layers.itemDelegate().show_context_menu(model.index(0, 0), model, QPoint(0, 0), layers)


def in_palette(viewer: Viewer) -> None:
    """Type the entry's name into the command palette."""
    viewer.window._toggle_command_palette()
    palette = viewer.window._qt_window._command_palette
    palette._line.setText("denoise now")
    assert palette._list.can_execute()
    palette._list.execute()
    palette.hide()


def entry(menu: Any) -> QAction:
    """Find the entry in a menu."""
    assert isinstance(menu, QMenu)
    (action,) = [action for action in menu.actions() if action.text() == ENTRY]
    return action


def wait_for_result(qtbot: QtBot, viewer: Viewer, name: str) -> Image:
    wait(qtbot, lambda: name in viewer.layers)
    dock = open_denoise_dock(viewer)
    wait(qtbot, lambda: not dock.panel.is_running())
    layer: Image = viewer.layers[name]
    return layer


def in_front(dock: Any) -> bool:
    """Whether a dock is no tab behind another."""
    return not dock.visibleRegion().isEmpty()


@pytest.mark.parametrize("place", [in_layers_menu, in_context_menu, in_palette])
def test_entry_trains_and_denoises(
    qtbot: QtBot, viewer: Viewer, noisy: Image, place: Callable[[Viewer], None]
) -> None:
    if place is in_context_menu:
        open_train_dock(viewer)  # napari knows of the entry from the first use on
    place(viewer)
    train = open_train_dock(viewer)
    assert train.controller.is_running
    result = wait_for_result(qtbot, viewer, "cells [n2s]")

    assert train.panel.run.state() is RunState.FINISHED
    assert result.metadata["noise2same"]["steps"] == SMALL.steps
    assert result.data.std() < noisy.data.std()


def start_endless(viewer: Viewer) -> TrainDock:
    """Begin what only the user can end."""
    train = open_train_dock(viewer)
    train.panel.set_value(ENDLESS)
    denoise_now()
    return train


def test_what_goes_on_is_in_front(qtbot: QtBot, shown_viewer: Viewer) -> None:
    shown_viewer.add_image(np.random.default_rng(0).normal(size=(40, 40)), name="cells")
    denoise_now()
    train, denoise = shown_viewer.window.dock_widgets.values()
    wait(qtbot, lambda: in_front(train))
    assert train.controller.is_running
    wait(qtbot, lambda: in_front(denoise))
    assert not train.controller.is_running
    wait(qtbot, lambda: not denoise.panel.is_running())


@pytest.mark.usefixtures("noisy")
def test_nothing_follows_when_it_is_stopped(qtbot: QtBot, viewer: Viewer) -> None:
    train = start_endless(viewer)
    wait(qtbot, lambda: train.panel.run.state() is RunState.TRAINING)
    qtbot.mouseClick(train.panel.run.stop, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: not train.controller.is_running)
    assert not open_denoise_dock(viewer).panel.is_running()

    # Nor after the next run.
    train.panel.set_value(SMALL)
    train.controller.train()
    wait(qtbot, lambda: not train.controller.is_running)
    assert train.panel.run.state() is RunState.FINISHED
    assert not open_denoise_dock(viewer).panel.is_running()


def test_nothing_follows_a_failure(qtbot: QtBot, viewer: Viewer) -> None:
    layer = viewer.add_image(np.full((40, 40), 7.0), name="flat")
    denoise_now()
    train = open_train_dock(viewer)
    wait(qtbot, lambda: not train.controller.is_running)
    assert "constant" in train.panel.message.value()

    layer.data = np.random.default_rng(0).normal(size=(40, 40))
    train.controller.train()
    wait(qtbot, lambda: not train.controller.is_running)
    assert train.panel.run.state() is RunState.FINISHED
    assert not open_denoise_dock(viewer).panel.is_running()


@pytest.mark.usefixtures("noisy")
def test_nothing_follows_a_failure_after_a_run_that_went_well(qtbot: QtBot, viewer: Viewer) -> None:
    train = open_train_dock(viewer)
    train.controller.train()
    wait(qtbot, lambda: not train.controller.is_running)
    viewer.add_image(np.full((40, 40), 7.0), name="flat")
    denoise_now()
    wait(qtbot, lambda: not train.controller.is_running)
    assert train.panel.run.state() is RunState.FINISHED
    assert not open_denoise_dock(viewer).panel.is_running()
    assert "flat [n2s]" not in viewer.layers


@pytest.mark.usefixtures("noisy")
def test_run_that_is_on_is_left_alone(qtbot: QtBot, viewer: Viewer) -> None:
    train = start_endless(viewer)
    with pytest.raises(ConfigurationError, match="stop it"):
        denoise_now()
    assert train.controller.is_running
    train.controller.stop()
    wait(qtbot, lambda: not train.controller.is_running)


@pytest.mark.usefixtures("noisy")
def test_viewer_closes_in_the_midst(qtbot: QtBot, viewer: Viewer) -> None:
    worker = start_endless(viewer).controller.worker
    assert worker is not None
    viewer.close()
    wait(qtbot, lambda: not worker.is_running)


def test_all_selected_images_are_denoised_and_no_others(
    qtbot: QtBot, viewer: Viewer, noisy: Image
) -> None:
    rng = np.random.default_rng(0)
    more = viewer.add_image(rng.normal(size=(40, 40)), name="more")
    viewer.add_image(rng.normal(size=(40, 40)), name="other")
    viewer.layers.selection = {noisy, more, viewer.add_points()}
    denoise_now()
    train = open_train_dock(viewer)
    viewer.layers.selection.active = viewer.layers["other"]  # the user looks around
    wait_for_result(qtbot, viewer, "more [n2s]")

    assert train.panel.run.state() is RunState.FINISHED
    assert "cells [n2s]" in viewer.layers
    assert "other [n2s]" not in viewer.layers


def test_no_image_is_no_reason_to_open_docks(viewer: Viewer) -> None:
    viewer.add_points()
    with pytest.raises(ImageError, match="select one"):
        denoise_now()
    assert not viewer.window.dock_widgets


def test_entry_is_disabled_where_no_image_is_selected(viewer: Viewer, noisy: Image) -> None:
    assert entry_of_layers_menu(viewer).isEnabled()
    viewer.layers.selection.active = viewer.add_points()
    assert not entry_of_layers_menu(viewer).isEnabled()
    viewer.layers.selection.active = noisy
    assert entry_of_layers_menu(viewer).isEnabled()


@pytest.mark.usefixtures("noisy")
def test_the_active_layer_is_followed_again_afterwards(qtbot: QtBot, viewer: Viewer) -> None:
    other = viewer.add_image(np.random.default_rng(0).normal(size=(40, 40)), name="other")
    viewer.layers.selection = set(viewer.layers)
    denoise_now()
    wait_for_result(qtbot, viewer, "other [n2s]")
    viewer.layers.selection.active = other
    for dock in (open_train_dock(viewer), open_denoise_dock(viewer)):
        assert dock.panel.layers.value() == (other.unique_id,)


def test_docks_are_tabs_whichever_comes_first(viewer: Viewer) -> None:
    open_denoise_dock(viewer)
    open_train_dock(viewer)
    denoise, train = viewer.window._wrapped_dock_widgets.values()
    assert viewer.window._qt_window.tabifiedDockWidgets(train) == [denoise]
