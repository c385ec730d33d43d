"""A run as text does the same run."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from napari_noise2same._napari.recipes import as_command, as_script
from napari_noise2same.cli import app
from napari_noise2same.core import FixedLambda, MaskConfig, TrainingConfig, load_model

CONFIG = TrainingConfig(
    steps=2,
    batch=1,
    patch=(16, 16),
    lambda_inv=FixedLambda(value=1.5),
    mask=MaskConfig(percentage=5),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    noisy = tmp_path / "a noisy image.tif"
    tifffile.imwrite(noisy, np.random.default_rng(0).poisson(30, (40, 40)).astype(np.uint16))
    return noisy


def test_the_script_trains_with_the_same_settings(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script = as_script([str(path)], "YX", CONFIG)
    exec(compile(ast.parse(script), "script", "exec"), {})
    assert TrainingConfig.model_validate(load_model("model.safetensors").settings) == CONFIG
    assert tifffile.imread(f"{path}.n2s.tif").shape == (40, 40)


def test_the_command_trains_with_the_same_settings(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(as_command([str(path)], "YX", CONFIG))
    assert program == "napari-noise2same"
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert TrainingConfig.model_validate(load_model("model.safetensors").settings) == CONFIG


def test_defaults_are_left_out() -> None:
    assert "--settings" not in as_command(["a.tif"], "YX", TrainingConfig())
