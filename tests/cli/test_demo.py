from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import napari_noise2same.demo
from napari_noise2same.core import TrainingConfig
from napari_noise2same.demo import DemoReport, run_demo
from napari_noise2same.samples import cells

Run = Callable[..., Any]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A line for each time that the demo would have opened napari; a display is there."""
    opened: list[str] = []
    module = sys.modules["napari_noise2same.cli.demo"]
    monkeypatch.setattr(module, "_in_window", lambda: opened.append("napari"))
    monkeypatch.setattr(napari_noise2same.demo, "window_obstacle", lambda: None)
    return opened


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo that takes a second."""
    quick = partial(run_demo, sample=cells(side=64), config=TrainingConfig(steps=2))
    monkeypatch.setattr(napari_noise2same.demo, "run_demo", quick)


@pytest.mark.usefixtures("small")
def test_without_a_window_files_are_written(run: Run, tmp_path: Path, windows: list[str]) -> None:
    outcome = run("demo", "--headless", "--output", tmp_path)

    assert outcome.code == 0
    assert not windows
    assert "Training 100%" in outcome.err
    assert "without a window" in outcome.err
    assert "dB before" in outcome.out
    for path in tmp_path.iterdir():
        assert str(path) in outcome.out


@pytest.mark.usefixtures("small")
def test_where_no_window_can_open_files_are_written_and_the_reason_is_told(
    run: Run, tmp_path: Path, windows: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(napari_noise2same.demo, "window_obstacle", lambda: "it is dark")
    outcome = run("demo", "--output", tmp_path)

    assert outcome.code == 0
    assert not windows
    assert "because it is dark" in outcome.err
    assert any(tmp_path.iterdir())


def test_where_a_window_can_open_napari_does(run: Run, tmp_path: Path, windows: list[str]) -> None:
    outcome = run("demo", "--output", tmp_path)

    assert outcome.code == 0
    assert windows == ["napari"]
    assert "napari" in outcome.err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("before", "within"),
    [(signal.default_int_handler, signal.SIG_DFL), (signal.SIG_IGN, signal.SIG_IGN)],
)
def test_a_window_that_is_told_to_end_does_not_wait_for_its_training(
    run: Run, monkeypatch: pytest.MonkeyPatch, before: Any, within: Any
) -> None:
    found: list[Any] = []
    window: Any = ModuleType("window")
    window.open_demo = lambda: found.append(signal.getsignal(signal.SIGTERM))
    monkeypatch.setitem(sys.modules, "napari_noise2same._napari.demo_window", window)
    monkeypatch.setattr(napari_noise2same.demo, "window_obstacle", lambda: None)
    outside = signal.signal(signal.SIGTERM, before)
    try:
        assert run("demo").code == 0
    finally:
        signal.signal(signal.SIGTERM, outside)
    assert found == [within]


def test_a_demo_that_was_stopped_is_not_done(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(output: Path, **_: Callable[..., object]) -> DemoReport:
        return DemoReport(20.0, 21.0, (output,), completed=False)

    monkeypatch.setattr(napari_noise2same.demo, "run_demo", stopped)

    assert run("demo", "--headless", "--output", tmp_path).code == 130


def test_the_command_line_loads_napari_for_a_window_alone() -> None:
    code = (
        "import sys, napari_noise2same.cli, napari_noise2same.demo as demo\n"
        "demo.window_obstacle()\n"
        "print({'napari', 'qtpy'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
