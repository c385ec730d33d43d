from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from napari_noise2same.cli.output import emit, note
from napari_noise2same.cli.progress import open_progress
from napari_noise2same.cli.ranks import is_first, is_one_of_several
from napari_noise2same.core import load_model

Run = Callable[..., Any]


@pytest.fixture
def rank(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Be one of the processes of torchrun."""

    def be(number: int) -> None:
        monkeypatch.setenv("TORCHELASTIC_RUN_ID", "test")
        monkeypatch.setenv("RANK", str(number))

    return be


def talk(capsys: pytest.CaptureFixture[str]) -> str:
    emit({}, "result", as_json=False)
    note("note")
    with open_progress("Training") as progress:
        progress.update(1.0, 0.0, "details")
        progress.note("more")
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_one_process_alone_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")  # other programs set it too
    assert is_first()
    assert not is_one_of_several()


def test_only_the_first_process_talks(
    rank: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    rank(0)
    assert talk(capsys).split("\n") == [
        "result",
        "note",
        "Training 100%  details  0:00:00 left",
        "more",
        "",
    ]
    rank(1)
    assert talk(capsys) == ""


def test_what_cannot_run_together_is_refused_by_every_process(
    rank: Callable[[int], None], run: Run, model: Path
) -> None:
    rank(1)
    outcome = run("info", model)
    assert outcome.code == 1
    assert "Expected the command train from torchrun, found info" in outcome.err


def test_torchrun_trains_one_model_on_two_processes(noisy: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "napari_noise2same", "train", str(noisy)]
    command += ["--model", str(path), "--steps", "2", "--device", "cpu", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["steps"] == 2
    assert done.stderr.count("2 steps of 8 patches") == 1
    assert len(load_model(path).history) == 2
    assert sorted(tmp_path.iterdir()) == sorted([noisy, path])
