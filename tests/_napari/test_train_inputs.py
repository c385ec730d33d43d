"""What the train dock says about the layers of a real viewer."""

from __future__ import annotations

import threading
from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_noise2same._napari.commands import open_denoise_dock, open_train_dock
from napari_noise2same._napari.results import add_result
from napari_noise2same._napari.train_dock import TrainDock
from napari_noise2same.core import NetworkConfig, TrainingConfig
from napari_noise2same.widgets import RunState, TrainPanel
from noise2same_testing.docks import train, wait

SMALL = TrainingConfig(
    start="scratch", steps=4, batch=1, patch=(16, 16), validate_every=2, device="cpu"
)


@pytest.fixture
def train_dock(viewer: Viewer) -> TrainDock:
    return open_train_dock(viewer)


def test_the_sentence_says_when_only_a_sample_is_read(
    viewer: Viewer, train_dock: TrainDock
) -> None:
    viewer.add_image(np.broadcast_to(np.float32(0), (9, 5000, 6000)), contrast_limits=(0, 1))
    sentence = train_dock.panel.axes.sentence
    assert sentence.text().endswith("an evenly spread sample: 20 of 270 Mpx")
    train_dock.panel.set_value(TrainingConfig(max_pixels=270_000_000))
    assert "sample:" not in sentence.text()
    train_dock.panel.set_value(TrainingConfig(max_pixels=1_500_000))
    assert sentence.text().endswith("1.5 of 270.0 Mpx")


def test_layers_follow_the_active_one_until_some_are_ticked(
    viewer: Viewer, train_dock: TrainDock
) -> None:
    rng = np.random.default_rng(0)
    first = viewer.add_image(rng.normal(size=(40, 40)), name="first")
    second = viewer.add_image(rng.normal(size=(3, 40, 40)), name="second")
    panel, inputs = train_dock.panel, train_dock.controller.inputs
    assert inputs.layers() == [second]
    assert "3 frames" in panel.axes.sentence.text()
    viewer.layers.selection.active = first
    assert inputs.layers() == [first]
    assert "one image" in panel.axes.sentence.text()
    viewer.layers.selection = {first, second}
    assert inputs.layers() == [first]
    viewer.add_shapes([[0, 0], [9, 9]], shape_type="rectangle")
    assert inputs.layers() == [first]
    tick(panel, "second")
    assert inputs.layers() == [second, first]
    assert not panel.layers.follow.isChecked()
    third = viewer.add_image(rng.normal(size=(40, 40)), name="third")
    assert viewer.layers.selection.active is third
    assert inputs.layers() == [second, first]
    viewer.layers.remove(first)
    second.name = "renamed"
    assert inputs.layers() == [second]
    panel.layers.follow.click()
    assert inputs.layers() == [third]


@pytest.mark.parametrize(
    ("selected", "expected"),
    [
        (["drawn"], ["second"]),
        (["cells [n2s]"], ["second"]),
        (["first", "second"], ["second", "first"]),
        (["first", "drawn"], ["first"]),
        ([], ["second"]),
    ],
)
def test_something_is_ticked_whatever_is_selected_when_the_dock_opens(
    viewer: Viewer, selected: list[str], expected: list[str]
) -> None:
    for name in ("first", "second"):
        viewer.add_image(np.zeros((8, 8)), name=name)
    add_result(viewer, viewer.layers["second"], np.zeros((8, 8)), {}, name="cells [n2s]")
    viewer.add_shapes(name="drawn")
    viewer.layers.selection = {viewer.layers[name] for name in selected}

    for dock in (open_train_dock(viewer).controller.inputs, open_denoise_dock(viewer).controller):
        assert [layer.name for layer in dock.layers()] == expected


def test_axes_that_were_typed_come_back_with_their_layer(
    viewer: Viewer, train_dock: TrainDock
) -> None:
    axes = train_dock.panel.axes
    stack = viewer.add_image(np.zeros((9, 40, 40)), name="stack")
    assert axes.value() == "TYX"
    axes.set_value("ZYX")
    image = viewer.add_image(np.zeros((40, 40)), name="image")
    assert axes.value() == "YX"
    viewer.layers.selection.active = stack
    assert axes.value() == "ZYX"
    axes.set_value("TYX")
    viewer.layers.selection.active = image
    stack.axis_labels = ("c", "y", "x")
    viewer.layers.selection.active = stack
    assert axes.value() == "CYX"


def test_axes_follow_the_data_the_labels_and_the_units(
    viewer: Viewer, train_dock: TrainDock
) -> None:
    layer = viewer.add_image(np.zeros((64, 64)), name="cells")
    axes = train_dock.panel.axes
    assert axes.value() == "YX"
    layer.data = np.zeros((12, 64, 64))
    assert axes.value() == "TYX"
    assert "12 frames" in axes.sentence.text()
    layer.axis_labels = ("z", "y", "x")
    assert axes.value() == "ZYX"
    layer.axis_labels = ("", "", "")
    layer.units = ("um", "um", "um")
    assert axes.value() == "ZYX"
    axes.edit.setText("CYX")
    axes.edit.editingFinished.emit()
    layer.data = np.zeros((3, 64, 64))
    assert axes.value() == "CYX"
    layer.data = np.zeros((64, 64))
    assert axes.value() == "YX"


