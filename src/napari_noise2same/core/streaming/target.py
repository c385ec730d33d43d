"""The Zarr folder that a job fills, cell by cell."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from napari_noise2same.core.errors import FileError, TakenError
from napari_noise2same.core.io import (
    Image,
    Limits,
    channel_limits,
    create_pyramid,
    is_unfinished,
    is_zarr,
    journal_path,
    open_pyramid,
    pyramid_bytes,
    replacing,
)
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.sizes import format_bytes
from napari_noise2same.core.streaming.journal import Journal
from napari_noise2same.core.streaming.plan import CellPlan

__all__ = ["CellWriter", "Target"]

# Denoised pixels are displayed between these multiples of the image's standard deviation.
_SHOWN = (-2.0, 5.0)


class CellWriter:
    """Writes cells into the finest level, as any process may that reaches the folder.

    Parameters
    ----------
    path : Path
        Folder of the result.
    plan : CellPlan
        The cells.
    """

    def __init__(self, path: Path, plan: CellPlan) -> None:
        self._path, self._plan = path, plan
        self.pyramid = open_pyramid(path)
        self._view = plan.result_view(self.pyramid.levels[0])

    def write(self, index: int, values: NDArray[Any]) -> None:
        """Write a cell.

        Parameters
        ----------
        index : int
            Which cell.
        values : ndarray, shape (channels, [Z,] Y, X)
            Its pixels.
        """
        sample, tile = self._plan.position(index)
        with _writing(self._path):
            self._view.assign(sample, tile.write, values)


class Target:
    """The folder of a result: new, unfinished or in the way.

    Parameters
    ----------
    path : Path
        The folder.
    plan : CellPlan
        The cells.
    job : mapping
        What the job depends on.
    overwrite : bool
        Whether another result may be replaced.

    Attributes
    ----------
    done : frozenset of int
        The cells that an earlier run has left done.

    Raises
    ------
    FileError
        If something is in the way, or the disk too full.
    """

    def __init__(
        self, path: Path, plan: CellPlan, job: Mapping[str, Any], *, overwrite: bool
    ) -> None:
        self.path, self._plan, self._job = path, plan, job
        self._journal = Journal(path)
        self._resumes, self._overwrite = self._journal.job == job, overwrite
        if not self._resumes:
            _check_free(path, overwrite=overwrite)
        self.done = frozenset(self._journal.done if self._resumes else ())
        _check_space(path, plan, 1 - len(self.done) / len(plan))

    @contextmanager
    def opened(
        self, image: Image, domains: Sequence[Domain], description: Mapping[str, str]
    ) -> Iterator[None]:
        """Create the folder where it is not there, and open it for writing.

        Parameters
        ----------
        image : Image
            The image whose description is kept.
        domains : sequence of Domain
            The domain of each channel of the image.
        description : mapping of str to str
            How the pixels are made.

        Yields
        ------
        None
            Once.

        Raises
        ------
        FileError
            If the disk refuses, or another process is at work on the folder.
        """
        with ExitStack() as locked:
            # The lock in the folder would be swapped away with it.
            with _writing(self.path), _locked(_lock_beside(self.path), self.path):
                # Another process may have begun, or ended, in the meantime.
                if Journal(self.path).job != self._job:
                    _check_free(self.path, overwrite=self._overwrite and not self._resumes)
                    self._create(image, domains, description)
                locked.enter_context(_locked(_lock_within(self.path), self.path))
            self._journal = Journal(self.path)
            try:
                with _writing(self.path):
                    self._remove_leftovers()
                    self.writer = CellWriter(self.path, self._plan)
                yield
            finally:
                self._journal.close()

    def finish(self, index: int) -> None:
        """Renew the coarser levels where a cell has been written, and record it as done.

        Parameters
        ----------
        index : int
            Which cell.
        """
        with _writing(self.path):
            self.writer.pyramid.update(self._plan.result_region(index))
            self._journal.record(index)

    def complete(self) -> bool:
        """Remove the journal of a result that is finished.

        Returns
        -------
        bool
            Whether it is.
        """
        finished = len(self._journal.done) == len(self._plan)
        if finished:
            with _writing(self.path):
                self._journal.remove()
        return finished

    def _remove_leftovers(self) -> None:
        """Remove what a process that was killed was writing."""
        for leftover in self.path.rglob("*.partial"):
            leftover.unlink()

    def _create(
        self, image: Image, domains: Sequence[Domain], description: Mapping[str, str]
    ) -> None:
        """Put a result of zeros and its journal in place in one step."""
        limits = [
            known or _estimated_limits(domain, self._plan.dtype)
            for known, domain in zip(channel_limits(image), domains, strict=True)
        ]
        if is_zarr(self.path):
            with _locked(_lock_within(self.path), self.path):
                pass
        with replacing(self.path) as temporary:
            create_pyramid(
                temporary,
                self._plan.result_shape,
                self._plan.dtype,
                image,
                description,
                chunks=self._plan.result_chunks,
                limits=limits,
            )
            Journal(temporary).begin(self._job)


def _lock_within(path: Path) -> Path:
    """Return the file that is locked as long as a result is being made."""
    return journal_path(path).with_suffix(".lock")


def _lock_beside(path: Path) -> Path:
    """Return the file that is locked while a result is put in place."""
    path = Path(os.path.realpath(path))
    return path.with_name(f".{path.name[-60:]}.lock")


@contextmanager
def _locked(file: Path, path: Path) -> Iterator[None]:
    """Keep other processes from a folder; the lock of one that was killed is none."""
    lock = FileLock(file, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise FileError(
            f"Expected a result that nobody else is making, found one that is being made at "
            f"{path}: wait for it, or choose another name."
        ) from error
    try:
        yield
    finally:
        lock.release()
        if file.parent != path or not is_unfinished(path):
            file.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say what it means that a disk refuses."""
    try:
        yield
    except FileError:
        raise
    except OSError as error:
        raise FileError(
            f"{path} cannot be written ({error.strerror or error}): check the permissions and the "
            "free space; the same job goes on where it was."
        ) from error


