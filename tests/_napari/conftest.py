"""Viewers for the tests, and a check after each of them that nothing is left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dask
import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image, Layer
from npe2 import PluginManifest
from qtpy.QtCore import QCoreApplication, QEvent, QSettings, QTimer
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari import saved_settings, worker

MakeViewer = Callable[..., Viewer]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        pytest.skip("a viewer needs a display: run under xvfb-run")


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    """Fail a test after which a thread, a timer, a window or a layer is still alive."""
    before = {id(thing) for thing in threads_and_windows()}
    # What there is already can neither leak nor cost time when garbage is collected.
    gc.freeze()
    # The pool of dask outlives its first user.
    with dask.config.set(scheduler="synchronous"):
        yield
    let_threads_end()
    if not request.node.rep_call.failed:  # a traceback holds on to everything
        request.node.funcargs.clear()  # pytest's own references
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            qapp.processEvents()
            gc.collect()
        left = [thing for thing in threads_and_windows() if id(thing) not in before]
        left += timers_and_layers()
        gc.unfreeze()
        assert not left, f"left behind: {left}"


@pytest.fixture(scope="session", autouse=True)
def plugins_of_the_machine() -> Iterator[None]:
    """Look for plugins once, as viewers do that share a process."""
    found = list(PluginManifest.discover())
    with pytest.MonkeyPatch.context() as patch:
        # The fixture of napari has each viewer look again, which is a quarter of its start.
        patch.setattr(PluginManifest, "discover", lambda **_: iter(found))
        yield


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that no other test, and no user of this machine, has left."""
    file = str(tmp_path / "settings.ini")
    monkeypatch.setattr(
        saved_settings, "_store", lambda: QSettings(file, QSettings.Format.IniFormat)
    )


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once the thread of a worker waits, which is after a pause."""
    waits = threading.Event()

    class Noted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            # Not `is_set`, which may be true a moment before it is cleared.
            if super().wait(0):
                return True
            waits.set()
            return super().wait(timeout)

    monkeypatch.setattr(worker, "threading", SimpleNamespace(Event=Noted))
    return waits


def let_threads_end() -> None:
    """Wait for threads that were left, which end after the step or read under way."""
    for thread in threading.enumerate():
        if thread.name.startswith("noise2same"):
            thread.join(60)


def threads_and_windows() -> list[Any]:
    """All live threads, and windows but for those that napari keeps for the next viewer."""
    windows = [
        widget
        for widget in QApplication.topLevelWidgets()
        if type(widget).__module__.startswith("napari_noise2same")
        or type(widget).__name__ in {"_QtMainWindow", "QtViewerDockWidget"}
    ]
    return [*threading.enumerate(), *windows]


def timers_and_layers() -> list[Any]:
    """Active timers and layers that are not frozen."""
    # By type, because some lazy objects import packages when asked for their class.
    found = [thing for thing in gc.get_objects() if issubclass(type(thing), Layer | QTimer)]
    return [thing for thing in found if not isinstance(thing, QTimer) or is_active(thing)]


def is_active(timer: QTimer) -> bool:
    """Whether a timer runs; one that Qt has deleted does not."""
    try:
        return timer.isActive()
    except RuntimeError:
        return False


@pytest.fixture(scope="module")
def threads_of_zarr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start the threads that zarr keeps for good before leaks are looked for."""
    zarr = pytest.importorskip("zarr")
    with zarr.config.set({"threading.max_workers": 1}):
        zarr.array(np.zeros(4), store=tmp_path_factory.mktemp("zarr"), chunks=(1,))[:]
        yield


@pytest.fixture
def viewer(make_napari_viewer: MakeViewer) -> Viewer:
    """A viewer that is not shown."""
    return make_napari_viewer()


@pytest.fixture
def shown_viewer(make_napari_viewer: MakeViewer) -> Viewer:
    """A viewer on the screen, where drawing tells the layers what is in view."""
    return make_napari_viewer(show=True)


@pytest.fixture
def noisy(viewer: Viewer) -> Image:
    """A noisy layer with a look and a place of its own."""
    data = np.random.default_rng(0).normal(100, 10, (48, 64)).astype(np.float32)
    layer = viewer.add_image(
        data,
        name="cells",
        scale=(0.2, 0.1),
        translate=(5, -3),
        rotate=30,
        shear=[0.2],
        affine=[[1, 0.1, 2], [0, 1.2, 3], [0, 0, 1]],
        units=("um", "um"),
        axis_labels=("y", "x"),
        colormap="magma",
        gamma=0.7,
        opacity=0.8,
        blending="additive",
        contrast_limits=(80, 130),
        interpolation2d="linear",
        metadata={"stage": 3},
    )
    layer.contrast_limits_range = (60, 150)
    return layer
