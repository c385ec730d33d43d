"""How long the event loop of a real viewer is kept waiting while the plugin trains.

    xvfb-run -a python benchmarks/responsiveness.py --seconds 30 --json responsiveness.json

A timer asks to be called every 5 ms; what it is late by is the delay that a user's click would
meet. On a screen, leave ``xvfb-run`` out.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari.commands import open_train_dock
from napari_noise2same._napari.train_dock import TrainDock
from napari_noise2same.samples import cells
from napari_noise2same.widgets import RunState

_INTERVAL = 0.005


def main() -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    viewer = napari.Viewer()
    sample = cells()
    viewer.add_image(sample.noisy, name=sample.name)
    dock = open_train_dock(viewer)
    _run_until(lambda: False, 5)
    idle = _delays(5)
    dock.panel.run.train.click()
    _run_until(lambda: dock.panel.run.state() is RunState.TRAINING, 120)
    busy = _delays(options.seconds)
    stop = _seconds_to_stop(dock)
    viewer.close()
    result = {"idle": _summary(idle), "training": _summary(busy), "stop_seconds": stop}
    text = json.dumps(result, indent=2)
    if options.json:
        options.json.write_text(text)
    sys.stdout.write(text + "\n")


def _delays(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return by how much a timer is late, in milliseconds."""
    calls: list[float] = []
    timer = QTimer()
    timer.setInterval(round(_INTERVAL * 1000))
    timer.timeout.connect(lambda: calls.append(time.perf_counter()))
    timer.start()
    _run_until(lambda: False, seconds)
    timer.stop()
    return np.maximum(np.diff(calls) - _INTERVAL, 0) * 1000


def _seconds_to_stop(dock: TrainDock) -> float:
    """Return how long Stop takes."""
    begun = time.perf_counter()
    dock.panel.run.stop.click()
    _run_until(lambda: not dock.controller.is_running, 60)
    return time.perf_counter() - begun


def _run_until(condition: Callable[[], bool], seconds: float) -> None:
    """Let Qt work until a condition holds, or for so long."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end and not condition():
        QApplication.processEvents()
        time.sleep(0.001)


def _summary(delays: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float]:
    """Return median, 95th percentile and maximum, in milliseconds."""
    return {
        "median_ms": round(float(np.median(delays)), 2),
        "p95_ms": round(float(np.percentile(delays, 95)), 2),
        "max_ms": round(float(delays.max()), 2),
    }


if __name__ == "__main__":
    main()
