"""What a user does in the docks, until it is done."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from napari_noise2same._napari.denoise_dock import DenoiseDock
from napari_noise2same._napari.train_dock import TrainDock

# In milliseconds: so long that only what never comes fails.
TIMEOUT = 120_000


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    """Let Qt go on until a condition holds."""
    qtbot.waitUntil(condition, timeout=TIMEOUT)


def train(qtbot: QtBot, dock: TrainDock) -> None:
    """Press the button, and wait until the run is over."""
    dock.panel.run.train.click()
    wait(qtbot, lambda: not dock.controller.is_running)


def denoise(qtbot: QtBot, dock: DenoiseDock) -> None:
    """Press the button, and wait until the run is over."""
    dock.panel.denoise.click()
    wait(qtbot, lambda: not dock.panel.is_running())
