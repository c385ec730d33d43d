"""Ctrl-C, and being told to end in other ways, as a wish to stop."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from types import FrameType

__all__ = ["INTERRUPTED", "stop_on_interrupt"]

# The exit code that shells use for Ctrl-C.
INTERRUPTED = 130
# Of a terminal that is closed; Windows has none.
_HANGUP = getattr(signal, "SIGHUP", None)
# SIGTERM comes from a cluster at the end of its time, or a machine that is shut down.
_SIGNALS = [signal.SIGINT, signal.SIGTERM, *([] if _HANGUP is None else [_HANGUP])]


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Take the first Ctrl-C as a wish to stop; the second one ends the program at once.

    SIGTERM and SIGHUP are such a wish too, however often they come: shells and clusters repeat
    them. Those that are ignored stay so, as `nohup` asks for.

    Yields
    ------
    callable
        Returns whether there is such a wish.
    """
    wish = Event()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heeded = [number for number in _SIGNALS if before[number] != signal.SIG_IGN]
    terminals = [stream for stream in (1, 2) if os.isatty(stream)]

    def stop(number: int, _frame: FrameType | None) -> None:
        if number == _HANGUP:
            _silence(terminals)
        signal.signal(signal.SIGINT, before[signal.SIGINT])
        wish.set()

    for number in heeded:
        signal.signal(number, stop)
    try:
        yield wish.is_set
    finally:
        for number in heeded:
            signal.signal(number, before[number])


def _silence(streams: Sequence[int]) -> None:
    """Write into nothing: a terminal that is gone refuses, which would end the program."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        os.dup2(nothing, stream)
    os.close(nothing)
