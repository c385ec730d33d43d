"""Ctrl-C as a wish to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

__all__ = ["INTERRUPTED", "stop_on_interrupt"]

# The exit code that shells use for Ctrl-C.
INTERRUPTED = 130


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Take the first Ctrl-C as a wish to stop; the second one ends the program at once.

    Yields
    ------
    callable
        Returns whether Ctrl-C was pressed.
    """
    wish = Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        wish.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield wish.is_set
    finally:
        signal.signal(signal.SIGINT, before)
