"""Denoising files in a terminal: progress, Ctrl-C to stop, and what became of each."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from napari_noise2same.cli.interrupt import stop_on_interrupt
from napari_noise2same.cli.output import note
from napari_noise2same.cli.progress import Progress, open_progress
from napari_noise2same.core.batch import (
    BatchDenoiser,
    BatchEvent,
    BatchProgress,
    FileDone,
    FileFailed,
    FileSkipped,
    FileStarted,
    ImageOpened,
    Job,
)
from napari_noise2same.core.denoising import DenoiseFinished, DenoiseStarted, TileDone

__all__ = ["BatchReport", "Run", "run_batch"]


class Run(NamedTuple):
    """One denoised image, without its pixels."""

    pixels: int
    seconds: float
    tile: tuple[int, ...]
    device: str


@dataclass
class BatchReport:
    """What became of each file, and what denoising them took.

    Attributes
    ----------
    skipped, done : list of Job
        Files with a result from before, and from this run.
    failed : list of FileFailed
        Files without a result.
    runs : list of Run
        What each result took.
    interrupted : bool
        Whether Ctrl-C has ended it.
    """

    skipped: list[Job]
    done: list[Job] = field(default_factory=list)
    failed: list[FileFailed] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    interrupted: bool = False
    # Pixels of the image under way, and what an earlier run has not left done of them.
    _pixels: int = 0
    _left: float = 1.0

    def add(self, event: BatchEvent) -> None:
        """Note down what an event says of a file."""
        match event:
            case ImageOpened():
                self._pixels = math.prod(event.image.data.shape)
            case DenoiseStarted():
                self._left = 1 - event.done / event.total
            case DenoiseFinished():
                pixels = round(self._left * self._pixels)
                self.runs.append(Run(pixels, event.seconds, event.tile, event.device))
            case FileSkipped():
                self.skipped.append(event.job)
            case FileFailed():
                self.failed.append(event)
            case FileDone():
                self.done.append(event.job)

    def results(self) -> dict[str, Any]:
        """Return data for programs; the tile is the largest."""
        seconds = sum(run.seconds for run in self.runs)
        megapixels = sum(run.pixels for run in self.runs) / 1e6
        return {
            "seconds": seconds,
            "megapixels_per_second": megapixels / seconds if self.runs else math.nan,
            "tile": max((run.tile for run in self.runs), key=math.prod, default=None),
            "device": self.runs[0].device if self.runs else None,
            "done": [str(job.target) for job in self.done],
            "skipped": [str(job.target) for job in self.skipped],
            "failed": [
                {"image": str(failure.job.source), "reason": failure.reason}
                for failure in self.failed
            ],
        }

    def tell_problems(self) -> None:
        """Say which files have no result, and why."""
        total = len(self.done) + len(self.skipped) + len(self.failed)
        if total == 1 and self.failed:
            note(f"Error: {self.failed[0].reason}")
        elif self.failed:
            lines = (f"{failure.job.source}: {failure.reason}" for failure in self.failed)
            note("\n".join([f"Error: {len(self.failed)} of {total} images failed.", *lines]))
        if self.interrupted:
            note("Stopped: the same command goes on with the files that are left.")


def run_batch(batch: BatchDenoiser, report: BatchReport) -> None:
    """Denoise until all is done or Ctrl-C is pressed.

    Parameters
    ----------
    batch : BatchDenoiser
        The job.
    report : BatchReport
        Gets what becomes of each file.
    """
    with stop_on_interrupt() as stop, open_progress("Denoising") as progress:
        screen = _Screen(progress, len(batch.jobs))
        for event in batch.events(stop):
            report.add(event)
            screen.show(event)
        report.interrupted = screen.files.over < len(batch.jobs)


class _Screen:
    """Shows the progress of all files together.

    Attributes
    ----------
    files : BatchProgress
        How far they are.
    """

    def __init__(self, progress: Progress, total: int) -> None:
        self.files = BatchProgress([False] * total)
        self._progress = progress
        self._name = ""
        self._begun = time.perf_counter()

    def show(self, event: BatchEvent) -> None:
        """Tell what an event tells."""
        self.files.take(event)
        match event:
            case FileStarted():
                self._name = event.job.name
            case DenoiseStarted():
                self._progress.note(f"{self._name}: {_tiles(event)} on {event.device}.")
            case TileDone():
                remaining = self.files.remaining(time.perf_counter() - self._begun)
                assert remaining is not None
                self._progress.update(self.files.fraction, remaining, self._name)
            case FileFailed():
                self._progress.note(f"{self._name}: failed.")


def _tiles(start: DenoiseStarted[Any]) -> str:
    """Say into what an image is cut, and how much of it an earlier run has left done."""
    size = " × ".join(map(str, start.tile))
    number = "one tile" if start.total == 1 else f"{start.total} tiles"
    before = f", {start.done} of them done before," if start.done else ""
    return f"{number} of {size} pixels{before}"
