"""Where training starts, and what there is before it, in the dock of a real viewer."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari.commands import open_denoise_dock, open_train_dock
from napari_noise2same._napari.models import ModelStore
from napari_noise2same._napari.recipes import as_command, as_script
from napari_noise2same._napari.train_dock import TrainDock
from napari_noise2same._napari.train_recipe import TrainRecipe
from napari_noise2same.core import Image as Stack
from napari_noise2same.core import (
    NetworkConfig,
    Preset,
    TrainedModel,
    Trainer,
    TrainingConfig,
    denoise,
)
from napari_noise2same.widgets import RunState
from noise2same_testing.docks import TIMEOUT, train, wait

TINY = TrainingConfig(
    start="scratch",
    network=NetworkConfig(widths=(4, 4)),
    steps=3,
    batch=1,
    patch=(16, 16),
    device="cpu",
)
PREVIEW = "cells [instant preview]"


@pytest.fixture
def dock(viewer: Viewer) -> TrainDock:
    return open_train_dock(viewer)


@pytest.fixture
def frames(viewer: Viewer) -> Image:
    """Frames that differ."""
    rng = np.random.default_rng(0)
    data = rng.normal(100, 10, (3, 24, 32)) + np.arange(3)[:, None, None] * 50
    return viewer.add_image(data, name="cells", axis_labels=("t", "y", "x"))


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Trainer]:
    """What has measured the noise."""
    found: list[Trainer] = []
    snapshot = Trainer.snapshot

    def count(trainer: Trainer) -> TrainedModel:
        found.append(trainer)
        return snapshot(trainer)

    monkeypatch.setattr(Trainer, "snapshot", count)
    return found


def idle(dock: TrainDock) -> bool:
    """Whether the instant preview has nothing left to do."""
    preview = dock.controller._instant
    return preview._worker is None and not preview._timer.isActive()


def test_instant_gives_a_model_at_once_that_can_be_trained_further(
    qtbot: QtBot, viewer: Viewer, noisy: Image, dock: TrainDock
) -> None:
    panel, controller = dock.panel, dock.controller
    panel.quality.buttons[Preset.INSTANT].click()
    train(qtbot, dock)
    assert panel.run.state() is RunState.FINISHED
    assert "without any training: the pretrained weights" in panel.message.value()
    assert panel.progress.label.text() == ""
    assert controller.model is not None
    assert (controller.model.start, len(controller.model.history)) == ("pretrained", 0)

    denoise = open_denoise_dock(viewer)
    denoise.panel.denoise.click()
    wait(qtbot, lambda: not denoise.panel.is_running())
    assert viewer.layers["cells [n2s]"].data.std() < noisy.data.std() / 2

    panel.run.more_steps.setValue(2)
    panel.run.proceed.click()
    wait(qtbot, lambda: not controller.is_running)
    assert len(controller.model.history) == 2
    assert "σ of the noise against the instant result" in panel.message.value()


@pytest.mark.usefixtures("noisy")
def test_a_model_of_the_viewer_is_a_start(qtbot: QtBot, dock: TrainDock) -> None:
    panel, controller = dock.panel, dock.controller
    panel.set_value(TINY)
    train(qtbot, dock)
    first = controller.model
    assert first is not None
    assert first.start == "scratch"
    assert "against" not in panel.message.value()

    panel.start.setCurrentText("Model of cells")
    train(qtbot, dock)
    assert controller.name == "Model of cells (2)"
    assert controller.model is not None
    assert (controller.model.start, controller.model.network) == ("model", first.network)
    assert "σ of the noise against that of the model it started from" in panel.message.value()
    assert panel.start.chosen_model() == "Model of cells"
    recipe = TrainRecipe.of(panel, controller.inputs, dock.store)
    assert "load_model('Model of cells.safetensors')" in recipe.text(as_script)
    assert "--start 'Model of cells.safetensors'" in recipe.text(as_command)


def copied(qtbot: QtBot, dock: TrainDock) -> list[str]:
    """Return both recipes, as they come on the clipboard."""
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    texts = []
    for button in (dock.panel.model.copy_script, dock.panel.model.copy_command):
        clipboard.setText("")
        dock.panel.message.clear()
        button.click()
        wait(qtbot, lambda: clipboard.text() != "")
        texts.append(clipboard.text())
        assert dock.panel.message.value().startswith("Copied")
    return texts


@pytest.mark.usefixtures("noisy")
def test_recipes_start_from_the_file_of_the_model(
    qtbot: QtBot, dock: TrainDock, tmp_path: Path
) -> None:
    panel, message = dock.panel, dock.panel.message
    panel.set_value(TINY)
    train(qtbot, dock)
    panel.start.setCurrentText("Model of cells")
    for text in copied(qtbot, dock):
        assert "Model of cells.safetensors" in text
        assert message.value() == (
            "Copied: before you run it, save the model to start from as Model of cells.safetensors."
        )

    path = tmp_path / "another name.safetensors"
    dock.files.save(dock.store[dock.controller.name], str(path.with_suffix("")))
    with qtbot.waitSignal(dock.files.saved, timeout=TIMEOUT):
        pass
    script, command = copied(qtbot, dock)
    assert f"start=load_model({str(path)!r})" in script
    words = shlex.split(command)
    assert words[words.index("--start") + 1] == str(path)
    assert message.value() == "Copied."

    dock.files.open(str(path))
    with qtbot.waitSignal(dock.files.opened, timeout=TIMEOUT):
        pass
    panel.start.setCurrentText("another name")
    script, command = copied(qtbot, dock)
    assert f"start=load_model({str(path)!r})" in script
    assert message.value() == "Copied."


@pytest.mark.usefixtures("noisy")
def test_a_model_that_has_learnt_more_is_not_in_its_file(
    qtbot: QtBot, dock: TrainDock, tmp_path: Path
) -> None:
    panel, path = dock.panel, str(tmp_path / "a.safetensors")
    panel.set_value(TINY)
    train(qtbot, dock)
    dock.files.save(dock.store[dock.controller.name], path)
    with qtbot.waitSignal(dock.files.saved, timeout=TIMEOUT):
        pass
    assert dock.store.path("Model of cells") == path
    panel.run.more_steps.setValue(2)
    panel.run.proceed.click()
    wait(qtbot, lambda: not dock.controller.is_running)
    assert dock.store.path("Model of cells") == ""


def test_a_file_that_holds_another_model_now_is_that_one_s() -> None:
    store, old, new = ModelStore(), object(), object()
    store.put("old", cast(TrainedModel, old), "a.safetensors")
    store.put("new", cast(TrainedModel, new))
    store.note_saved("a.safetensors", cast(TrainedModel, new))
    assert (store.path("old"), store.path("new")) == ("", "a.safetensors")
    assert store.add_file("a.safetensors", cast(TrainedModel, old)) == "a"
    assert store.path("a") == "a.safetensors"


def test_a_start_of_another_kind_is_noticed_at_once(
    qtbot: QtBot, viewer: Viewer, noisy: Image, dock: TrainDock
) -> None:
    panel, sentence = dock.panel, dock.panel.axes.sentence
    panel.set_value(TINY)
    train(qtbot, dock)
    panel.start.setCurrentText("Model of cells")
    assert sentence.text() == "one image, 2D network"
    viewer.add_image(np.zeros((9, 48, 64)), axis_labels=("z", "y", "x"))
    assert sentence.text().startswith("⚠ Expected a 3D network of 1 channel(s)")
    assert sentence.text().endswith(
        "found a 2D one of 1: choose a network or a model that fits, or other images."
    )
    panel.start.set_value("pretrained")
    assert "a volume of 9 planes" in sentence.text()
    viewer.layers.selection.active = noisy
    panel.start.setCurrentText("Model of cells")
    assert sentence.text() == "one image, 2D network"


def stop_before_the_first_step(qtbot: QtBot, dock: TrainDock) -> None:
    dock.panel.run.train.click()
    dock.controller.pause()
    wait(qtbot, lambda: dock.panel.run.state() is RunState.TRAINING)
    dock.controller.stop()
    wait(qtbot, lambda: not dock.controller.is_running)


@pytest.mark.usefixtures("noisy")
def test_random_weights_are_no_model(qtbot: QtBot, dock: TrainDock) -> None:
    panel, controller = dock.panel, dock.controller
    panel.set_value(TINY)
    stop_before_the_first_step(qtbot, dock)
    assert "no new model" in panel.message.value()
    assert panel.run.state() is RunState.IDLE
    assert controller.model is None
    assert controller._store.names() == ()

    train(qtbot, dock)
    stop_before_the_first_step(qtbot, dock)
    assert panel.run.state() is RunState.FINISHED
    assert controller._store.names() == (controller.name,) == ("Model of cells",)


@pytest.mark.usefixtures("noisy")
def test_training_says_what_it_changed_and_why_it_could_not_start_as_asked(
    qtbot: QtBot, dock: TrainDock
) -> None:
    dock.panel.set_value(TINY.model_copy(update={"start": "pretrained", "network": None}))
    train(qtbot, dock)
    assert "σ of the noise against the instant result." in dock.panel.message.value()
    dock.panel.set_value(TINY.model_copy(update={"start": "pretrained"}))
    train(qtbot, dock)
    assert "another network: training from scratch." in dock.panel.message.value()


def test_the_instant_preview_follows_the_frame_and_the_layer(
    qtbot: QtBot,
    viewer: Viewer,
    frames: Image,
    dock: TrainDock,
    fits: list[Trainer],
) -> None:
    viewer.dims.set_current_step(0, 0)
    qtbot.wait(0)
    assert PREVIEW not in viewer.layers
    dock.panel.instant.click()
    wait(qtbot, lambda: PREVIEW in viewer.layers)
    preview = viewer.layers[PREVIEW]

    def at_frame(frame: int) -> bool:
        return bool(preview.translate[0] == frame)

    for frame in (2, 1):
        viewer.dims.set_current_step(0, frame)
        wait(qtbot, partial(at_frame, frame))
        assert preview.data.mean() == pytest.approx(frames.data[frame].mean(), abs=5)
        assert preview.data.std() < frames.data[frame].std() / 2
    wait(qtbot, lambda: idle(dock))
    assert len(fits) == 1
    assert dock.controller.inputs.layers() == [frames]

    viewer.add_image(np.random.default_rng(1).normal(size=(24, 32)), name="other")
    wait(qtbot, lambda: "other [instant preview]" in viewer.layers)
    assert PREVIEW not in viewer.layers
    assert len(fits) == 2
    dock.panel.instant.click()
    assert [layer.name for layer in viewer.layers] == ["cells", "other"]


@pytest.mark.parametrize("axis", ["Z", "T"])
def test_the_instant_preview_of_a_volume_is_its_instant_result(
    qtbot: QtBot, viewer: Viewer, dock: TrainDock, axis: str
) -> None:
    data = np.random.default_rng(0).normal(100, 10, (9, 24, 32)) + np.arange(32)
    viewer.add_image(data, name="cells", axis_labels=(axis.lower(), "y", "x"))
    config = Preset.INSTANT.config(depth_axis=axis, device="cpu")
    dock.panel.set_value(config)
    viewer.dims.set_current_step(0, 4)
    dock.panel.instant.click()
    wait(qtbot, lambda: PREVIEW in viewer.layers)
    preview = viewer.layers[PREVIEW]
    image = Stack(data, f"{axis}YX")
    expected = denoise(image, Trainer([image], config).snapshot())[4]
    assert preview.translate[0] == 4
    np.testing.assert_allclose(preview.data[0], expected, atol=0.5)


def test_the_instant_preview_goes_by_the_distance_of_noise_that_is_given(
    qtbot: QtBot, viewer: Viewer, dock: TrainDock
) -> None:
    data = np.random.default_rng(0).normal(100, 10, (48, 64)) + np.arange(64)
    viewer.add_image(data, name="cells", axis_labels=("y", "x"))
    config = Preset.INSTANT.config(noise_distance=(1, 2), device="cpu")
    dock.panel.set_value(config)
    dock.panel.instant.click()
    wait(qtbot, lambda: PREVIEW in viewer.layers)
    expected = denoise(Stack(data, "YX"), Trainer([Stack(data, "YX")], config).snapshot())
    np.testing.assert_allclose(viewer.layers[PREVIEW].data, expected, atol=0.5)


@pytest.mark.parametrize("hidden", [False, True])
def test_the_instant_preview_follows_other_data(
    qtbot: QtBot, viewer: Viewer, frames: Image, dock: TrainDock, hidden: bool
) -> None:
    dock.panel.instant.click()
    wait(qtbot, lambda: PREVIEW in viewer.layers)
    wait(qtbot, lambda: idle(dock))
    frames.visible = not hidden
    frames.data = np.random.default_rng(1).normal(900, 10, frames.data.shape)
    wait(qtbot, lambda: PREVIEW in viewer.layers and viewer.layers[PREVIEW].data.mean() > 800)


def test_the_instant_preview_follows_pixels_that_change_in_place(
    qtbot: QtBot, viewer: Viewer, frames: Image, dock: TrainDock, fits: list[Trainer]
) -> None:
    dock.panel.instant.click()
    wait(qtbot, lambda: PREVIEW in viewer.layers)
    wait(qtbot, lambda: idle(dock))
    preview, data = viewer.layers[PREVIEW], np.asarray(frames.data)
    data[:] = np.random.default_rng(1).normal(900, 10, data.shape)
    frames.refresh()
    wait(qtbot, lambda: preview.data.mean() > 800)
    wait(qtbot, lambda: idle(dock))
    # The noise was measured anew, in the same layer, and only once.
    assert len(fits) == 2
    assert viewer.layers[PREVIEW] is preview
    assert preview.data.std() < 5


def test_the_instant_preview_of_several_sizes_measures_the_noise_once(
    qtbot: QtBot, shown_viewer: Viewer, fits: list[Trainer]
) -> None:
    data = np.random.default_rng(0).normal(100, 10, (1024, 1024)).astype(np.float32)
    sizes = [data, data[::2, ::2], data[::4, ::4]]
    layer = shown_viewer.add_image(sizes, name="cells", contrast_limits=(60, 140))
    camera = shown_viewer.scene.camera
    camera.zoom /= 8
    wait(qtbot, lambda: layer.data_level == 2)
    dock = open_train_dock(shown_viewer)
    dock.panel.instant.click()
    wait(qtbot, lambda: PREVIEW in shown_viewer.layers)
    wait(qtbot, lambda: idle(dock))
    preview = shown_viewer.layers[PREVIEW]
    camera.zoom *= 64
    wait(qtbot, lambda: layer.data_level == 0)
    wait(qtbot, lambda: preview.data.shape[0] < 400)
    wait(qtbot, lambda: idle(dock))
    assert len(fits) == 1


def test_the_instant_preview_follows_the_camera(qtbot: QtBot, shown_viewer: Viewer) -> None:
    data = np.random.default_rng(0).normal(100, 10, (64, 64))
    shown_viewer.add_image(data, name="cells")
    dock = open_train_dock(shown_viewer)
    dock.panel.instant.click()
    wait(qtbot, lambda: PREVIEW in shown_viewer.layers)
    preview = shown_viewer.layers[PREVIEW]
    camera = shown_viewer.scene.camera
    wait(qtbot, lambda: idle(dock))
    camera.zoom *= 4
    wait(qtbot, lambda: preview.data.shape[0] < 40)
    wait(qtbot, lambda: idle(dock))
    camera.center = (0, 60, 60)
    wait(qtbot, lambda: preview.translate[1] > 40)


@pytest.mark.usefixtures("frames")
def test_the_instant_preview_makes_room_for_training(
    qtbot: QtBot, viewer: Viewer, dock: TrainDock
) -> None:
    dock.panel.set_value(TINY)
    dock.panel.instant.click()
    wait(qtbot, lambda: PREVIEW in viewer.layers)
    dock.panel.run.train.click()
    assert PREVIEW not in viewer.layers
    wait(qtbot, lambda: not dock.controller.is_running)
    wait(qtbot, lambda: PREVIEW in viewer.layers)
    viewer.layers.remove(PREVIEW)
    wait(qtbot, lambda: not dock.panel.instant.isChecked())


def test_the_instant_preview_says_why_there_is_none(
    qtbot: QtBot, viewer: Viewer, dock: TrainDock
) -> None:
    viewer.add_image(np.full((40, 40), 7.0), name="flat")
    dock.panel.instant.click()
    wait(qtbot, lambda: "constant" in dock.panel.message.value())
    assert not dock.panel.instant.isChecked()
    assert len(viewer.layers) == 1


@pytest.mark.usefixtures("frames")
def test_closing_the_dock_takes_the_instant_preview_along(
    qtbot: QtBot, viewer: Viewer, dock: TrainDock
) -> None:
    dock.panel.instant.click()
    wait(qtbot, lambda: PREVIEW in viewer.layers)
    viewer.window.remove_dock_widget(dock)
    wait(qtbot, lambda: PREVIEW not in viewer.layers)


@pytest.mark.parametrize("moment", ["denoising", "shown"])
@pytest.mark.usefixtures("frames")
def test_closing_the_viewer_ends_the_instant_preview(
    qtbot: QtBot, viewer: Viewer, dock: TrainDock, moment: str
) -> None:
    dock.panel.instant.click()
    wait(qtbot, lambda: dock.controller._instant._worker is not None)
    if moment == "shown":
        wait(qtbot, lambda: PREVIEW in viewer.layers)
        wait(qtbot, lambda: idle(dock))
    with qtbot.waitSignal(dock.destroyed):
        viewer.close()
    assert idle(dock)
    # Nor does it hear of anything any more.
    viewer.scene.camera.zoom *= 2
    viewer.dims.set_current_step(0, 2)
    assert idle(dock)
