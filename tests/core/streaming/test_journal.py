from __future__ import annotations

from pathlib import Path

import pytest

from napari_noise2same.core.io import journal_path
from napari_noise2same.core.streaming.journal import Journal

JOB = {"weights": "abc", "cells": [1, 2]}


def test_what_is_recorded_is_found_again(tmp_path: Path) -> None:
    Journal(tmp_path).begin(JOB)
    journal = Journal(tmp_path)
    for cell in (3, 0, 12):
        journal.record(cell)
    found = Journal(tmp_path)
    assert (found.job, found.done) == (JOB, {0, 3, 12})
    journal.close()


def test_a_line_that_was_torn_does_not_count(tmp_path: Path) -> None:
    Journal(tmp_path).begin(JOB)
    with journal_path(tmp_path).open("ab") as file:
        file.write(b"3\n12345")
    journal = Journal(tmp_path)
    assert journal.done == {3}
    journal.record(7)
    journal.close()
    assert Journal(tmp_path).done == {3, 7}


def test_a_line_that_is_no_cell_does_not_count(tmp_path: Path) -> None:
    Journal(tmp_path).begin(JOB)
    with journal_path(tmp_path).open("ab") as file:
        file.write(b"3\n\0\0 12\n4\n")
    assert Journal(tmp_path).done == {3, 4}


def test_a_torn_first_line_is_no_job(tmp_path: Path) -> None:
    journal_path(tmp_path).write_bytes(b'{"weights": "a')
    assert Journal(tmp_path).job is None


def test_without_a_file_there_is_no_job(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "nowhere")
    assert (journal.job, journal.done) == (None, set())


def test_a_journal_is_never_begun_twice(tmp_path: Path) -> None:
    Journal(tmp_path).begin(JOB)
    with pytest.raises(FileExistsError):
        Journal(tmp_path).begin(JOB)


def test_a_finished_result_has_none(tmp_path: Path) -> None:
    Journal(tmp_path).begin(JOB)
    journal = Journal(tmp_path)
    journal.record(1)
    journal.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", [b"\0\0\0\n", b"\xff{\n", b'{"weights":\n'])
def test_a_first_line_that_was_torn_names_no_job(tmp_path: Path, line: bytes) -> None:
    journal_path(tmp_path).write_bytes(line + b"3\n")
    assert Journal(tmp_path).job is None
