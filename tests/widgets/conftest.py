"""A check after each test that no window, timer or thread is left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from qtpy.QtCore import QCoreApplication, QEvent, QTimer
from qtpy.QtWidgets import QApplication


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        pytest.skip("widgets need a display: run under xvfb-run")


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    """Fail a test after which a window, an active timer or a thread is still there."""
    before = {id(thing) for thing in threads_and_windows()}
    # What there is already can neither leak nor cost time when garbage is collected.
    gc.freeze()
    yield
    if not request.node.rep_call.failed:  # a traceback holds on to everything
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            qapp.processEvents()
            gc.collect()
        left = [thing for thing in threads_and_windows() if id(thing) not in before]
        left += active_timers()
        gc.unfreeze()
        assert not left, f"left behind: {left}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    setattr(item, f"rep_{report.when}", report)
    return report


def threads_and_windows() -> list[Any]:
    """All live threads and windows."""
    return [*threading.enumerate(), *QApplication.topLevelWidgets()]


def active_timers() -> list[Any]:
    """Active timers that are not frozen."""
    timers = [thing for thing in gc.get_objects() if issubclass(type(thing), QTimer)]
    return [timer for timer in timers if timer.isActive()]
