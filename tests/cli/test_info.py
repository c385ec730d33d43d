from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_noise2same.core import load_model

Run = Callable[..., Any]


def test_facts(run: Run, model: Path) -> None:
    facts, expected = run("info", model, "--json").json(), load_model(model)

    assert facts["network"]["kind"] == "unet"
    assert facts["parameters"] == sum(w.numel() for w in expected.weights.values())
    assert facts["axes"] == "YX"
    assert facts["start"] == "pretrained"
    assert facts["steps"] == 2
    assert facts["loss"] == expected.history.last()["loss"]
    assert facts["domains"] == [expected.domains[0].to_dict()]
    assert facts["noise"] == "model"
    assert facts["seed"] == 0
    assert facts["resumable"] is True
    assert "torch" in facts["versions"]
    assert facts["settings"]["steps"] == 2


def test_text(run: Run, model: Path) -> None:
    lines = run("info", model).out.splitlines()

    assert "axes: YX" in lines
    assert "domains 0:" in lines
    assert "start: pretrained" in lines
    assert "  percentage: 3" in {line[2:] for line in lines}


def test_another_file(run: Run, noisy: Path) -> None:
    assert run("info", noisy).code == 1
