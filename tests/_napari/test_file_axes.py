"""Which axes layers have whose files name them, though napari's reader does not."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari import Viewer
from napari.layers import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari import file_axes, saved_settings
from napari_noise2same._napari.commands import denoise_now, open_denoise_dock, open_train_dock
from napari_noise2same._napari.train_dock import TrainDock
from napari_noise2same.core import TrainingConfig
from napari_noise2same.core.io import Image as ImageOfFile
from napari_noise2same.core.io import read_axes, write_image
from napari_noise2same.widgets import RunState

TIMEOUT = 20_000
IMAGEJ: dict[str, Any] = {"imagej": True}
OME: dict[str, Any] = {"ome": True}
INSTANT = TrainingConfig(steps=0, device="cpu")


class Reader:
    """Looks into files when it may, and knows in which threads."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.threads: list[threading.Thread] = []

    def __call__(self, path: str) -> tuple[str, tuple[int, ...]]:
        self.threads.append(threading.current_thread())
        assert self.may.wait(20)
        return read_axes(path)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader()
    monkeypatch.setattr(file_axes, "read_axes", reader)
    return reader


@pytest.fixture
def dock(viewer: Viewer) -> TrainDock:
    return open_train_dock(viewer)


def write(path: Path, shape: tuple[int, ...], axes: str, options: dict[str, Any]) -> Path:
    pixels = np.random.default_rng(0).poisson(30, shape).astype(np.uint16)
    tifffile.imwrite(path, pixels, metadata={"axes": axes}, **options)
    return path


def open_file(viewer: Viewer, path: Path, **options: Any) -> Image:
    """Open a file as dropping it on the viewer does."""
    first, *_ = viewer.open(path, plugin="napari", **options)
    assert isinstance(first, Image)
    return first


def wait_for(qtbot: QtBot, dock: TrainDock, axes: str) -> None:
    qtbot.waitUntil(lambda: dock.panel.axes.value() == axes, timeout=TIMEOUT)


def looked(qtbot: QtBot, dock: TrainDock) -> None:
    """Wait until every file has been looked into, and what that says is shown."""
    files = dock.controller.inputs.tracker.file_axes
    qtbot.waitUntil(lambda: files._worker is None, timeout=TIMEOUT)


@pytest.mark.parametrize("options", [IMAGEJ, OME])
@pytest.mark.parametrize(
    ("shape", "axes", "sentence"),
    [
        ((9, 40, 48), "ZYX", "a volume of 9 planes, 3D network"),
        (
            (9, 2, 40, 48),
            "ZCYX",
            "2 channels denoised separately, a volume of 9 planes, 3D network",
        ),
        ((9, 40, 48), "TYX", "9 frames as samples, 2D network"),
    ],
)
def test_a_file_says_which_axes_its_layer_has(
    qtbot: QtBot,
    viewer: Viewer,
    dock: TrainDock,
    tmp_path: Path,
    options: dict[str, Any],
    shape: tuple[int, ...],
    axes: str,
    sentence: str,
) -> None:
    open_file(viewer, write(tmp_path / "a.tif", shape, axes, options))
    wait_for(qtbot, dock, axes)
    looked(qtbot, dock)
    assert dock.panel.axes.value() == axes
    assert dock.panel.axes.sentence.text() == sentence
    (image,) = dock.controller.inputs.whole_images()
    assert image.axes == axes

    dock.panel.model.copy_script_requested.emit()
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    qtbot.waitUntil(lambda: f"axes='{axes}'" in clipboard.text(), timeout=TIMEOUT)


@pytest.mark.usefixtures("threads_of_zarr")
@pytest.mark.parametrize("name", ["a.zarr", "a.ome.zarr"])
def test_a_zarr_folder_says_which_axes_its_layer_has(
    qtbot: QtBot, viewer: Viewer, dock: TrainDock, tmp_path: Path, name: str
) -> None:
    zarr = pytest.importorskip("zarr")
    pixels = np.random.default_rng(0).poisson(30, (9, 40, 48)).astype(np.uint16)
    if name == "a.zarr":
        names = ["z", "y", "x"]
        zarr.create_array(tmp_path / name, data=pixels, dimension_names=names)
    else:
        write_image(tmp_path / name, pixels, ImageOfFile(pixels, "ZYX"))
    layer = open_file(viewer, tmp_path / name)
    assert "z" not in layer.axis_labels
    wait_for(qtbot, dock, "ZYX")
    looked(qtbot, dock)


@pytest.mark.parametrize("options", [IMAGEJ, OME])
def test_a_channel_of_a_file_has_its_other_axes(
    qtbot: QtBot, viewer: Viewer, dock: TrainDock, tmp_path: Path, options: dict[str, Any]
) -> None:
    path = write(tmp_path / "a.tif", (9, 2, 40, 48), "ZCYX", options)
    channel = open_file(viewer, path, channel_axis=1)
    assert channel.data.shape == (9, 40, 48)
    wait_for(qtbot, dock, "ZYX")


