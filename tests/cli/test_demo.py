from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import napari_noise2same.demo
from napari_noise2same.core import TrainingConfig
from napari_noise2same.demo import DemoReport, run_demo
from napari_noise2same.samples import cells

Run = Callable[..., Any]


def test_demo(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = partial(run_demo, sample=cells(side=64), config=TrainingConfig(steps=2))
    monkeypatch.setattr(napari_noise2same.demo, "run_demo", small)
    outcome = run("demo", "--output", tmp_path)

    assert outcome.code == 0
    assert "Training 100%" in outcome.err
    assert "dB before" in outcome.out
    for path in tmp_path.iterdir():
        assert str(path) in outcome.out


def test_a_demo_that_was_stopped_is_not_done(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(output: Path, **_: Callable[..., object]) -> DemoReport:
        return DemoReport(20.0, 21.0, (output,), completed=False)

    monkeypatch.setattr(napari_noise2same.demo, "run_demo", stopped)

    assert run("demo", "--output", tmp_path).code == 130