def _check_free(path: Path, *, overwrite: bool) -> None:
    """Refuse a place where something would be lost."""
    if not path.exists():
        if not path.parent.is_dir():
            raise FileError(
                f"Expected a folder to write into, found none at {path.parent}: create it."
            )
        return
    if not is_zarr(path):
        raise TakenError(
            f"Expected the name of a new Zarr folder, found something else at {path}: "
            "choose another name."
        )
    if not overwrite:
        unfinished = is_unfinished(path)
        what = "an unfinished result of another job" if unfinished else "a result"
        as_it_is = "" if unfinished else "take it as it is if it is that of this job, "
        raise TakenError(
            f"Expected the name of a new Zarr folder, found {what} at {path}: {as_it_is}choose "
            "another name, or ask to overwrite it."
        )


def _check_space(path: Path, plan: CellPlan, share: float) -> None:
    """Refuse a disk that would be full before the end."""
    needed = share * pyramid_bytes(plan.result_shape, plan.result_layout.axes, plan.dtype)
    free = shutil.disk_usage(path.absolute().parent).free
    if needed > free:
        raise FileError(
            f"Expected {format_bytes(needed)} of free space for {path}, found "
            f"{format_bytes(free)}: free some, or choose another disk."
        )


def _estimated_limits(domain: Domain, dtype: np.dtype[Any]) -> Limits:
    """Return what most pixels lie between by what the domain knows about the image."""
    low, high = domain.inverse(np.array(_SHOWN, np.float32))
    if dtype.kind not in "iu":
        return float(low), float(high)
    limits = np.iinfo(dtype)
    return float(max(low, limits.min)), float(min(high, limits.max))