def test_layers_that_were_there_before_the_dock_are_asked_too(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path
) -> None:
    for name in ("a.tif", "b.tif"):
        open_file(viewer, write(tmp_path / name, (9, 40, 48), "ZYX", IMAGEJ))
    dock = open_train_dock(viewer)
    wait_for(qtbot, dock, "ZYX")
    looked(qtbot, dock)
    viewer.layers.selection.active = viewer.layers["a"]
    assert dock.panel.axes.value() == "ZYX"


def test_no_file_is_looked_into_by_the_thread_of_the_window(
    qtbot: QtBot, viewer: Viewer, reader: Reader, dock: TrainDock, tmp_path: Path
) -> None:
    open_file(viewer, write(tmp_path / "a.tif", (9, 40, 48), "ZYX", IMAGEJ))
    # While a disk is slow there is a guess.
    assert dock.panel.axes.value() == "TYX"
    open_file(viewer, write(tmp_path / "b.tif", (2, 40, 48), "CYX", IMAGEJ))
    assert dock.panel.axes.value() == "TYX"
    reader.may.set()
    wait_for(qtbot, dock, "CYX")
    viewer.layers.selection.active = viewer.layers["a"]
    assert dock.panel.axes.value() == "ZYX"
    assert len(reader.threads) == 2
    assert threading.main_thread() not in reader.threads


@pytest.mark.parametrize("said", ["CYX", "T", ""])
def test_what_the_user_says_meanwhile_is_kept(
    qtbot: QtBot, viewer: Viewer, reader: Reader, dock: TrainDock, tmp_path: Path, said: str
) -> None:
    layer = open_file(viewer, write(tmp_path / "a.tif", (9, 40, 48), "ZYX", IMAGEJ))
    dock.panel.axes.edit.setText(said)
    reader.may.set()
    looked(qtbot, dock)
    assert dock.controller.inputs.tracker.file_axes.of(layer) == "ZYX"
    assert dock.panel.axes.value() == said


def test_what_the_user_says_afterwards_is_kept(
    qtbot: QtBot, viewer: Viewer, dock: TrainDock, tmp_path: Path
) -> None:
    layer = open_file(viewer, write(tmp_path / "a.tif", (9, 40, 48), "ZYX", IMAGEJ))
    wait_for(qtbot, dock, "ZYX")
    dock.panel.axes.edit.setText("TYX")
    viewer.add_image(np.zeros((40, 48)))
    assert dock.panel.axes.value() == "YX"
    viewer.layers.selection.active = layer
    assert dock.panel.axes.value() == "TYX"
    looked(qtbot, dock)


def test_docks_look_into_a_file_once(
    qtbot: QtBot, viewer: Viewer, reader: Reader, dock: TrainDock, tmp_path: Path
) -> None:
    reader.may.set()
    open_file(viewer, write(tmp_path / "a.tif", (9, 40, 48), "ZYX", IMAGEJ))
    denoise = open_denoise_dock(viewer)
    wait_for(qtbot, dock, "ZYX")
    open_file(viewer, write(tmp_path / "b.tif", (2, 40, 48), "CYX", IMAGEJ))
    wait_for(qtbot, dock, "CYX")
    looked(qtbot, dock)
    assert len(reader.threads) == 2
    (job,) = denoise.controller._plan()
    assert job.image.axes == "CYX"


def test_a_dock_that_comes_later_knows_what_files_have_said(
    qtbot: QtBot, viewer: Viewer, reader: Reader, dock: TrainDock, tmp_path: Path
) -> None:
    reader.may.set()
    open_file(viewer, write(tmp_path / "a.tif", (9, 40, 48), "ZYX", IMAGEJ))
    wait_for(qtbot, dock, "ZYX")
    looked(qtbot, dock)
    viewer.window.remove_dock_widget("all")
    assert open_train_dock(viewer).panel.axes.value() == "ZYX"
    assert len(reader.threads) == 1


def test_what_a_command_trains_on_waits_for_the_word_of_its_file(
    qtbot: QtBot, viewer: Viewer, reader: Reader, tmp_path: Path
) -> None:
    saved_settings.remember("training", INSTANT)
    open_file(viewer, write(tmp_path / "a.tif", (9, 40, 48), "ZYX", IMAGEJ))
    denoise_now()
    dock = open_train_dock(viewer)
    assert dock.controller.is_running
    assert dock.panel.run.state() is RunState.PREPARING
    assert dock.controller.worker is None
    reader.may.set()
    qtbot.waitUntil(lambda: "a [n2s]" in viewer.layers, timeout=TIMEOUT)
    denoise = open_denoise_dock(viewer).panel
    qtbot.waitUntil(lambda: not denoise.is_running(), timeout=TIMEOUT)
    assert dock.controller.model is not None
    assert dock.controller.model.axes == "ZYX"


