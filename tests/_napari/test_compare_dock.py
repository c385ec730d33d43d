from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image
from napari.settings import get_plugin_settings
from npe2 import PluginManager, PluginManifest
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QApplication, QWidget

from napari_noise2same._napari.compare_dock import CompareDock
from napari_noise2same._napari.comparison import Mode
from napari_noise2same._napari.layer_tracker import LayerTracker
from napari_noise2same._napari.results import PREVIEW, add_result
from napari_noise2same._napari.sample_data import cells_2d

NAME = "napari-noise2same"
MODES: tuple[Mode, ...] = ("grid", "swipe", "blink", "residual")

Open = Callable[[], CompareDock]


@pytest.fixture
def denoised(viewer: Viewer, noisy: Image) -> Image:
    return add_result(viewer, noisy, np.full(noisy.data.shape, 100, np.float32), {})


@pytest.fixture
def open_dock(
    viewer: Viewer,
    npe2pm: PluginManager,
    plugin_settings: None,  # noqa: ARG001
) -> Open:
    """Open the dock as napari does, which gives it a proxy of the viewer."""
    npe2pm.register(PluginManifest.from_distribution(NAME))

    def run() -> CompareDock:
        dock: CompareDock
        _, dock = viewer.window.add_plugin_dock_widget(NAME, "Noise2Same Compare")
        return dock

    return run


def choices(dock: CompareDock) -> list[str]:
    return [dock.noisy.itemText(index) for index in range(dock.noisy.count())]


def chosen(dock: CompareDock) -> tuple[str, str]:
    return dock.noisy.currentText(), dock.denoised.currentText()


def pressed(dock: CompareDock) -> list[Mode]:
    return [mode for mode, button in dock.buttons.items() if button.isChecked()]


def names(viewer: Viewer) -> list[tuple[str, bool]]:
    return [(layer.name, layer.visible) for layer in viewer.layers]


@pytest.mark.parametrize("mode", ["grid", "residual"])
def test_one_click_compares_and_one_goes_back(
    viewer: Viewer, denoised: Image, open_dock: Open, mode: Mode
) -> None:
    dock = open_dock()
    before = names(viewer), viewer.canvas.grid.model_dump()
    assert denoised in viewer.layers

    dock.buttons[mode].click()
    assert pressed(dock) == [mode]
    assert (names(viewer), viewer.canvas.grid.model_dump()) != before
    dock.buttons[mode].click()

    assert pressed(dock) == []
    assert (names(viewer), viewer.canvas.grid.model_dump()) == before


def test_one_button_releases_another(viewer: Viewer, denoised: Image, open_dock: Open) -> None:
    dock = open_dock()
    before = names(viewer)
    for mode in MODES:
        dock.buttons[mode].click()
        assert pressed(dock) == [mode]
    dock.set_mode(None)

    assert denoised in viewer.layers
    assert names(viewer) == before


def test_result_and_its_source_are_chosen(viewer: Viewer, denoised: Image, open_dock: Open) -> None:
    viewer.add_image(np.zeros((8, 8)), name="other")
    dock = open_dock()

    assert chosen(dock) == ("cells", "cells [n2s]")
    add_result(viewer, viewer.layers["other"], np.zeros((8, 8)), {})
    assert chosen(dock) == ("other", "other [n2s]")
    dock.set_layers(viewer.layers["cells"], denoised)
    assert chosen(dock) == ("cells", "cells [n2s]")


@pytest.mark.parametrize("renamed", [True, False])
def test_source_is_chosen_after_it_was_renamed_or_saved(
    viewer: Viewer, noisy: Image, denoised: Image, open_dock: Open, renamed: bool
) -> None:
    viewer.add_image(np.zeros((8, 8)), name="other")
    if renamed:
        noisy.name = "calibrated"
        viewer.layers["other"].name = "cells"
    else:
        del denoised.metadata["noise2same"]["source_id"]

    assert chosen(open_dock()) == (noisy.name, "cells [n2s]")


@pytest.mark.usefixtures("denoised")
def test_previews_which_change_with_the_view_are_no_choices(
    viewer: Viewer, noisy: Image, open_dock: Open
) -> None:
    data = np.zeros((8, 8), np.float32)
    add_result(viewer, noisy, data, {PREVIEW: True}, name="before")
    dock = open_dock()
    add_result(viewer, noisy, data, {PREVIEW: True}, name="after")

    assert choices(dock) == ["cells [n2s]", "cells"]
    assert chosen(dock) == ("cells", "cells [n2s]")


def test_two_topmost_images_are_chosen_where_there_is_no_result(
    viewer: Viewer, open_dock: Open
) -> None:
    for name in ("below", "above"):
        viewer.add_image(np.zeros((8, 8)), name=name)

    assert chosen(open_dock()) == ("below", "above")


