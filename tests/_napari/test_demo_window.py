"""The demonstration in a real viewer, which nobody but the test touches."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from napari import Viewer
from pytestqt.qtbot import QtBot

from napari_noise2same._napari import saved_settings
from napari_noise2same._napari.demo_window import DemoGuide
from napari_noise2same._napari.saved_settings import recall
from napari_noise2same.core import TrainingConfig
from napari_noise2same.samples import cells
from napari_noise2same.widgets import RunState
from noise2same_testing.docks import wait

SMALL = TrainingConfig(
    start="scratch", steps=20, batch=1, patch=(16, 16), validate_every=5, device="cpu"
)
ENDLESS = SMALL.model_copy(update={"steps": 1_000_000})


def layers() -> list[Any]:
    sample = cells(side=64)
    return [
        (sample.clean, {"name": "truth", "visible": False}, "image"),
        (sample.noisy, {"name": "noisy"}, "image"),
    ]


@pytest.fixture
def guide(viewer: Viewer) -> Iterator[DemoGuide]:
    yield DemoGuide(viewer, layers(), SMALL)
    gc.collect()


def test_from_training_to_the_comparison(qtbot: QtBot, viewer: Viewer, guide: DemoGuide) -> None:
    assert len(viewer.window.dock_widgets) == 3
    assert not viewer.layers["truth"].visible
    guide.start()
    wait(qtbot, lambda: guide.compare.mode == "swipe")

    assert guide.train.panel.run.state() is RunState.FINISHED
    model = guide.train.controller.model
    assert model is not None
    assert len(model.history) == 20
    result = viewer.layers["noisy [n2s]"]
    assert result.data.all()
    assert result.metadata["noise2same"]["source"] == "noisy"
    assert guide.compare.noisy.currentText() == "noisy"
    assert guide.compare.denoised.currentText() == "noisy [n2s]"
    # From here on the docks are the user's: another training does not denoise by itself.
    guide.train.controller.train()
    wait(qtbot, lambda: not guide.train.controller.is_running)
    assert not guide.denoise.panel.is_running()


def test_what_the_user_has_set_is_neither_used_nor_changed(guide: DemoGuide, qtbot: QtBot) -> None:
    mine = TrainingConfig(steps=77)
    saved_settings.remember("training", mine)
    guide.start()
    wait(qtbot, lambda: guide.compare.mode is not None)

    assert recall("training", TrainingConfig) == mine


def test_a_training_that_is_stopped_is_denoised_and_closed_docks_come_back(
    qtbot: QtBot, viewer: Viewer, guide: DemoGuide
) -> None:
    guide.train.panel.set_value(ENDLESS)
    guide.start()
    wait(qtbot, lambda: guide.train.panel.run.state() is RunState.TRAINING)
    viewer.window.remove_dock_widget(guide.denoise)
    viewer.window.remove_dock_widget(guide.compare)
    guide.train.panel.run.stop.click()
    wait(qtbot, lambda: guide.compare.mode == "swipe")

    assert "noisy [n2s]" in viewer.layers


@pytest.mark.parametrize("moment", ["preparing", "training", "compared"])
def test_the_window_may_be_closed_at_any_moment(moment: str) -> None:
    """In a process of its own, whose exit a thread left behind would hold up."""
    code = f"""
import napari
from qtpy.QtCore import QTimer
from napari_noise2same._napari.demo_window import open_demo
from napari_noise2same.core import NetworkConfig, TrainingConfig
from napari_noise2same.samples import cells
from napari_noise2same.widgets import RunState

moment = {moment!r}
sample = cells(side=64)
steps = 5 if moment == "compared" else 1_000_000
network = NetworkConfig(widths=(4, 6))
small = {{"batch": 1, "patch": (16, 16), "network": network, "start": "scratch"}}
config = TrainingConfig(steps=steps, device="cpu", **small)
run = napari.run


def look():
    docks = {{type(d).__name__: d for d in viewer.window.dock_widgets.values()}}
    states = {{
        "preparing": True,
        "training": docks["TrainDock"].panel.run.state() is RunState.TRAINING,
        "compared": docks["CompareDock"].mode is not None,
    }}
    if states[moment]:
        timer.stop()
        print("closing", flush=True)
        viewer.close()


def start():
    global viewer, timer
    viewer = napari.current_viewer()
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    run()


napari.run = start
open_demo([(sample.noisy, {{"name": "noisy"}}, "image")], config)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "closing\n"
    assert "Traceback" not in done.stderr
