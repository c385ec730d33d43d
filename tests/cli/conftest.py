from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tifffile

from napari_noise2same.cli import main


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """The last line of standard output; NaN and infinities are no JSON."""

        def refuse(name: str) -> None:
            raise ValueError(name)

        data: dict[str, Any] = json.loads(self.out.splitlines()[-1], parse_constant=refuse)
        return data


Run = Callable[..., Outcome]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line as a shell does."""

    def call(*arguments: object) -> Outcome:
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(int(leaving.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    """A small noisy picture in a file, brighter to the right."""
    path = tmp_path / "noisy.tif"
    rng = np.random.default_rng(0)
    clean = np.tile(np.linspace(50, 200, 32), (32, 1))
    tifffile.imwrite(path, rng.poisson(clean).astype(np.uint16))
    return path


@pytest.fixture
def model(run: Run, noisy: Path, tmp_path: Path) -> Path:
    """A model after two steps."""
    path = tmp_path / "model.safetensors"
    assert run("train", noisy, "--model", path, "--steps", 2, "--device", "cpu").code == 0
    return path
