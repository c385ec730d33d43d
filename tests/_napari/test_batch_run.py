"""What the Batch tab shows of a run that goes on with what an earlier one has left."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from pytestqt.qtbot import QtBot

from napari_noise2same._napari import batch_run, batch_work
from napari_noise2same._napari.activity import Activity
from napari_noise2same._napari.batch_work import FilesFound
from napari_noise2same.core.batch import FileStarted, Job
from napari_noise2same.core.denoising import DenoiseStarted, TileDone
from napari_noise2same.widgets import DenoisePanel

JOB = Job(Path("a.tif"), Path("a.zarr"), "a.tif")


def test_the_time_to_go_is_that_of_what_this_run_has_done(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock on which the only cell of this run so far takes ten seconds."""
    times = iter((0.0, 0.0, 10.0))
    monkeypatch.setattr(batch_run, "time", SimpleNamespace(perf_counter=lambda: next(times)))
    monkeypatch.setattr(Activity, "show", lambda _self, _fraction: None)
    panel = DenoisePanel()
    qtbot.addWidget(panel)
    table, label = panel.batch.table, panel.batch.progress.label
    table.set_files([JOB.name], [False])
    run = batch_run.BatchRun(panel.batch)
    started = DenoiseStarted(None, (8, 8), 100, "cpu", done=90)
    run.show([FilesFound((JOB,), (False,), ""), FileStarted(0, JOB), started])
    assert "90%" in table.text(0)
    assert "left" not in label.text()
    run.show([TileDone(91, 100, 0, (), 10.0, 90.0)])
    assert "91%" in table.text(0)
    assert "1:30 left" in label.text()
    run.finish()
    assert "left" not in label.text()
    run.close()


def test_the_queue_holds_no_image_but_what_is_done_of_it() -> None:
    started = DenoiseStarted([object()], (8, 8), 100, "cpu", done=90)
    (event,) = batch_work._with_pictures(iter([started]))
    assert (event.image, event.done, event.total) == (None, 90, 100)