def test_a_run_that_waits_for_a_file_can_be_stopped(
    qtbot: QtBot, viewer: Viewer, reader: Reader, dock: TrainDock, tmp_path: Path
) -> None:
    dock.panel.set_value(INSTANT)
    open_file(viewer, write(tmp_path / "a.tif", (9, 40, 48), "ZYX", IMAGEJ))
    denoise_now()
    qtbot.mouseClick(dock.panel.run.stop, Qt.MouseButton.LeftButton)
    assert dock.panel.run.state() is RunState.IDLE
    assert not dock.controller.is_running
    reader.may.set()
    looked(qtbot, dock)
    assert not dock.controller.is_running
    assert dock.controller.model is None


def test_a_run_waits_for_no_file_where_the_user_has_said_the_axes(
    qtbot: QtBot, viewer: Viewer, reader: Reader, dock: TrainDock, tmp_path: Path
) -> None:
    dock.panel.set_value(INSTANT)
    for name in ("a.tif", "b.tif"):
        open_file(viewer, write(tmp_path / name, (9, 40, 48), "TYX", IMAGEJ))
    dock.panel.layers.set_value([layer.unique_id for layer in viewer.layers])
    dock.panel.axes.edit.setText("ZYX")
    dock.panel.run.train.click()
    assert dock.controller.worker is not None
    qtbot.waitUntil(lambda: not dock.controller.is_running, timeout=TIMEOUT)
    assert dock.controller.model is not None
    assert dock.controller.model.axes == "ZYX"

    open_file(viewer, write(tmp_path / "c.tif", (2, 9, 40, 48), "TZYX", IMAGEJ))
    dock.panel.layers.set_value([layer.unique_id for layer in viewer.layers[::-1]])
    dock.panel.run.train.click()
    assert "Reading which axes" in dock.panel.progress.label.text()
    reader.may.set()
    qtbot.waitUntil(lambda: not dock.controller.is_running, timeout=TIMEOUT)
    looked(qtbot, dock)


def test_axes_that_the_user_types_as_they_were_guessed_are_said(
    qtbot: QtBot, viewer: Viewer, reader: Reader, dock: TrainDock, tmp_path: Path
) -> None:
    dock.panel.set_value(INSTANT)
    open_file(viewer, write(tmp_path / "a.tif", (9, 40, 48), "ZYX", IMAGEJ))
    edit = dock.panel.axes.edit
    assert edit.text() == "TYX"
    edit.selectAll()
    qtbot.keyClicks(edit, "TYX")
    dock.panel.run.train.click()
    assert dock.controller.worker is not None
    qtbot.waitUntil(lambda: not dock.controller.is_running, timeout=TIMEOUT)
    assert dock.controller.model is not None
    assert dock.controller.model.axes == "TYX"
    reader.may.set()
    looked(qtbot, dock)
    assert dock.panel.axes.value() == "TYX"


@pytest.mark.usefixtures("dock")
def test_a_window_that_closes_waits_for_no_file(
    qtbot: QtBot, viewer: Viewer, reader: Reader, tmp_path: Path
) -> None:
    open_file(viewer, write(tmp_path / "a.tif", (9, 40, 48), "ZYX", IMAGEJ))
    qtbot.waitUntil(lambda: bool(reader.threads), timeout=TIMEOUT)
    viewer.window.remove_dock_widget("all")
    assert reader.threads[0].is_alive()
    reader.may.set()


@pytest.mark.parametrize("harm", ["gone", "damaged", "other pixels", "labels"])
def test_without_the_word_of_a_file_there_is_the_guess(
    qtbot: QtBot, viewer: Viewer, reader: Reader, dock: TrainDock, tmp_path: Path, harm: str
) -> None:
    path = write(tmp_path / "a.tif", (9, 40, 48), "ZYX", IMAGEJ)
    layer = open_file(viewer, path)
    match harm:
        case "gone":
            path.unlink()
        case "damaged":
            path.write_bytes(path.read_bytes()[:12])
        case "other pixels":
            layer.data = np.zeros((8, 40, 48))
        case "labels":
            layer.axis_labels = ("t", "y", "x")
    other = open_file(viewer, write(tmp_path / "b.tif", (2, 40, 48), "CYX", IMAGEJ))
    reader.may.set()
    # A file that says nothing keeps no other from it.
    wait_for(qtbot, dock, "CYX")
    viewer.layers.selection.active = layer
    assert dock.panel.axes.value() == "TYX"
    viewer.layers.remove(other)


@pytest.mark.parametrize("options", [IMAGEJ, OME])
def test_a_file_says_what_is_denoised(
    qtbot: QtBot, viewer: Viewer, tmp_path: Path, options: dict[str, Any]
) -> None:
    open_file(viewer, write(tmp_path / "a.tif", (9, 2, 40, 48), "ZCYX", options))
    controller = open_denoise_dock(viewer).controller

    def axes() -> str:
        (job,) = controller._plan()
        return job.image.axes

    qtbot.waitUntil(lambda: axes() == "ZCYX", timeout=TIMEOUT)
