"""Docks whose images are still being read when the user has had enough."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari import Viewer
from napari.layers import Labels
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget

from napari_noise2same._napari import file_layers
from napari_noise2same._napari.commands import open_denoise_dock, open_train_dock
from napari_noise2same._napari.train_dock import TrainDock
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core import Image, TrainingConfig, read_image
from napari_noise2same.core.batch import Job
from napari_noise2same.widgets import RunState
from noise2same_testing.docks import wait

SHORT = TrainingConfig(start="scratch", steps=2, batch=1, patch=(16, 16), device="cpu")
FRAMES = 6


class Gate:
    """Lets the GUI thread read at once, and other threads once it is open."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.reads = 0

    def __call__(self, read: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            self.reads += 1
            self.opened.wait(20)
        return read

    def slow(self, values: NDArray[Any]) -> Any:
        """The values, frame by frame through the gate."""
        chunks = (1, *values.shape[1:])
        return da.from_array(values, chunks=chunks).map_blocks(self, meta=values[:0])


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


@pytest.fixture
def movie(viewer: Viewer, gate: Gate) -> Any:
    values = np.random.default_rng(0).normal(100, 10, (FRAMES, 32, 40))
    return viewer.add_image(
        gate.slow(values), name="movie", axis_labels=("t", "y", "x"), contrast_limits=(50, 150)
    )


def worker_of(dock: TrainDock) -> Worker:
    assert dock.controller.worker is not None
    return dock.controller.worker


def start(qtbot: QtBot, viewer: Viewer, gate: Gate) -> TrainDock:
    """A dock whose run is reading the first frame."""
    dock = open_train_dock(viewer)
    dock.panel.set_value(SHORT)
    dock.panel.run.train.click()
    wait(qtbot, lambda: gate.reads == 1)
    return dock


def close(qtbot: QtBot, viewer: Viewer, dock: QWidget, worker: Worker) -> None:
    """Close the window, and see that it has not waited for the thread."""
    running: list[bool] = []
    # Called after what the dock itself has to do at its end.
    dock.destroyed.connect(lambda: running.append(worker.is_running))
    viewer.close()
    wait(qtbot, lambda: bool(running))
    assert running == [True]


@pytest.mark.usefixtures("movie")
def test_stop_ends_a_run_after_the_read_under_way(qtbot: QtBot, viewer: Viewer, gate: Gate) -> None:
    dock = start(qtbot, viewer, gate)
    run, controller = dock.panel.run, dock.controller
    assert run.state() is RunState.PREPARING
    run.stop.click()
    gate.opened.set()
    wait(qtbot, lambda: not controller.is_running)
    assert gate.reads == 1
    assert (run.state(), controller.model) == (RunState.IDLE, None)
    assert not dock.panel.message.value()
    run.train.click()
    wait(qtbot, lambda: not controller.is_running)
    assert run.state() is RunState.FINISHED


@pytest.mark.usefixtures("movie")
def test_the_window_closes_at_once_while_training_reads(
    qtbot: QtBot, viewer: Viewer, gate: Gate
) -> None:
    dock = start(qtbot, viewer, gate)
    worker = worker_of(dock)
    close(qtbot, viewer, dock, worker)
    gate.opened.set()
    wait(qtbot, lambda: not worker.is_running)
    assert gate.reads == 1


@pytest.mark.usefixtures("movie")
def test_a_thread_that_is_left_reading_keeps_no_dock(
    qtbot: QtBot, viewer: Viewer, gate: Gate
) -> None:
    dock = start(qtbot, viewer, gate)
    worker, left = worker_of(dock), weakref.ref(dock.controller)
    close(qtbot, viewer, dock, worker)
    del dock

    def gone() -> bool:
        gc.collect()
        return left() is None

    wait(qtbot, gone)
    assert worker.is_running


@pytest.mark.usefixtures("movie")
def test_the_instant_preview_ends_after_the_read_under_way(
    qtbot: QtBot, viewer: Viewer, gate: Gate
) -> None:
    dock = open_train_dock(viewer)
    dock.panel.instant.click()
    wait(qtbot, lambda: gate.reads == 1)
    worker = dock.controller._instant._worker
    assert worker is not None
    close(qtbot, viewer, dock, worker)
    gate.opened.set()
    wait(qtbot, lambda: not worker.is_running)
    assert gate.reads == 1


def test_the_window_closes_at_once_while_labels_are_read(
    qtbot: QtBot, viewer: Viewer, gate: Gate
) -> None:
    dock = open_train_dock(viewer)
    values = np.random.default_rng(0).normal(size=(2, 40, 40))
    viewer.add_image(values, axis_labels=("t", "y", "x"))
    labels: Labels = viewer.add_labels(gate.slow(np.ones((2, 40, 40), int)))
    dock.panel.region.set_value(labels.unique_id)
    wait(qtbot, lambda: gate.reads == 1)
    worker = dock.controller.inputs._times._worker
    assert worker is not None
    close(qtbot, viewer, dock, worker)
    gate.opened.set()
    wait(qtbot, lambda: not worker.is_running)


def test_the_window_closes_at_once_while_a_row_is_opened(
    qtbot: QtBot, viewer: Viewer, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.npy"
    np.save(source, np.ones((8, 8)))

    def read(path: Path) -> Image:
        return gate(read_image(path))

    monkeypatch.setattr(file_layers, "read_image", read)
    dock = open_denoise_dock(viewer)
    controller = dock.batch_controller
    controller._jobs = (Job(source, source, "a.npy"),)
    dock.panel.batch.table.row_opened.emit(0)
    wait(qtbot, lambda: gate.reads == 1)
    worker = controller._reading
    assert worker is not None
    close(qtbot, viewer, dock, worker)
    gate.opened.set()
    wait(qtbot, lambda: not worker.is_running)
    assert gate.reads == 1
