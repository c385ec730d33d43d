"""Work in a thread: events arrive in the GUI thread, in order, and it ends when it should."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator

from pytestqt.qtbot import QtBot
from qtpy.QtCore import QTimer

from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.errors import StoppedError

Stop = Callable[[], bool]


def is_silent(worker: Worker) -> bool:
    """Whether nothing of it is ever heard again: its timer is what looks for news."""
    return not any(timer.isActive() for timer in worker.findChildren(QTimer))


def test_events_arrive_in_order_in_the_gui_thread(qtbot: QtBot) -> None:
    threads: list[threading.Thread] = []
    seen: list[int] = []

    def work(_stop: Stop) -> Iterator[int]:
        threads.append(threading.current_thread())
        yield from range(500)

    worker = Worker(work)
    worker.events.connect(seen.extend)
    worker.events.connect(lambda _: threads.append(threading.current_thread()))
    with qtbot.waitSignal(worker.finished):
        pass
    assert seen == list(range(500))
    assert threads[0] is not threading.main_thread()
    assert set(threads[1:]) == {threading.main_thread()}
    assert not worker.is_running


def test_stop_ends_the_work_and_its_last_event_still_comes(qtbot: QtBot) -> None:
    seen: list[str] = []

    def work(stop: Stop) -> Iterator[str]:
        while not stop():
            yield "step"
        yield "best model"

    worker = Worker(work)
    worker.events.connect(seen.extend)
    with qtbot.waitSignal(worker.events):
        pass
    with qtbot.waitSignal(worker.finished):
        worker.stop()
    assert seen[0] == "step"
    assert seen[-1] == "best model"


def test_a_paused_worker_waits_and_goes_on(qtbot: QtBot, waiting: threading.Event) -> None:
    counts: list[int] = []

    def work(stop: Stop) -> Iterator[int]:
        while not stop():
            counts.append(len(counts))
            yield counts[-1]

    worker = Worker(work)
    with qtbot.waitSignal(worker.events):
        pass
    worker.pause()
    paused, done = waiting.wait(20), len(counts)
    worker.resume()
    qtbot.waitUntil(lambda: len(counts) > done)
    worker.close()
    assert paused


def test_an_error_of_any_kind_is_reported_once(qtbot: QtBot) -> None:
    errors: list[Exception] = []
    ends: list[bool] = []

    def work(_stop: Stop) -> Iterator[int]:
        yield 1
        raise RuntimeError("out of memory")

    worker = Worker(work)
    worker.failed.connect(errors.append)
    worker.finished.connect(lambda: ends.append(True))
    with qtbot.waitSignal(worker.finished):
        pass
    assert [str(error) for error in errors] == ["out of memory"]
    assert ends == [True]


def test_work_that_says_it_was_stopped_has_not_failed(qtbot: QtBot) -> None:
    seen: list[object] = []

    def work(_stop: Stop) -> Iterator[int]:
        yield 1
        raise StoppedError("Stopped.")

    worker = Worker(work)
    worker.events.connect(seen.extend)
    worker.failed.connect(seen.append)
    with qtbot.waitSignal(worker.finished):
        pass
    assert seen == [1]


def test_close_ends_a_paused_worker_without_another_word(qtbot: QtBot) -> None:
    words: list[object] = []

    def work(stop: Stop) -> Iterator[int]:
        while not stop():
            yield 1

    worker = Worker(work)
    with qtbot.waitSignal(worker.events):
        pass
    worker.pause()
    worker.events.connect(words.append)
    worker.finished.connect(lambda: words.append("finished"))
    worker.close()
    assert not worker.is_running
    assert is_silent(worker)
    assert words == []


def test_whoever_shows_the_last_events_may_end_the_worker(qtbot: QtBot) -> None:
    words: list[object] = []

    def work(_stop: Stop) -> Iterator[int]:
        yield 1
        raise RuntimeError("out of memory")

    worker = Worker(work)
    worker.events.connect(lambda _events: worker.leave())
    worker.failed.connect(words.append)
    worker.finished.connect(lambda: words.append("finished"))
    # The first look sees all there is, and the end of the thread.
    worker._future.exception(20)
    qtbot.waitUntil(lambda: is_silent(worker))
    assert words == []


def test_leave_waits_for_nothing_and_the_work_ends_without_another_word(qtbot: QtBot) -> None:
    words: list[object] = []
    begun, gate = threading.Event(), threading.Event()

    def work(stop: Stop) -> Iterator[int]:
        while not stop():
            begun.set()
            gate.wait()
            yield 1

    worker = Worker(work)
    worker.events.connect(words.append)
    worker.finished.connect(lambda: words.append("finished"))
    assert begun.wait(20)
    worker.leave()
    assert worker.is_running
    assert is_silent(worker)
    gate.set()
    qtbot.waitUntil(lambda: not worker.is_running)
    assert words == []


def test_thread_that_was_left_keeps_no_worker(qtbot: QtBot) -> None:
    begun, gate = threading.Event(), threading.Event()

    def work(_stop: Stop) -> Iterator[int]:
        begun.set()
        gate.wait()
        yield 1

    worker = Worker(work)
    assert begun.wait(20)
    worker.leave()
    left, future = weakref.ref(worker), worker._future
    del worker
    gc.collect()

    assert left() is None
    gate.set()
    qtbot.waitUntil(future.done)
