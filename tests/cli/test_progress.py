from __future__ import annotations

import pytest

from napari_noise2same.cli.progress import open_progress


def test_lines_elsewhere_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    with open_progress("Training") as progress:
        progress.note("begins")
        for step in range(1, 1001):
            progress.update(step / 1000, 1000 - step, f"loss {step}")
    captured = capsys.readouterr()
    lines = captured.err.splitlines()

    assert captured.out == ""
    assert lines[0] == "begins"
    assert len(lines) == 21
    assert lines[-1] == "Training 100%  loss 1000  0:00:00 left"


def test_bar_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with open_progress("Training") as progress:
        progress.note("begins [red]")
        progress.update(0.5, 83, "loss 0.1")
    captured = capsys.readouterr()

    assert captured.out == ""
    assert "begins [red]" in captured.err
    assert "━" in captured.err
    assert "loss 0.1  0:01:23 left" in captured.err
