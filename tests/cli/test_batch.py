from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from napari_noise2same.cli import batch
from napari_noise2same.core.batch import FileStarted, Job
from napari_noise2same.core.denoising import DenoiseStarted, TileDone


class Shown:
    """Keeps what a terminal would show."""

    def __init__(self) -> None:
        self.updates: list[tuple[float, float, str]] = []

    def update(self, share: float, remaining: float, details: str = "") -> None:
        self.updates.append((share, remaining, details))

    def note(self, text: str) -> None:
        pass


def test_the_time_to_go_is_that_of_what_this_run_has_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock on which the only cell of this run so far takes ten seconds."""
    times = iter((0.0, 10.0))
    monkeypatch.setattr(batch, "time", SimpleNamespace(perf_counter=lambda: next(times)))
    shown = Shown()
    screen = batch._Screen(shown, 1)
    screen.show(FileStarted(0, Job(Path("a.tif"), Path("a.zarr"), "a.tif")))
    screen.show(DenoiseStarted(np.zeros((8, 8)), (8, 8), 100, "cpu", done=90))
    screen.show(TileDone(91, 100, 0, (), 10.0, 90.0))

    ((share, remaining, name),) = shown.updates
    assert (share, name) == (0.91, "a.tif")
    assert remaining == pytest.approx(90.0)
