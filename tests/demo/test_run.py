from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_noise2same.core import (
    Finished,
    Started,
    TrainingConfig,
    Validated,
    load_model,
    psnr,
    read_image,
)
from napari_noise2same.core.errors import FileError, MissingDependencyError
from napari_noise2same.demo import DemoReport, figures, run_demo
from napari_noise2same.samples import Sample, cells

FILES = (
    "noisy.tif",
    "denoised.tif",
    "clean.tif",
    "model.safetensors",
    "comparison.png",
    "training.png",
)


@pytest.fixture(scope="module")
def sample() -> Sample:
    return cells(side=80)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "output"


@pytest.fixture(scope="module")
def report(sample: Sample, folder: Path) -> DemoReport:
    return run_demo(
        folder, sample=sample, config=TrainingConfig(steps=60, patch=(32, 32), device="cpu")
    )


def test_denoising_helps(report: DemoReport) -> None:
    assert report.psnr_denoised > report.psnr_noisy + 3


def test_writes_all_files(report: DemoReport, folder: Path) -> None:
    assert report.files == tuple(folder / name for name in FILES)
    for path in report.files[-2:]:
        assert path.read_bytes().startswith(b"\x89PNG")
    assert len(load_model(folder / "model.safetensors").history) == 60


def test_scores_are_those_of_the_files(report: DemoReport, folder: Path, sample: Sample) -> None:
    clean = np.asarray(read_image(folder / "clean.tif").data)
    for name, score in (("noisy", report.psnr_noisy), ("denoised", report.psnr_denoised)):
        image = read_image(folder / f"{name}.tif")
        assert psnr(np.asarray(image.data), clean) == pytest.approx(score)
        assert image.spacing["X"] == pytest.approx(sample.spacing["X"])


def test_passes_events_on_and_can_be_stopped(sample: Sample, tmp_path: Path) -> None:
    events: list[object] = []
    report = run_demo(tmp_path, sample=sample, watch=events.append, stop=lambda: True)

    assert [type(event) for event in events] == [Started, Validated, Finished]
    assert not report.completed


def test_says_what_to_install(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "find_spec", lambda _: None)
    folder = tmp_path / "output"

    with pytest.raises(MissingDependencyError, match=r'pip install "napari-noise2same\[demo\]"'):
        run_demo(folder, sample=sample)
    assert not folder.exists()


def test_folder_that_is_a_file(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()

    with pytest.raises(FileError, match="cannot be created"):
        run_demo(path, sample=sample)
