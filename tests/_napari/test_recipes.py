"""A run as text does the same run."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from napari_noise2same._napari.recipes import as_command, as_script
from napari_noise2same.cli import app
from napari_noise2same.core import (
    Finished,
    FixedLambda,
    MaskConfig,
    Preset,
    TrainingConfig,
    load_model,
    read_image,
    save_model,
    train,
)

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
    command = as_command(["a.tif"], "YX", TrainingConfig())
    for option in ("--settings", "--preset", "--start"):
        assert option not in command
    assert "start" not in as_script(["a.tif"], "YX", TrainingConfig())


def test_preset_and_start_are_options() -> None:
    command = as_command(["a.tif"], "YX", Preset.QUICK.config(start="scratch"))
    assert command.endswith("--start scratch --preset quick")


def test_time_as_the_third_axis_is_an_option() -> None:
    command = as_command(["a.tif"], "TYX", TrainingConfig(depth_axis="T"))
    assert command.endswith("--axes TYX --depth-axis T")


def test_both_start_from_a_model(path: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    image = read_image(path)
    *_, first = train([image], CONFIG.model_copy(update={"start": "scratch"}))
    assert isinstance(first, Finished)
    save_model(first.model, "my model.safetensors")
    instant = Preset.INSTANT.config()
    exec(compile(ast.parse(as_script([str(path)], "YX", instant, "my model")), "", "exec"), {})
    scripted = load_model("model.safetensors")
    Path("model.safetensors").unlink()
    words = shlex.split(as_command([str(path)], "YX", instant, "my model"))
    result = CliRunner().invoke(app, words[1:])
    assert result.exit_code == 0, result.output
    for model in (scripted, load_model("model.safetensors")):
        assert model.start == "model"
        assert model.network == first.model.network
        assert len(model.history) == 0
