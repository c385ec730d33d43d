"""Work in a thread of its own, told about in the GUI thread.

The thread never touches Qt: it appends events to a queue, which a timer of the GUI thread drains
ten times a second. So updates are throttled by construction, nothing reaches a widget that is
gone, and the thread is never kept waiting by the GUI.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal

from napari_noise2same._napari.half_loaded import keep_3d_view_apart
from napari_noise2same._napari.llvm import keep_llvm_apart
from napari_noise2same.core.errors import StoppedError

__all__ = ["Worker"]

# Milliseconds between two looks into the queue.
_INTERVAL = 100

Stop = Callable[[], bool]


class Worker(QObject):
    """Runs an iterator of events in a thread.

    Parameters
    ----------
    work : callable
        Called in the thread with a function that says whether to stop; returns the iterator.

    Attributes
    ----------
    events : Signal(list)
        Events that came in since the last time, in order.
    failed : Signal(object)
        The exception that ended the work, unless it is a `StoppedError`.
    finished : Signal()
        The work is over, done or stopped.
    """

    events = Signal(list)
    failed = Signal(object)
    finished = Signal()

    def __init__(self, work: Callable[[Stop], Iterator[Any]]) -> None:
        super().__init__()
        self._queue: deque[Any] = deque()
        self._stop = threading.Event()
        self._going = threading.Event()
        self._going.set()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="noise2same")
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL)
        self._timer.timeout.connect(self._drain)
        self._timer.start()
        # The future holds whatever the work raises, until the GUI thread asks.
        self._future = self._executor.submit(
            _run, work, self._queue, self._stop.is_set, self._going.wait
        )
        self._executor.shutdown(wait=False)

    @property
    def is_running(self) -> bool:
        """Whether the thread is still at work."""
        return not self._future.done()

    @property
    def has_failed(self) -> bool:
        """Whether the work is over, and an exception has ended it."""
        return self._future.done() and self._future.exception() is not None

    def pause(self) -> None:
        """Wait after the event under way."""
        self._going.clear()

    def resume(self) -> None:
        """Go on after a pause."""
        self._going.set()

    def stop(self) -> None:
        """Ask the work to end; its last events still come."""
        self._stop.set()
        self._going.set()

    def close(self) -> None:
        """End the work without another word, and wait for the thread.

        For work that writes files. Waits for at most the step, layer of the network or read of
        pixels under way.
        """
        self.leave()
        self._future.exception()

    def leave(self) -> None:
        """End the work without another word, and wait for nothing.

        The thread ends by itself after the step, layer of the network or read of pixels under
        way, and then lets go of the work: this must hold no Qt object, which would die with it.
        """
        self.stop()
        self._timer.stop()

    def _drain(self) -> None:
        """Pass on what has come in, and the end."""
        over = self._future.done()
        batch = [self._queue.popleft() for _ in range(len(self._queue))]
        if batch:
            self.events.emit(batch)
        # Showing them may have run the event loop, and in it the end of this worker.
        if not over or not self._timer.isActive():
            return
        self._timer.stop()
        error = self._future.exception()
        if error is not None:
            self.failed.emit(error)
        self.finished.emit()


def _run(
    work: Callable[[Stop], Iterator[Any]],
    queue: deque[Any],
    stop: Stop,
    wait: Callable[[], object],
) -> None:
    """Fill the queue: all that the thread does, knowing no Qt object that may be gone by then."""
    # Whatever the work is, it may be the first that loads torch.
    keep_llvm_apart()
    keep_3d_view_apart()
    with suppress(StoppedError):
        for event in work(stop):
            queue.append(event)
            wait()
