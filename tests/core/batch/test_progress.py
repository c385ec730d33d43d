from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_noise2same.core.batch import BatchProgress, FileDone, FileFailed, FileSkipped, Job
from napari_noise2same.core.denoising import DenoiseStarted, TileDone

JOB = Job(Path("a.tif"), Path("a.zarr"), "a.tif")
DONE, FAILED = FileDone(0, JOB), FileFailed(0, JOB, "It is broken.")


def started(done: int) -> DenoiseStarted[np.ndarray]:
    return DenoiseStarted(np.zeros((8, 8)), (8, 8), 100, "cpu", done)


def tile(done: int) -> TileDone:
    return TileDone(done, 100, 0, (), 1.0, 1.0)


def test_what_was_done_before_says_nothing_of_the_time_to_go() -> None:
    files = BatchProgress([False])
    files.take(started(90))
    assert files.fraction == files.share == 0.9
    assert files.remaining(1.0) is None
    files.take(tile(91))
    assert files.fraction == files.share == 0.91
    assert files.remaining(10.0) == pytest.approx(90.0)


def test_the_files_that_follow_count_whole() -> None:
    files = BatchProgress([False] * 3)
    for event in (started(50), tile(100), DONE):
        files.take(event)
    assert (files.over, files.share) == (1, 0)
    assert files.fraction == pytest.approx(1 / 3)
    assert files.remaining(10.0) == pytest.approx(40.0)
    files.take(started(50))
    assert files.remaining(10.0) == pytest.approx(30.0)


def test_a_file_that_fails_is_over_but_makes_no_run_faster() -> None:
    files = BatchProgress([False] * 3)
    files.take(FAILED)
    assert files.fraction == pytest.approx(1 / 3)
    assert files.remaining(1.0) is None
    files.take(started(0))
    files.take(tile(50))
    assert files.remaining(10.0) == pytest.approx(30.0)


def test_a_file_with_a_result_counts_only_if_that_was_not_known() -> None:
    files = BatchProgress([True, False, False])
    assert files.total == 2
    files.take(FileSkipped(0, JOB))
    assert files.over == 0
    files.take(FileSkipped(1, JOB))
    assert files.over == 1


def test_no_file_is_all_done() -> None:
    assert BatchProgress([]).fraction == 1
