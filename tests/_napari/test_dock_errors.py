"""What goes wrong, as the user of a dock meets it: one sentence, and the dock can be used again."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from napari import Viewer
from napari.layers import Image
from napari.layers._source import layer_source
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari.commands import open_denoise_dock, open_train_dock
from napari_noise2same._napari.denoise_dock import DenoiseDock
from napari_noise2same._napari.train_dock import TrainDock
from napari_noise2same.core import TrainedModel, TrainingConfig
from napari_noise2same.core.denoising.predictor import Predictor
from napari_noise2same.core.errors import DeviceError
from napari_noise2same.core.training.learner import Learner
from napari_noise2same.widgets import MessageLine, RunState
from noise2same_testing.docks import TIMEOUT, denoise, train, wait

SMALL = TrainingConfig(
    start="scratch", steps=4, batch=1, patch=(16, 16), validate_every=2, device="cpu"
)
OUT_OF_MEMORY = "CUDA out of memory. Tried to allocate 2.00 GiB."


@pytest.fixture
def train_dock(viewer: Viewer) -> TrainDock:
    dock = open_train_dock(viewer)
    dock.panel.set_value(SMALL)
    return dock


@pytest.fixture
def denoise_dock(qtbot: QtBot, viewer: Viewer, noisy: Image, train_dock: TrainDock) -> DenoiseDock:
    """A dock with a model and an image to denoise."""
    train(qtbot, train_dock)
    dock = open_denoise_dock(viewer)
    dock.panel.layers.set_value([noisy.unique_id])
    return dock


def model_of(dock: TrainDock) -> TrainedModel:
    assert dock.controller.model is not None
    return dock.controller.model


def test_what_is_refused_shows_no_progress_of_what_was_done_before(
    qtbot: QtBot, denoise_dock: DenoiseDock
) -> None:
    panel = denoise_dock.panel
    denoise(qtbot, denoise_dock)
    assert "tile 1 / 1" in panel.progress.label.text()
    panel.layers.set_value([])
    panel.denoise.click()
    assert "found none ticked" in panel.message.value()
    assert panel.progress.label.text() == ""
    assert panel.progress.bar.value() == 0


def raising(kind: type[Exception], *arguments: object) -> Callable[..., Any]:
    """A function that fails whatever it is called with."""

    def fail(*_: Any, **__: Any) -> None:
        raise kind(*arguments)

    return fail


def is_one_sentence(message: MessageLine) -> bool:
    """Whether there is a message that shows no more than a sentence."""
    text = message.label.text()
    return text.startswith("⚠ ") and text.endswith(".") and "\n" not in text


@pytest.mark.usefixtures("noisy")
def test_a_full_disk_leaves_the_earlier_file_alone(
    qtbot: QtBot, train_dock: TrainDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(qtbot, train_dock)
    folder = tmp_path / "models"
    folder.mkdir()
    path = folder / "model.safetensors"
    path.write_bytes(b"an earlier model")
    files, message = train_dock.files, train_dock.panel.message
    full = raising(OSError, errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as patch:
        patch.setattr("napari_noise2same.core.io.writing.os.fsync", full)
        train_dock.files.save(train_dock.store[train_dock.controller.name], str(path))
        with qtbot.waitSignal(files.failed, timeout=TIMEOUT):
            pass
    assert is_one_sentence(message)
    assert "No space left on device" in message.value()
    assert str(path) in message.value()
    assert path.read_bytes() == b"an earlier model"
    assert list(folder.iterdir()) == [path]
    train_dock.files.save(train_dock.store[train_dock.controller.name], str(path))
    with qtbot.waitSignal(files.saved, timeout=TIMEOUT):
        pass
    assert path.read_bytes() != b"an earlier model"


@pytest.mark.usefixtures("noisy")
def test_too_little_memory_for_training(
    qtbot: QtBot, train_dock: TrainDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = train_dock.panel
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "learn", raising(torch.OutOfMemoryError, OUT_OF_MEMORY))
        train(qtbot, train_dock)
    assert is_one_sentence(panel.message)
    assert "memory of cpu does not suffice: choose a smaller patch" in panel.message.value()
    assert panel.run.state() is RunState.IDLE
    train(qtbot, train_dock)
    assert panel.run.state() is RunState.FINISHED
    assert not panel.message.value().startswith("The memory")


def test_a_run_that_fails_leaves_the_earlier_model_as_it_was(
    qtbot: QtBot,
    viewer: Viewer,
    noisy: Image,
    train_dock: TrainDock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train(qtbot, train_dock)
    name, model = train_dock.controller.name, model_of(train_dock)
    told: list[str] = []
    train_dock.controller.trained.connect(told.append)
    viewer.add_image(np.random.default_rng(1).normal(size=(40, 40)), name="other")
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "learn", raising(torch.OutOfMemoryError, OUT_OF_MEMORY))
        train(qtbot, train_dock)
    assert not told
    assert (train_dock.controller.name, model_of(train_dock)) == (name, model)
    assert train_dock.panel.run.state() is RunState.FINISHED  # no planned step is left
    viewer.layers.selection.active = noisy
    train_dock.panel.run.more_steps.setValue(3)
    train_dock.panel.run.proceed.click()
    wait(qtbot, lambda: not train_dock.controller.is_running)
    assert told == [name]
    assert len(model_of(train_dock).history) == len(model.history) + 3


def test_too_little_memory_for_denoising(
    qtbot: QtBot, viewer: Viewer, denoise_dock: DenoiseDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = denoise_dock.panel
    with monkeypatch.context() as patch:
        patch.setattr(Predictor, "_run", raising(RuntimeError, OUT_OF_MEMORY))
        denoise(qtbot, denoise_dock)
    assert is_one_sentence(panel.message)
    assert "memory of cpu does not suffice" in panel.message.value()
    # A layer in which nothing is done would only be in the way.
    assert [layer.name for layer in viewer.layers] == ["cells"]
    assert panel.progress.bar.maximum() > 0  # no longer busy
    denoise(qtbot, denoise_dock)
    assert "cells [n2s]" in viewer.layers
    assert panel.message.value() == ""


def test_what_was_denoised_before_the_memory_ran_out_stays(
    qtbot: QtBot, viewer: Viewer, denoise_dock: DenoiseDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict, calls = Predictor.predict, []

    def second_fails(self: Predictor, values: NDArray[np.float32]) -> NDArray[np.float32]:
        calls.append(values.shape)
        if len(calls) > 1:
            raise DeviceError("The memory does not suffice.")
        return predict(self, values)

    monkeypatch.setattr(Predictor, "predict", second_fails)
    denoise_dock.panel.options.rows["tile"].editor.set_value(24)
    denoise(qtbot, denoise_dock)
    assert is_one_sentence(denoise_dock.panel.message)
    assert viewer.layers["cells [n2s]"].data.any()
    assert denoise_dock.panel.denoise.isEnabled()


def test_an_unforeseen_error_is_one_sentence_with_details_on_demand(
    qtbot: QtBot, denoise_dock: DenoiseDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = denoise_dock.panel.message
    error = "CUDA error: device-side assert\nCompile with TORCH_USE_CUDA_DSA."
    with monkeypatch.context() as patch:
        patch.setattr(Predictor, "_run", raising(RuntimeError, error))
        denoise(qtbot, denoise_dock)
    assert is_one_sentence(message)
    assert "device-side assert" in message.value()
    assert not message.details.isVisibleTo(message)
    message.collapsible.set_value(True)
    assert message.details.isVisibleTo(message)
    assert "Traceback" in message.details.toPlainText()
    assert "TORCH_USE_CUDA_DSA" in message.details.toPlainText()
    denoise(qtbot, denoise_dock)
    assert message.value() == ""


def test_a_file_that_is_no_model(qtbot: QtBot, denoise_dock: DenoiseDock, tmp_path: Path) -> None:
    message, models = denoise_dock.panel.message, denoise_dock.store.names()
    path = tmp_path / "broken.safetensors"
    for content in (b"", b"not a model", b"\x08" + bytes(7) + b"{}      "):
        path.write_bytes(content)
        denoise_dock.files.open(str(path))
        with qtbot.waitSignal(denoise_dock.files.failed, timeout=TIMEOUT):
            pass
        assert is_one_sentence(message)
        assert "choose another file" in message.value()
    assert denoise_dock.store.names() == models
    denoise(qtbot, denoise_dock)
    assert message.value() == ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.full((40, 40), np.nan), "only NaN"),
        (np.random.default_rng(0).normal(size=(5, 40)), "pixels"),
    ],
    ids=["nan", "narrow"],
)
def test_an_image_that_nothing_can_be_learnt_from(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock, data: NDArray[Any], words: str
) -> None:
    viewer.add_image(data, name="odd", contrast_limits=(0, 1))
    train(qtbot, train_dock)
    assert is_one_sentence(train_dock.panel.message)
    assert words in train_dock.panel.message.value()
    assert train_dock.panel.run.state() is RunState.IDLE
    assert [layer.name for layer in viewer.layers] == ["odd"]
    viewer.add_image(np.random.default_rng(0).normal(size=(40, 40)), name="good")
    train(qtbot, train_dock)
    assert train_dock.panel.run.state() is RunState.FINISHED
    assert train_dock.controller.name == "Model of good"


def test_an_image_of_nan_alone_stays_as_it_is(
    qtbot: QtBot, viewer: Viewer, denoise_dock: DenoiseDock
) -> None:
    layer = viewer.add_image(np.full((20, 20), np.nan), name="empty", contrast_limits=(0, 1))
    denoise_dock.panel.layers.set_value([layer.unique_id])
    denoise(qtbot, denoise_dock)
    assert denoise_dock.panel.message.value() == ""
    assert np.isnan(viewer.layers["empty [n2s]"].data).all()


def test_a_view_without_the_layer_is_not_denoised(
    qtbot: QtBot, viewer: Viewer, denoise_dock: DenoiseDock
) -> None:
    panel = denoise_dock.panel
    panel.region.set_value("view")
    viewer.scene.camera.center = (5000, 5000)
    panel.denoise.click()
    assert is_one_sentence(panel.message)
    assert "move it into view" in panel.message.value()
    assert not denoise_dock.panel.is_running()
    viewer.reset_view()
    denoise(qtbot, denoise_dock)
    assert panel.message.value() == ""
    assert "cells [n2s]" in viewer.layers


def test_a_model_that_is_opened_takes_the_place_of_an_error(
    qtbot: QtBot, train_dock: TrainDock, denoise_dock: DenoiseDock, tmp_path: Path
) -> None:
    message, good = denoise_dock.panel.message, tmp_path / "good.safetensors"
    train_dock.files.save(train_dock.store[train_dock.controller.name], str(good))
    with qtbot.waitSignal(train_dock.files.saved, timeout=TIMEOUT):
        pass
    denoise_dock.files.open(str(tmp_path / "missing.safetensors"))
    with qtbot.waitSignal(denoise_dock.files.failed, timeout=TIMEOUT):
        pass
    assert is_one_sentence(message)
    denoise_dock.files.open(str(good))
    with qtbot.waitSignal(denoise_dock.files.opened, timeout=TIMEOUT):
        pass
    assert message.value() == "Opened good."


@pytest.mark.usefixtures("noisy")
def test_a_run_inside_a_region_cannot_be_copied(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock
) -> None:
    region = viewer.add_shapes([[[0, 0], [30, 30]]], shape_type="rectangle", name="here")
    panel, clipboard = train_dock.panel, QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText("earlier")
    panel.region.set_value(region.unique_id)
    for button in (panel.model.copy_script, panel.model.copy_command):
        panel.message.clear()
        button.click()
        assert is_one_sentence(panel.message)
        assert "choose Whole image" in panel.message.value()
        assert clipboard.text() == "earlier"
    panel.region.set_value(None)
    panel.model.copy_command.click()
    wait(qtbot, lambda: panel.message.value() == "Copied.")
    assert clipboard.text().startswith("napari-noise2same train")


@pytest.mark.parametrize("button", ["copy_script", "copy_command"])
def test_one_channel_of_a_file_cannot_be_copied(
    qtbot: QtBot, viewer: Viewer, train_dock: TrainDock, tmp_path: Path, button: str
) -> None:
    path = tmp_path / "two channels.npy"
    np.save(path, np.random.default_rng(0).normal(size=(2, 32, 40)))
    [whole] = viewer.open(str(path), plugin="napari")
    assert isinstance(whole, Image)
    with layer_source(path=str(path)):
        viewer.add_image(np.asarray(whole.data[1]), name="green")
    panel, clipboard = train_dock.panel, QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText("earlier")
    getattr(panel.model, button).click()
    wait(qtbot, lambda: bool(panel.message.value()))
    assert is_one_sentence(panel.message)
    assert "found green of 32 × 40 pixels" in panel.message.value()
    assert f"{path} has 2 × 32 × 40" in panel.message.value()
    assert clipboard.text() == "earlier"
    panel.layers.set_value([whole.unique_id])
    getattr(panel.model, button).click()
    wait(qtbot, lambda: panel.message.value() == "Copied.")
    assert str(path) in clipboard.text()