@pytest.mark.parametrize("early", [True, False])
def test_what_is_called_noisy_is_not_taken_for_denoised(
    viewer: Viewer, open_dock: Open, early: bool
) -> None:
    dock = open_dock() if early else None
    for data, arguments, _ in cells_2d():
        viewer.add_image(data, **arguments)

    assert chosen(dock or open_dock()) == ("Cells (noisy)", "Cells (ground truth)")


def test_choices_follow_the_layer_list(viewer: Viewer, denoised: Image, open_dock: Open) -> None:
    dock = open_dock()
    viewer.add_points()
    assert choices(dock) == ["cells [n2s]", "cells"]
    viewer.layers["cells"].name = "renamed"
    assert chosen(dock) == ("renamed", "cells [n2s]")
    viewer.layers.remove(denoised)
    assert choices(dock) == ["renamed"]


@pytest.mark.usefixtures("denoised")
def test_layers_that_serve_the_comparison_are_no_choices(open_dock: Open) -> None:
    dock = open_dock()
    for mode in MODES:
        dock.set_mode(mode)
        assert choices(dock) == ["cells [n2s]", "cells"]
    dock.set_mode(None)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("denoised")
def test_layers_that_serve_the_comparison_are_no_images_to_work_on(
    viewer: Viewer, noisy: Image, open_dock: Open, mode: Mode
) -> None:
    viewer.layers.selection.active = noisy
    tracker = LayerTracker(viewer)
    before = tracker.images()
    open_dock().set_mode(mode)
    assert tracker.images() == before
    assert tracker.active() in (None, noisy.unique_id)
    tracker.close()


def test_layer_that_came_during_a_comparison_is_a_choice_after_it(
    viewer: Viewer, denoised: Image, open_dock: Open
) -> None:
    dock = open_dock()
    dock.set_mode("blink")
    viewer.add_image(np.zeros((8, 8)), name="new")
    dock.set_mode(None)

    assert denoised in viewer.layers
    assert choices(dock) == ["new", "cells [n2s]", "cells"]


def test_other_choice_is_compared_in_the_same_way(
    viewer: Viewer, noisy: Image, denoised: Image, open_dock: Open
) -> None:
    other = viewer.add_image(np.zeros((48, 64)), name="other")
    dock = open_dock()
    dock.set_layers(noisy, denoised)
    dock.set_mode("grid")
    dock.set_layers(other, denoised)

    assert dock.mode == "grid"
    assert [layer.visible for layer in (noisy, denoised, other)] == [False, True, True]
    dock.set_mode(None)
    assert [layer.visible for layer in (noisy, denoised, other)] == [True, True, True]


def test_what_cannot_be_compared_is_said(viewer: Viewer, open_dock: Open) -> None:
    dock = open_dock()
    dock.set_mode("grid")
    assert "found none" in dock.message.value()
    viewer.add_image(np.zeros((8, 8)))
    dock.set_mode("grid")
    assert "choose another" in dock.message.value()
    viewer.add_image(np.zeros((9, 9)))
    dock.set_layers(viewer.layers[0], viewer.layers[1])
    dock.set_mode("residual")
    assert "as many pixels" in dock.message.value()
    assert dock.mode is None
    dock.set_mode("swipe")
    assert dock.message.value() == ""
    dock.set_mode(None)


def test_button_is_released_when_the_comparison_ends_by_itself(
    viewer: Viewer, noisy: Image, denoised: Image, open_dock: Open
) -> None:
    dock = open_dock()
    dock.set_mode("blink")
    viewer.layers.remove(noisy)

    assert dock.mode is None
    assert denoised.visible
    assert choices(dock) == ["cells [n2s]"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda viewer, _: setattr(viewer.dims, "ndisplay", 3), "switch the 3D view off"),
        (lambda viewer, _: setattr(viewer.dims, "order", (1, 0, 2)), "found others: compare anew"),
        (lambda _, result: setattr(result, "data", np.zeros((5, 9, 9))), "found one of (5, 9, 9)"),
    ],
)
def test_the_reason_is_said_when_a_swipe_ends_by_itself(
    viewer: Viewer, open_dock: Open, change: Callable[[Viewer, Image], None], reason: str
) -> None:
    noisy = viewer.add_image(np.ones((5, 8, 8)), name="stack", units=("um",) * 3)
    result = add_result(viewer, noisy, np.zeros((5, 8, 8), np.float32), {})
    dock = open_dock()
    dock.buttons["swipe"].click()
    change(viewer, result)

    assert reason in dock.message.value()
    assert dock.mode is None
    assert viewer.layers == [noisy, result]
    dock.buttons["grid"].click()
    assert dock.message.value() == ""
    dock.set_mode(None)


