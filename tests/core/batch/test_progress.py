from __future__ import annotations

import pytest

from napari_noise2same.core.batch import BatchProgress


def test_what_was_done_before_says_nothing_of_the_time_to_go() -> None:
    files = BatchProgress(1)
    files.begin(0.9)
    assert files.fraction == 0.9
    assert files.remaining(1.0) is None
    files.advance(0.91)
    assert files.fraction == 0.91
    assert files.remaining(10.0) == pytest.approx(90.0)


def test_the_files_that_follow_count_whole() -> None:
    files = BatchProgress(3)
    files.begin(0.5)
    files.advance(1.0)
    files.end()
    assert files.over == 1
    assert files.fraction == pytest.approx(1 / 3)
    assert files.remaining(10.0) == pytest.approx(40.0)
    files.begin(0.5)
    assert files.remaining(10.0) == pytest.approx(30.0)


def test_a_file_that_fails_is_over_but_makes_no_run_faster() -> None:
    files = BatchProgress(3)
    files.end()
    assert files.fraction == pytest.approx(1 / 3)
    assert files.remaining(1.0) is None
    files.begin(0.0)
    files.advance(0.5)
    assert files.remaining(10.0) == pytest.approx(30.0)


def test_no_file_is_all_done() -> None:
    assert BatchProgress(0).fraction == 1
