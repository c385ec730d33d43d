"""The record of the cells that are done, from which a job that was ended goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from napari_noise2same.core.io import journal_path

__all__ = ["Journal"]


class Journal:
    """A file whose first line names the job; every further line is a finished cell.

    Parameters
    ----------
    folder : Path
        Folder of the result.

    Attributes
    ----------
    job : mapping or None
        The job that has begun the journal; None where there is none, or it is not known.
    done : set of int
        The cells that are done.
    """

    def __init__(self, folder: Path) -> None:
        self._path = journal_path(folder)
        self._file: BinaryIO | None = None
        content = self._path.read_bytes() if self._path.is_file() else b""
        # The process may have been ended in the middle of its last line.
        self._length = content.rfind(b"\n") + 1
        lines = content[: self._length].splitlines()
        self.job = _read_job(lines[0]) if lines else None
        self.done = {int(line) for line in lines[1:] if line.isdigit()}

    def begin(self, job: Mapping[str, Any]) -> None:
        """Begin the journal of a new job.

        Parameters
        ----------
        job : mapping
            What the job depends on, as data for JSON.
        """
        with self._path.open("xb") as file:
            _append(file, json.dumps(job))

    def record(self, cell: int) -> None:
        """Note that a cell is done, so that it stays noted whatever happens to this process.

        Parameters
        ----------
        cell : int
            Which cell.
        """
        if self._file is None:
            self._file = self._path.open("r+b")
            # Of a torn line nothing needs to go: what is left of it behind others has no end.
            self._file.seek(self._length)
        _append(self._file, str(cell))
        self.done.add(cell)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Remove the file: the result is finished."""
        self.close()
        self._path.unlink()


def _read_job(line: bytes) -> Mapping[str, Any] | None:
    """Read what names the job; what a power cut has left of it names none."""
    try:
        job: Mapping[str, Any] = json.loads(line)
    except ValueError:
        return None
    return job


def _append(file: BinaryIO, line: str) -> None:
    """Write a line, through to the disk."""
    file.write(line.encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())