def test_residual_follows_the_sliders(qtbot: QtBot, viewer: Viewer, open_dock: Open) -> None:
    noisy = viewer.add_image(np.ones((5, 8, 8)), name="stack", units=("um",) * 3)
    add_result(viewer, noisy, np.zeros((5, 8, 8), np.float32), {})
    dock = open_dock()
    dock.buttons["residual"].click()
    layer = viewer.layers["Residual"]
    for plane in (3, 1):
        viewer.dims.set_current_step(0, plane)
        qtbot.waitUntil(lambda plane=plane: layer.data[plane].all(), timeout=120_000)  # type: ignore[misc]
    dock.set_mode(None)

    assert "Residual" not in viewer.layers


@pytest.mark.parametrize("mode", ["grid", "swipe", "residual"])
def test_closing_the_dock_goes_back(
    viewer: Viewer, denoised: Image, open_dock: Open, mode: Mode, qapp: QApplication
) -> None:
    dock = open_dock()
    before = names(viewer)
    dock.set_mode(mode)
    viewer.window.remove_dock_widget(dock)
    qapp.processEvents()

    assert names(viewer) == before
    assert not viewer.canvas.grid.enabled
    viewer.layers.remove(denoised)


@pytest.mark.parametrize("mode", ["swipe", "blink", "residual"])
@pytest.mark.usefixtures("denoised")
def test_viewer_closes_during_a_comparison(viewer: Viewer, open_dock: Open, mode: Mode) -> None:
    dock = open_dock()
    dock.set_mode(mode)
    assert dock._comparison is not None
    viewer.close()
    assert dock._comparison is None


@pytest.mark.usefixtures("denoised")
def test_dock_without_a_window_goes_back_when_it_is_closed(
    viewer: Viewer,
    plugin_settings: None,  # noqa: ARG001
) -> None:
    dock = CompareDock(viewer)
    before = names(viewer)
    dock.set_mode("swipe")
    dock.close()

    assert names(viewer) == before


@pytest.mark.usefixtures("denoised")
def test_interval_of_the_blink_is_that_of_the_preferences(open_dock: Open) -> None:
    get_plugin_settings(NAME).compare.blink_milliseconds = 250
    dock = open_dock()
    dock.set_mode("blink")

    assert dock._comparison._running._timer.interval() == 250  # type: ignore[union-attr]
    dock.set_mode(None)


@pytest.mark.usefixtures("denoised")
def test_hiding_the_dock_goes_back(viewer: Viewer, open_dock: Open) -> None:
    dock = open_dock()
    before = names(viewer)
    frame: Any = dock.parent()
    other = viewer.window.add_dock_widget(QWidget(), area="right")
    viewer.window._qt_window.tabifyDockWidget(frame, other)
    dock.buttons["swipe"].click()
    frame.setFloating(True)
    frame.setFloating(False)
    other.raise_()
    assert pressed(dock) == ["swipe"]

    frame.title.hide_button.click()
    assert frame.isHidden()
    assert pressed(dock) == []
    assert names(viewer) == before
    frame.show()
    dock.buttons["swipe"].click()
    assert pressed(dock) == ["swipe"]
    viewer.window.remove_dock_widget(frame)
    assert names(viewer) == before


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("denoised")
def test_layers_that_come_and_go_do_not_end_a_comparison(
    viewer: Viewer, open_dock: Open, mode: Mode
) -> None:
    dock = open_dock()
    before = names(viewer)
    dock.buttons[mode].click()
    for shape in ((48, 64), (3, 48, 64)):
        preview = viewer.add_image(np.zeros(shape), name="preview")
        assert pressed(dock) == [mode]
        viewer.layers.remove(preview)
        assert pressed(dock) == [mode]
    dock.set_mode(None)

    assert names(viewer) == before


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("denoised")
def test_layers_that_come_during_a_comparison_show_after_it(
    viewer: Viewer, open_dock: Open, mode: Mode
) -> None:
    dock = open_dock()
    dock.buttons[mode].click()
    compared = names(viewer)
    shown = viewer.add_image(np.zeros((48, 64)), name="preview")
    hidden = viewer.add_image(np.zeros((48, 64)), name="hidden", visible=False)
    viewer.add_labels(np.zeros((48, 64), np.uint8), name="painted")
    assert names(viewer)[:-1] == [*compared, ("preview", False), ("hidden", False)]
    assert names(viewer)[-1] == ("painted", True)
    dock.set_mode(None)

    assert (shown.visible, hidden.visible) == (True, False)


def test_the_dock_is_no_higher_than_needed(viewer: Viewer, open_dock: Open) -> None:
    dock = open_dock()
    window = viewer.window._qt_window
    window.resize(1200, 900)
    window.show()
    QApplication.processEvents()
    assert dock.height() <= dock.sizeHint().height()