def test_time_is_offered_where_there_are_frames(viewer: Viewer, train_dock: TrainDock) -> None:
    panel = train_dock.panel
    row = panel.form.main.rows["depth_axis"]
    viewer.add_image(np.zeros((9, 40, 40)), name="movie")
    assert not row.isHidden()
    row.editor.set_value("T")
    assert panel.axes.sentence.text() == "one movie of 9 frames, time as third axis, 3D network"
    panel.form.network.box.set_value("small")
    assert panel.value().network == NetworkConfig.small(3)
    for axes, shape in (("TYX", (7, 40, 40)), ("ZYX", (9, 40, 40))):
        viewer.add_image(np.zeros(shape))
        panel.axes.set_value(axes)
        assert row.isHidden()
        assert panel.value().depth_axis == "Z"
        assert "⚠" not in panel.axes.sentence.text()
    viewer.layers.selection.active = viewer.layers["movie"]
    assert "time as third axis" in panel.axes.sentence.text()


def tick(panel: TrainPanel, name: str) -> None:
    """Tick a layer as a click does."""
    (item,) = panel.layers.list.findItems(name, Qt.MatchFlag.MatchExactly)
    item.setCheckState(Qt.CheckState.Checked)


def test_labels_are_read_by_the_thread_that_trains(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    readers: list[threading.Thread] = []

    def read(block: Any) -> Any:
        readers.append(threading.current_thread())
        return block

    viewer.add_image(np.random.default_rng(0).normal(size=(3, 48, 64)))
    lazy = da.ones((3, 48, 64), dtype=int, chunks=(1, 48, 64)).map_blocks(read, dtype=int)
    labels = viewer.add_labels(lazy)
    readers.clear()
    train_dock.panel.set_value(SMALL)
    train_dock.panel.region.set_value(labels.unique_id)
    train(qtbot, train_dock)

    assert train_dock.panel.run.state() is RunState.FINISHED
    assert len(readers) > 3
    assert threading.main_thread() not in readers


def test_where_nothing_is_marked_the_dock_says_so_and_shows_what_there_was(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    viewer.add_image(np.random.default_rng(0).normal(size=(48, 64)))
    shapes = viewer.add_shapes(name="here")
    panel = train_dock.panel
    panel.set_value(SMALL)
    train(qtbot, train_dock)
    panel.region.set_value(shapes.unique_id)
    train(qtbot, train_dock)

    assert panel.message.value().startswith("Expected regions on the image, found none of 'here'")
    assert panel.run.state() is RunState.FINISHED
    assert len(panel.plot.value()["loss"]) == SMALL.steps


def test_a_run_can_be_stopped_while_labels_are_read(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def read(block: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            reading.set()
            go_on.wait()
        return block

    viewer.add_image(np.random.default_rng(0).normal(size=(48, 64)))
    labels = viewer.add_labels(da.ones((48, 64), dtype=int).map_blocks(read, dtype=int))
    panel = train_dock.panel
    panel.set_value(SMALL)
    panel.region.set_value(labels.unique_id)
    panel.run.train.click()
    wait(qtbot, reading.is_set)
    panel.run.stop.click()
    go_on.set()
    wait(qtbot, lambda: not train_dock.controller.is_running)

    assert panel.run.state() is RunState.IDLE
    assert train_dock.controller.model is None
    assert panel.message.value() == ""


@pytest.mark.parametrize("names", [("grey", "colours"), ("colours", "grey")])
def test_layers_of_other_channels_are_not_trained_on_together(
    viewer: Viewer, train_dock: TrainDock, names: tuple[str, str]
) -> None:
    rng = np.random.default_rng(0)
    layers = {
        "grey": viewer.add_image(rng.normal(size=(64, 80)), name="grey"),
        "colours": viewer.add_image(
            rng.integers(0, 255, (40, 40, 3), np.uint8), name="colours", rgb=True
        ),
    }
    panel = train_dock.panel
    viewer.layers.selection.active = layers[names[0]]
    panel.layers.set_value([layers[name].unique_id for name in names])
    panel.run.train.click()
    for text in (panel.message.value(), panel.axes.sentence.text()):
        assert "1 in grey" in text
        assert "3 in colours" in text
    panel.layers.set_value([layers["grey"].unique_id])
    assert "one image" in panel.axes.sentence.text()


def test_channels_and_colours_can_be_trained_on_together(
    viewer: Viewer, train_dock: TrainDock
) -> None:
    rng = np.random.default_rng(0)
    colours = viewer.add_image(rng.integers(0, 255, (40, 40, 3), np.uint8), rgb=True)
    channels = viewer.add_image(rng.normal(size=(3, 40, 40)), axis_labels=("c", "y", "x"))
    train_dock.panel.layers.set_value([colours.unique_id, channels.unique_id])
    images = train_dock.controller.inputs.whole_images()
    assert {image.axes for image in images} == {"YXS", "CYX"}


def test_nothing_is_said_of_an_image_that_is_gone(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    panel = train_dock.panel
    layer = viewer.add_image(np.random.default_rng(0).normal(size=(64, 64)), name="cells")
    buttons = [button for preset, button in panel.quality.buttons.items() if preset != "instant"]
    wait(qtbot, lambda: all(b.text().split("\n")[1] for b in buttons))
    viewer.layers.clear()
    assert panel.axes.value() == ""
    assert not any(button.text().split("\n")[1] for button in buttons)
    viewer.layers.append(layer)
    assert panel.axes.value() == "YX"
