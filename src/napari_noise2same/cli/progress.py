"""Progress on standard error: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as RichProgress

from napari_noise2same.cli.ranks import is_first

__all__ = ["Progress", "open_progress"]

# A file that collects the lines of a run is not to be flooded by them.
_LINES = 20


class Progress(Protocol):
    """How far a job has come."""

    def update(self, share: float, remaining: float, details: str = "") -> None:
        """Show the share that is done, the seconds to go and some numbers."""

    def note(self, text: str) -> None:
        """Show a line of text."""


@contextmanager
def open_progress(title: str) -> Iterator[Progress]:
    """Show the progress of a job.

    Parameters
    ----------
    title : str
        What is being done.

    Yields
    ------
    Progress
        Where to report to.
    """
    if not is_first():
        yield _Silence()
        return
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    if not console.is_terminal:
        yield _Lines(title, console)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[details]}", markup=False),
    )
    with RichProgress(*columns, console=console) as bars:
        yield _Bar(title, bars)


class _Silence:
    def update(self, share: float, remaining: float, details: str = "") -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""


class _Bar:
    def __init__(self, title: str, bars: RichProgress) -> None:
        self._bars = bars
        self._task = bars.add_task(title, total=1.0, details="")

    def update(self, share: float, remaining: float, details: str = "") -> None:
        self._bars.update(self._task, completed=share, details=_tail(remaining, details))

    def note(self, text: str) -> None:
        self._bars.console.print(text)


class _Lines:
    def __init__(self, title: str, console: Console) -> None:
        self._title = title
        self._console = console
        self._shown = 0

    def update(self, share: float, remaining: float, details: str = "") -> None:
        if int(share * _LINES) > self._shown:
            self._shown = int(share * _LINES)
            self.note(f"{self._title} {share:4.0%}  {_tail(remaining, details)}")

    def note(self, text: str) -> None:
        self._console.print(text)


def _tail(remaining: float, details: str) -> str:
    """Put the time to go behind the numbers."""
    left = f"{timedelta(seconds=round(remaining))} left"
    return f"{details}  {left}" if details else left
