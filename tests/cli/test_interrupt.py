from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from napari_noise2same.cli.interrupt import stop_on_interrupt

# A cluster, and a terminal that is closed.
OTHERS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def test_first_ctrl_c_is_a_wish() -> None:
    with stop_on_interrupt() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()


def test_second_ctrl_c_interrupts() -> None:
    with stop_on_interrupt():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_ctrl_c_is_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stop_on_interrupt():
        assert signal.getsignal(signal.SIGINT) is not before

    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("number", OTHERS)
def test_being_told_to_end_is_a_wish_however_often(number: int) -> None:
    before = signal.getsignal(number)
    with stop_on_interrupt() as stop:
        assert not stop()
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", OTHERS)
def test_what_is_ignored_stays_ignored(number: int) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with stop_on_interrupt() as stop:
            signal.raise_signal(number)
            assert not stop()
    finally:
        signal.signal(number, before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells nobody of a closed terminal")
def test_a_terminal_that_is_closed_stops_nothing_by_refusing_output() -> None:
    code = (
        "from napari_noise2same.cli.interrupt import stop_on_interrupt\n"
        "with stop_on_interrupt() as stop:\n"
        "    print('ready', flush=True)\n"
        "    while not stop(): pass\n"
        "    print('stopped', flush=True)\n"
        "raise SystemExit(7)\n"
    )
    ours, theirs = os.openpty()
    # The first terminal that the leader of a session opens is its own.
    command = f"import os; os.open({os.ttyname(theirs)!r}, os.O_RDWR)\n{code}"
    child = subprocess.Popen(
        [sys.executable, "-c", command], stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    assert b"ready" in os.read(ours, 1000)
    os.close(ours)
    assert child.wait() == 7
