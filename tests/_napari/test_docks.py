"""The docks in a real viewer, driven as a user drives them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import torch
from napari import Viewer
from napari.layers import Image
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget

from napari_noise2same._napari import model_files, saved_settings
from napari_noise2same._napari.commands import (
    denoise_now,
    open_denoise_dock,
    open_model,
    open_train_dock,
)
from napari_noise2same._napari.denoise_dock import DenoiseDock
from napari_noise2same._napari.train_dock import TrainDock
from napari_noise2same.core import DenoiseConfig, TrainingConfig, device, load_model
from napari_noise2same.widgets import RunState, loss_plot
from noise2same_testing.docks import TIMEOUT, denoise, train, wait

SMALL = TrainingConfig(
    start="scratch", steps=30, batch=1, patch=(16, 16), validate_every=5, device="cpu"
)
ENDLESS = SMALL.model_copy(update={"steps": 1_000_000})


def train_for_ever(qtbot: QtBot, dock: TrainDock) -> None:
    """Start a run, and wait for its first steps."""
    dock.panel.set_value(ENDLESS)
    dock.panel.run.train.click()
    wait(qtbot, lambda: len(dock.panel.plot.value()["step"]) > 0)


@pytest.fixture
def train_dock(viewer: Viewer) -> TrainDock:
    dock = open_train_dock(viewer)
    dock.panel.set_value(SMALL)
    return dock


def save(qtbot: QtBot, dock: TrainDock, path: Path) -> None:
    dock.files.save(dock.store[dock.controller.name], str(path))
    with qtbot.waitSignal(dock.files.saved, timeout=TIMEOUT):
        pass


def load(qtbot: QtBot, dock: TrainDock | DenoiseDock, path: Path) -> None:
    dock.files.open(str(path))
    with qtbot.waitSignal(dock.files.opened, timeout=TIMEOUT):
        pass


def test_train_denoise_save_and_load_give_the_same_result(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock, tmp_path: Path
) -> None:
    train(qtbot, train_dock)
    assert train_dock.panel.run.state() is RunState.FINISHED
    model = train_dock.controller.model
    assert model is not None
    assert len(model.history) == 30
    assert np.isfinite(model.history.columns["lambda_inv"]).all()
    dock = open_denoise_dock(viewer)
    denoise(qtbot, dock)
    result = viewer.layers["cells [n2s]"]
    assert viewer.layers.index(result) == viewer.layers.index(noisy) + 1
    assert result.data.std() < noisy.data.std()
    np.testing.assert_allclose(result.affine.affine_matrix, noisy.affine.affine_matrix)
    np.testing.assert_allclose(result.scale, noisy.scale)
    assert result.metadata["noise2same"]["steps"] == 30
    assert result.metadata["noise2same"]["denoising"]["dtype"] == "float32"

    path = tmp_path / "model.SAFETENSORS"
    save(qtbot, train_dock, path)
    load(qtbot, dock, path)
    assert dock.panel.model.value() == "model"
    # The result is the active layer now, but not what is to be denoised next.
    assert viewer.layers.selection.active is result
    assert dock.controller.layers() == [noisy]
    denoise(qtbot, dock)
    again = viewer.layers["cells [n2s] [1]"]
    np.testing.assert_array_equal(again.data, result.data)


def test_the_new_model_denoises_at_a_click(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock
) -> None:
    viewer.add_image(noisy.data, name="other", visible=False)
    viewer.layers.selection.active = noisy
    train(qtbot, train_dock)
    train_dock.panel.model.denoise.click()
    dock = open_denoise_dock(viewer)
    wait(qtbot, lambda: not dock.panel.is_running())
    assert dock.panel.model.value() == "Model of cells"
    assert [layer.name for layer in viewer.layers] == ["cells", "cells [n2s]", "other"]


def test_a_click_for_the_new_model_leaves_a_run_alone(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock
) -> None:
    train(qtbot, train_dock)
    other = viewer.add_image(noisy.data, name="other")
    dock = open_denoise_dock(viewer)
    dock.panel.denoise.click()
    viewer.layers.selection.active = noisy
    dock.panel.layers.set_value([other.unique_id])
    train_dock.panel.model.denoise.click()
    assert "found one: cancel it" in dock.panel.message.value()
    assert dock.controller.layers() == [other]
    wait(qtbot, lambda: not dock.panel.is_running())
    assert "other [n2s]" in viewer.layers
    assert not dock.panel.message.value()


def test_the_plot_and_the_preview_live_while_training(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock
) -> None:
    train_dock.panel.set_value(ENDLESS)
    train_dock.panel.run.train.click()
    wait(qtbot, lambda: "cells [n2s preview]" in viewer.layers)
    preview = viewer.layers["cells [n2s preview]"]
    assert preview.data.shape == noisy.data.shape
    first = preview.data.copy()
    wait(qtbot, lambda: not np.array_equal(first, preview.data))
    assert viewer.layers.selection.active is noisy
    train_dock.panel.preview.click()
    assert "cells [n2s preview]" not in viewer.layers
    assert train_dock.controller.is_running
    train_dock.panel.run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)
    assert train_dock.panel.run.state() is RunState.STOPPED


@pytest.mark.usefixtures("noisy")
def test_pause_resume_stop_and_continue(
    qtbot: QtBot, waiting: threading.Event, train_dock: TrainDock
) -> None:
    run, controller = train_dock.panel.run, train_dock.controller
    train_dock.panel.set_value(ENDLESS)
    run.train.click()
    wait(qtbot, lambda: run.state() is RunState.TRAINING)
    run.train.click()  # a second click starts no second run
    run.pause.click()
    assert run.state() is RunState.PAUSED
    assert waiting.wait(TIMEOUT / 1000)
    assert "Paused" in train_dock.panel.progress.label.text()
    run.resume.click()
    assert run.state() is RunState.TRAINING
    assert "Paused" not in train_dock.panel.progress.label.text()
    run.stop.click()
    wait(qtbot, lambda: not controller.is_running)
    assert "left" not in train_dock.panel.progress.label.text()
    assert controller.model is not None
    done = len(controller.model.history)
    run.more_steps.setValue(7)
    run.proceed.click()
    wait(qtbot, lambda: not controller.is_running)
    assert len(controller.model.history) == done + 7
    assert run.state() is RunState.FINISHED


def test_a_finished_model_that_is_opened_has_nothing_to_resume(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock, tmp_path: Path
) -> None:
    panel, controller, path = train_dock.panel, train_dock.controller, tmp_path / "m.safetensors"
    train(qtbot, train_dock)
    save(qtbot, train_dock, path)
    load(qtbot, train_dock, path)
    assert panel.run.state() is RunState.FINISHED
    controller.resume()
    wait(qtbot, lambda: not controller.is_running)
    assert panel.run.state() is RunState.FINISHED
    assert panel.progress.bar.maximum() > 0  # no longer busy
    assert panel.progress.label.text() == ""

    # No step was done on it, so that it is not what is trained on from then on.
    viewer.layers.remove(noisy)
    panel.run.proceed.click()
    assert "found none ticked" in panel.message.value()


@pytest.mark.usefixtures("noisy")
def test_a_stopped_model_that_is_opened_can_be_resumed(qtbot: QtBot, train_dock: TrainDock) -> None:
    run, controller = train_dock.panel.run, train_dock.controller
    train_dock.panel.set_value(ENDLESS)
    run.train.click()
    wait(qtbot, lambda: run.state() is RunState.TRAINING)
    run.stop.click()
    wait(qtbot, lambda: not controller.is_running)
    assert controller.model is not None
    controller.set_model("opened", controller.model)
    assert run.state() is RunState.STOPPED


@pytest.mark.parametrize("moment", ["preparing", "training", "paused"])
@pytest.mark.usefixtures("noisy")
def test_closing_the_viewer_ends_a_run_at_once(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock, moment: str
) -> None:
    train_dock.panel.set_value(ENDLESS)
    run, controller = train_dock.panel.run, train_dock.controller
    run.train.click()
    if moment != "preparing":
        wait(qtbot, lambda: run.state() is RunState.TRAINING)
    if moment == "paused":
        run.pause.click()
    worker = controller.worker
    assert worker is not None
    viewer.close()
    wait(qtbot, lambda: not worker.is_running)


@pytest.mark.usefixtures("noisy")
def test_closing_the_dock_ends_a_run_and_keeps_its_model(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    train_for_ever(qtbot, train_dock)
    worker, store = train_dock.controller.worker, train_dock.store
    assert worker is not None
    viewer.window.remove_dock_widget(train_dock)
    wait(qtbot, lambda: store.names() == ("Model of cells",))
    assert not worker.is_running
    again = open_train_dock(viewer)
    assert again.panel.run.state() is RunState.STOPPED
    assert len(again.panel.plot.value()["step"]) > 0


@pytest.mark.usefixtures("noisy")
def test_a_dock_that_is_opened_again_before_the_run_has_ended_takes_its_model(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    train_for_ever(qtbot, train_dock)
    viewer.window.remove_dock_widget(train_dock)
    again = open_train_dock(viewer)
    assert again.controller.model is None
    wait(qtbot, lambda: again.store.names() == ("Model of cells",))
    assert again.controller.name == "Model of cells"
    assert again.panel.run.state() is RunState.STOPPED
    assert again.panel.model.save.isEnabled()


@pytest.mark.usefixtures("noisy")
def test_closing_the_dock_before_anything_is_learnt_leaves_no_model(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    train_dock.panel.run.train.click()
    train_dock.controller.pause()
    wait(qtbot, lambda: train_dock.panel.run.state() is RunState.TRAINING)
    worker, store = train_dock.controller.worker, train_dock.store
    assert worker is not None
    viewer.window.remove_dock_widget(train_dock)
    with qtbot.waitSignal(worker.finished, timeout=TIMEOUT):
        pass
    assert store.names() == ()


@pytest.mark.usefixtures("noisy")
def test_a_model_outlives_the_docks(qtbot: QtBot, viewer: Viewer, train_dock: TrainDock) -> None:
    train(qtbot, train_dock)
    model = train_dock.controller.model
    denoise_dock = open_denoise_dock(viewer)
    for dock in (train_dock, denoise_dock):
        with qtbot.waitSignal(dock.destroyed):
            viewer.window.remove_dock_widget(dock)
    again = open_train_dock(viewer)
    assert again.controller.model is model
    assert again.panel.run.state() is RunState.FINISHED
    assert again.panel.model.save.isEnabled()
    assert open_denoise_dock(viewer).panel.model.value() == "Model of cells"
    again.panel.run.more_steps.setValue(2)
    again.panel.run.proceed.click()
    wait(qtbot, lambda: not again.controller.is_running)
    assert len(again.panel.plot.value()["step"]) == SMALL.steps + 2


def test_continue_says_so_where_it_is_not_on_the_ticked_layers(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock
) -> None:
    panel = train_dock.panel
    train(qtbot, train_dock)
    other = viewer.add_image(np.random.default_rng(1).normal(900, 5, (48, 64)), name="other")
    said: list[str] = []

    def proceed() -> None:
        panel.set_value(SMALL)
        panel.run.more_steps.setValue(1_000_000)
        panel.run.proceed.click()
        wait(qtbot, lambda: "Each step takes" in panel.message.value())
        said.append(panel.message.value())
        panel.run.stop.click()
        wait(qtbot, lambda: not train_dock.controller.is_running)

    panel.layers.set_value([other.unique_id])
    proceed()
    panel.layers.set_value([noisy.unique_id])
    proceed()
    noisy.data = noisy.data + 1
    proceed()
    assert said[0].startswith("Goes on with cells, which the model was trained on.")
    assert "Start from" in said[0]
    assert said[1].startswith("Each step takes")
    assert said[2].startswith("Goes on with the earlier pixels of cells, which")
    model = train_dock.controller.model
    assert model is not None
    assert len(model.domains) == 1


@pytest.mark.usefixtures("noisy")
@pytest.mark.parametrize(("entry", "name"), [(0, "plot.png"), (1, "plot.csv")])
def test_the_plot_is_exported_in_a_thread(
    qtbot: QtBot,
    train_dock: TrainDock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    entry: int,
    name: str,
) -> None:
    train(qtbot, train_dock)
    panel, threads = train_dock.panel, []
    rename = Path.replace

    def noted(path: Path, target: Path) -> Path:
        threads.append(threading.current_thread())
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", noted)
    menu = panel.plot.export.menu()
    assert menu is not None

    def export(path: Path) -> str:
        monkeypatch.setattr(loss_plot, "ask_where_to_save", lambda *_: str(path))
        panel.message.clear()
        menu.actions()[entry].trigger()
        wait(qtbot, lambda: bool(panel.message.value()))
        return panel.message.label.text()

    assert export(tmp_path / name) == f"Saved {tmp_path / name}."
    assert (tmp_path / name).stat().st_size
    assert threading.main_thread() not in threads
    text = export(tmp_path / "missing" / name)
    assert text.startswith("⚠ ")
    assert "choose another place" in text


def test_axes_that_were_typed_to_train_hold_when_denoising(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    stack = np.random.default_rng(0).poisson(30, (10, 32, 40)).astype(np.uint16)
    viewer.add_image(stack, name="stack")
    train_dock.panel.set_value(SMALL.model_copy(update={"patch": (8, 16, 16), "steps": 2}))
    train_dock.panel.axes.set_value("ZYX")
    train(qtbot, train_dock)
    denoise_dock = open_denoise_dock(viewer)
    denoise(qtbot, denoise_dock)
    assert "stack [n2s]" in viewer.layers, denoise_dock.panel.message.value()
    assert viewer.layers["stack [n2s]"].data.shape == stack.shape


def test_the_preview_stays_with_the_layer_that_is_trained_on(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock
) -> None:
    train_dock.panel.set_value(ENDLESS)
    run, name = train_dock.panel.run, f"{noisy.name} [n2s preview]"
    run.train.click()
    wait(qtbot, lambda: name in viewer.layers)
    viewer.add_image(np.zeros((5, 3, 48, 64)), name="other")
    assert noisy.unique_id not in train_dock.panel.layers.value()

    train_dock.panel.preview.setChecked(False)
    assert name not in viewer.layers
    train_dock.panel.preview.setChecked(True)
    wait(qtbot, lambda: name in viewer.layers)
    run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)
    run.proceed.click()
    wait(qtbot, lambda: name in viewer.layers)
    run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)
    assert run.state() is RunState.STOPPED


def test_the_preview_of_colours_has_their_type(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    colours = np.random.default_rng(0).integers(60, 180, (48, 64, 3), np.uint8)
    viewer.add_image(colours, name="colours", rgb=True)
    train_dock.panel.set_value(ENDLESS)
    train_dock.panel.run.train.click()
    name = "colours [n2s preview]"
    wait(qtbot, lambda: name in viewer.layers)
    assert viewer.layers[name].data.dtype == np.uint8
    steps = viewer.layers[name].metadata["noise2same"]["step"]
    wait(qtbot, lambda: viewer.layers[name].metadata["noise2same"]["step"] > steps)
    assert viewer.layers[name].data.dtype == np.uint8


def test_the_layer_may_vanish_while_training(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock
) -> None:
    train_dock.panel.set_value(ENDLESS)
    run = train_dock.panel.run
    run.train.click()
    wait(qtbot, lambda: run.state() is RunState.TRAINING)
    noisy.name = "renamed"
    viewer.theme = "light"
    viewer.layers.clear()
    done = train_dock.panel.progress.label.text()
    wait(qtbot, lambda: train_dock.panel.progress.label.text() != done)
    run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)
    assert run.state() is RunState.STOPPED


@pytest.mark.parametrize("shape", [(48, 64), (24, 24), (200, 300), (5, 64, 64)])
def test_the_preview_goes_with_the_data_while_training_goes_on(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock, shape: tuple[int, ...]
) -> None:
    panel, name = train_dock.panel, "cells [n2s preview]"
    panel.set_value(ENDLESS)
    panel.run.train.click()
    wait(qtbot, lambda: name in viewer.layers)
    noisy.data = np.zeros(shape, np.float32)
    wait(qtbot, lambda: name not in viewer.layers)
    panel.preview.setChecked(False)
    panel.preview.setChecked(True)
    done = panel.progress.label.text()
    wait(qtbot, lambda: panel.progress.label.text() != done)
    assert name not in viewer.layers
    panel.run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)
    assert panel.run.state() is RunState.STOPPED
    assert train_dock.controller.model is not None


def test_the_preview_goes_with_its_layer_while_training_goes_on(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock
) -> None:
    panel, name = train_dock.panel, "cells [n2s preview]"
    panel.set_value(ENDLESS)
    panel.run.train.click()
    wait(qtbot, lambda: name in viewer.layers)
    viewer.layers.remove(noisy)
    wait(qtbot, lambda: name not in viewer.layers)
    assert train_dock.controller.is_running
    assert panel.preview.isChecked()
    panel.run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)


@pytest.mark.usefixtures("noisy")
def test_the_preview_that_is_deleted_is_no_longer_ticked(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    panel, name = train_dock.panel, "cells [n2s preview]"
    panel.set_value(ENDLESS)
    panel.run.train.click()
    wait(qtbot, lambda: name in viewer.layers)
    viewer.layers.remove(name)
    wait(qtbot, lambda: not panel.preview.isChecked())
    panel.preview.click()
    wait(qtbot, lambda: name in viewer.layers)
    panel.run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)


def test_the_layer_may_be_unreadable_for_a_moment_while_training(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    plugged, failed = threading.Event(), threading.Event()
    plugged.set()

    def read(block: NDArray[np.float32]) -> NDArray[np.float32]:
        if not plugged.is_set():
            failed.set()
            raise OSError("network drive gone")
        return block

    data = np.random.default_rng(0).normal(100, 10, (48, 64)).astype(np.float32)
    lazy = da.from_array(data, chunks=24).map_blocks(read, dtype=np.float32)
    viewer.add_image(lazy, name="lazy", contrast_limits=(60, 140))
    train_dock.panel.set_value(ENDLESS)
    train_dock.panel.run.train.click()
    wait(qtbot, lambda: "lazy [n2s preview]" in viewer.layers)
    plugged.clear()
    wait(qtbot, failed.is_set)
    plugged.set()
    card = viewer.layers["lazy [n2s preview]"].metadata["noise2same"]
    step = card["step"]
    wait(qtbot, lambda: card["step"] > step)
    train_dock.panel.run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)
    assert train_dock.panel.run.state() is RunState.STOPPED


MOVES = [
    {"scale": (0.5, 0.25)},
    {"rotate": 20},
    {"shear": [0.4]},
    {"affine": [[1, 0, 7], [0.3, 1, 0], [0, 0, 1]]},
    {"translate": (4, 5)},
    {"units": ("nm", "nm"), "scale": (200, 100)},
]


def move(layer: Image, place: dict[str, Any]) -> None:
    for name, value in place.items():
        setattr(layer, name, value)


def lie_alike(layer: Image, other: Image, origin: tuple[int, ...] = (0, 0)) -> bool:
    """Whether pixels of a layer lie where those of another do, counted from an origin."""
    points = [np.zeros(layer.ndim), *np.eye(layer.ndim)]
    return layer.units == other.units and all(
        np.allclose(layer.data_to_world(point), other.data_to_world(point + origin))
        for point in points
    )


@pytest.mark.parametrize("place", MOVES, ids=lambda place: next(iter(place)))
def test_the_preview_follows_its_layer(
    qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock, place: dict[str, Any]
) -> None:
    train_dock.panel.set_value(ENDLESS)
    train_dock.panel.run.train.click()
    wait(qtbot, lambda: "cells [n2s preview]" in viewer.layers)
    preview = viewer.layers["cells [n2s preview]"]
    move(noisy, place)
    assert not lie_alike(preview, noisy)
    wait(qtbot, lambda: lie_alike(preview, noisy))
    train_dock.panel.run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)


@pytest.mark.parametrize("region", ["all", "frame"])
def test_a_result_follows_its_layer_while_it_fills(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock, region: str
) -> None:
    data = np.random.default_rng(0).normal(100, 10, (3, 32, 40)).astype(np.float32)
    movie = viewer.add_image(data, name="movie", axis_labels=("t", "y", "x"), blending="additive")
    train(qtbot, train_dock)
    viewer.dims.set_current_step(0, 2)
    dock = open_denoise_dock(viewer)
    dock.panel.region.set_value(region)
    calibrated = {"scale": (3, 0.5, 0.25), "translate": (5, 6, 7), "units": ("s", "um", "um")}
    # As soon as the result is there.
    viewer.layers.events.inserted.connect(lambda _event: move(movie, calibrated))
    denoise(qtbot, dock)
    result = viewer.layers["movie [n2s]"]
    assert lie_alike(result, movie, (2 if region == "frame" else 0, 0, 0))
    # Nor does it add up with it.
    assert movie.visible is (region == "frame")
    assert result.blending == ("translucent_no_depth" if region == "frame" else "additive")


def test_errors_are_one_sentence_and_the_dock_can_be_used_again(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    panel = train_dock.panel
    panel.run.train.click()
    assert "found none ticked" in panel.message.value()
    layer = viewer.add_image(np.full((40, 40), 7.0), name="flat")
    train(qtbot, train_dock)
    assert "constant" in panel.message.value()
    layer.data = np.random.default_rng(0).normal(size=(40, 40))
    train(qtbot, train_dock)
    assert panel.run.state() is RunState.FINISHED


def test_an_image_that_napari_takes_for_labels_is_no_riddle(
    viewer: Viewer, train_dock: TrainDock
) -> None:
    panel = train_dock.panel
    viewer.add_labels(np.random.default_rng(0).integers(0, 9, (40, 40)), name="int32")
    panel.run.train.click()
    assert "if int32 is an image, right-click it" in panel.message.value()
    viewer.add_image(np.ones((40, 40)), name="flat")
    panel.layers.set_value([])
    panel.run.train.click()
    assert "found none ticked" in panel.message.value()


def layer_cases() -> list[Any]:
    rng = np.random.default_rng(0)
    lazy: Any = da.from_array(rng.poisson(30, (32, 40)), chunks=16)
    return [
        pytest.param(rng.poisson(30, (10, 32, 40)), {"axis_labels": ("z", "y", "x")}, id="volume"),
        pytest.param(rng.poisson(30, (3, 32, 40)), {"axis_labels": ("t", "y", "x")}, id="frames"),
        pytest.param(rng.poisson(30, (2, 32, 40)), {"axis_labels": ("c", "y", "x")}, id="channels"),
        pytest.param(rng.integers(0, 255, (32, 40, 3), np.uint8), {"rgb": True}, id="rgb"),
        pytest.param(lazy, {}, id="dask"),
    ]


@pytest.mark.parametrize(("data", "arguments"), layer_cases())
def test_layers_of_all_kinds(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock, data: Any, arguments: dict[str, Any]
) -> None:
    viewer.add_image(data, name="noisy", **arguments)
    patch = (8, 16, 16) if arguments.get("axis_labels", ("",))[0] == "z" else (16, 16)
    train_dock.panel.set_value(SMALL.model_copy(update={"patch": patch, "steps": 3}))
    train(qtbot, train_dock)
    assert train_dock.panel.run.state() is RunState.FINISHED, train_dock.panel.message.value()
    denoise(qtbot, open_denoise_dock(viewer))
    result = viewer.layers["noisy [n2s]"]
    assert result.data.shape == data.shape
    assert result.rgb == arguments.get("rgb", False)


def test_a_movie_is_seen_with_its_neighbouring_frames(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    rng = np.random.default_rng(0)
    movie = viewer.add_image(rng.poisson(30, (12, 32, 40)), name="movie")
    viewer.dims.set_current_step(0, 5)
    endless = {"depth_axis": "T", "patch": (8, 16, 16)}
    train_dock.panel.set_value(ENDLESS.model_copy(update=endless))
    train_dock.panel.run.train.click()
    wait(qtbot, lambda: "movie [n2s preview]" in viewer.layers)
    preview = viewer.layers["movie [n2s preview]"]
    assert preview.data.shape == (1, 32, 40)
    assert preview.translate[0] == 5
    viewer.dims.set_current_step(0, 11)
    wait(qtbot, lambda: bool(preview.translate[0] == 11))
    train_dock.panel.run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)
    model = train_dock.controller.model
    assert model is not None
    assert model.depth_axis == "T"
    viewer.layers.selection.active = movie
    dock = open_denoise_dock(viewer)
    denoise(qtbot, dock)
    everything = viewer.layers["movie [n2s]"].data
    assert everything.shape == movie.data.shape
    viewer.dims.set_current_step(0, 5)
    dock.panel.region.set_value("frame")
    denoise(qtbot, dock)
    frame = viewer.layers["movie [n2s] [1]"]
    assert frame.translate[0] == 5
    np.testing.assert_allclose(frame.data[0], everything[5], atol=0.1 * everything[5].std())


def test_a_multiscale_layer_is_denoised_at_a_chosen_level(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    fine = np.random.default_rng(0).normal(100, 10, (64, 96))
    viewer.add_image([fine, fine[::2, ::2]], name="pyramid", multiscale=True)
    train(qtbot, train_dock)
    dock = open_denoise_dock(viewer)
    dock.panel.level.set_value(1)
    denoise(qtbot, dock)
    result = viewer.layers["pyramid [n2s]"]
    assert result.data.shape == (32, 48)
    np.testing.assert_allclose(result.scale, (2, 2))


def test_the_levels_are_those_of_the_data_that_a_layer_has(viewer: Viewer) -> None:
    fine = np.random.default_rng(0).normal(100, 10, (64, 96))
    layer = viewer.add_image([fine, fine[::2, ::2], fine[::4, ::4]], multiscale=True)
    level = open_denoise_dock(viewer).panel.level
    level.set_value(2)
    layer.data = [fine[:32], fine[:32:2, ::2]]
    assert [level.itemText(index) for index in range(level.count())] == ["0: 32 × 96", "1: 16 × 48"]
    assert level.value() == 0
    viewer.layers.remove(layer)
    layer.data = [fine, fine[::2, ::2], fine[::4, ::4]]
    assert level.count() == 1


@pytest.mark.usefixtures("noisy")
def test_an_earlier_model_can_be_saved(
    qtbot: QtBot,
    viewer: Viewer,
    train_dock: TrainDock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dock = open_denoise_dock(viewer)
    assert not dock.panel.save.isEnabled()
    train(qtbot, train_dock)
    first = train_dock.controller.model
    train(qtbot, train_dock)
    assert dock.panel.model.value() == "Model of cells (2)"
    dock.panel.model.set_value("Model of cells")

    def ask(_parent: QWidget, _title: str, _kind: str, _ending: str, name: str) -> str:
        return str(tmp_path / name)

    monkeypatch.setattr(model_files, "ask_where_to_save", ask)
    with qtbot.waitSignal(dock.files.saved, timeout=TIMEOUT):
        dock.panel.save.click()
    path = tmp_path / "Model of cells.safetensors"
    assert dock.panel.message.value() == f"Saved {path}."
    assert first is not None
    saved = load_model(path).weights
    assert all(torch.equal(saved[name], weight) for name, weight in first.weights.items())


@pytest.mark.usefixtures("noisy")
def test_both_docks_offer_the_devices_of_the_machine(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "available_devices", lambda: ("cuda:0", "cpu"))
    saved_settings.remember("denoising", DenoiseConfig(device="cpu"))
    dock = open_denoise_dock(viewer)
    assert dock.panel.device.value() == "cpu"
    train(qtbot, train_dock)
    choices = [train_dock.panel.device, dock.panel.device]
    wait(qtbot, lambda: [choice.count() for choice in choices] == [3, 3])
    for choice in choices:
        assert choice.itemText(0) == "Automatic (cuda:0)"
        assert choice.value() == "cpu"


def test_denoise_now_trains_and_denoises(qtbot: QtBot, viewer: Viewer, noisy: Image) -> None:
    viewer.layers.selection.active = noisy
    dock = open_train_dock(viewer)
    dock.panel.set_value(SMALL)
    denoise_now()
    wait(qtbot, lambda: "cells [n2s]" in viewer.layers)
    result = viewer.layers["cells [n2s]"]
    wait(qtbot, lambda: bool(result.data.all()))


@pytest.mark.usefixtures("noisy")
def test_a_dropped_model_opens_in_the_dock(
    qtbot: QtBot, train_dock: TrainDock, tmp_path: Path
) -> None:
    train(qtbot, train_dock)
    path = tmp_path / "mine.safetensors"
    save(qtbot, train_dock, path)
    open_model(str(path))
    with qtbot.waitSignal(train_dock.files.opened, timeout=TIMEOUT):
        pass
    assert train_dock.controller.name == "mine"
    path.write_bytes(b"damaged")
    open_model(str(path))
    with qtbot.waitSignal(train_dock.files.failed, timeout=TIMEOUT):
        pass
    assert "damaged" in train_dock.panel.message.value()


def test_a_stack_that_is_denoised_plane_by_plane_is_said_to_be(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    light = np.linspace(20, 60, 12)[:, None, None] * np.ones((12, 64, 64))
    photons = np.random.default_rng(0).poisson(light).astype(np.float32)
    # Enlarged along Z.
    deep = (np.repeat(photons, 2, 0) + np.roll(np.repeat(photons, 2, 0), 1, 0)) / 2
    viewer.add_image(deep, axis_labels=("z", "y", "x"))
    panel = train_dock.panel
    panel.set_value(ENDLESS.model_copy(update={"patch": (8, 16, 16)}))
    assert panel.axes.sentence.text() == "a volume of 24 planes, 3D network"
    panel.run.train.click()
    wait(qtbot, lambda: panel.run.state() is RunState.TRAINING)
    assert "plane by plane" in panel.message.value()
    assert panel.axes.sentence.text() == "24 planes as samples, 2D network"
    panel.run.stop.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)
    assert panel.axes.sentence.text() == "24 planes as samples, 2D network"
