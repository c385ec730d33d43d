from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from napari_noise2same.core.metrics import ssim

Run = Callable[..., Any]

SCORES = {"psnr", "affine_psnr", "ssim", "edge_preservation"}


@pytest.fixture
def clean() -> NDArray[np.float32]:
    y, x = np.mgrid[:24, :32]
    return np.asarray(np.sin(y / 3) + np.cos(x / 5), np.float32)


def save(path: Path, pixels: NDArray[np.float32]) -> Path:
    tifffile.imwrite(path, pixels)
    return path


def test_scores(run: Run, tmp_path: Path, clean: NDArray[np.float32]) -> None:
    reference = save(tmp_path / "clean.tif", clean)
    prediction = save(tmp_path / "prediction.tif", 3 * clean + 7)
    outcome = run("evaluate", prediction, "--reference", reference, "--json")
    scores = outcome.json()

    assert outcome.code == 0
    assert set(scores) == SCORES
    assert scores["psnr"] < 0
    assert scores["affine_psnr"] is None or scores["affine_psnr"] > 100


def test_scores_of_the_noisy_image(run: Run, tmp_path: Path, clean: NDArray[np.float32]) -> None:
    reference = save(tmp_path / "clean.tif", clean)
    noisy = save(tmp_path / "noisy.tif", clean + 0.1 * (-1) ** np.arange(32, dtype=np.float32))
    outcome = run("evaluate", reference, "--reference", reference, "--noisy", noisy, "--json")
    scores = outcome.json()

    assert set(scores) == SCORES | {f"noisy_{name}" for name in SCORES}
    # An infinite PSNR, which JSON does not know.
    assert scores["psnr"] is None
    assert scores["ssim"] == pytest.approx(1)
    assert scores["noisy_psnr"] == pytest.approx(20 * np.log10(np.ptp(clean) / 0.1), abs=1e-3)


def test_table(run: Run, tmp_path: Path, clean: NDArray[np.float32]) -> None:
    reference = save(tmp_path / "clean.tif", clean)
    noisy = save(tmp_path / "noisy.tif", clean + 0.1 * (-1) ** np.arange(32, dtype=np.float32))
    lines = run("evaluate", noisy, "--reference", reference, "--noisy", noisy).out.splitlines()

    assert lines[0].split() == ["denoised", "noisy"]
    assert lines[1].split()[-1] == f"{20 * np.log10(np.ptp(clean) / 0.1):.2f}"
    assert lines[4].startswith("edge preservation ")
    assert len(lines) == 5


def test_order_of_axes_is_no_matter(run: Run, tmp_path: Path, clean: NDArray[np.float32]) -> None:
    channels = np.stack([clean, 2 * clean])
    reference, prediction = tmp_path / "clean.ome.tif", tmp_path / "prediction.tif"
    tifffile.imwrite(reference, channels, metadata={"axes": "CYX"})
    tifffile.imwrite(prediction, channels.transpose(1, 2, 0), metadata={"axes": "YXC"})
    outcome = run("evaluate", prediction, "--reference", reference, "--json")

    assert outcome.json()["ssim"] == pytest.approx(1)


def test_a_format_that_drops_axes_of_length_one_is_no_matter(
    run: Run, tmp_path: Path, clean: NDArray[np.float32]
) -> None:
    reference, prediction = tmp_path / "clean.npy", tmp_path / "prediction.ome.tif"
    np.save(reference, clean[np.newaxis])
    tifffile.imwrite(prediction, clean[np.newaxis], metadata={"axes": "ZYX"})
    outcome = run("evaluate", prediction, "--reference", reference, "--json")

    assert outcome.json()["ssim"] == pytest.approx(1)


def test_frames_are_scored_one_by_one(run: Run, tmp_path: Path, clean: NDArray[np.float32]) -> None:
    rng = np.random.default_rng(0)
    frames = np.stack([clean] * 8)
    noisy = frames + rng.normal(0, 0.3, frames.shape).astype(np.float32)
    paths = [save(tmp_path / "noisy.tif", noisy), save(tmp_path / "clean.tif", frames)]
    as_frames = run("evaluate", paths[0], "--reference", paths[1], "--axes", "TYX", "--json")
    as_volume = run("evaluate", paths[0], "--reference", paths[1], "--axes", "ZYX", "--json")

    assert as_frames.json()["ssim"] == pytest.approx(ssim(noisy, frames, spatial_ndim=2))
    assert as_volume.json()["ssim"] == pytest.approx(ssim(noisy, frames, spatial_ndim=3))


def test_images_of_different_size(run: Run, tmp_path: Path, clean: NDArray[np.float32]) -> None:
    reference = save(tmp_path / "clean.tif", clean)
    prediction = save(tmp_path / "prediction.tif", clean[:12])

    assert run("evaluate", prediction, "--reference", reference).code == 1


def test_images_whose_axes_are_told_differently(run: Run, tmp_path: Path) -> None:
    frames = np.random.default_rng(0).random((2, 2, 3, 12, 16), np.float32)
    prediction, reference = tmp_path / "prediction.ome.tif", tmp_path / "clean.npy"
    tifffile.imwrite(prediction, frames, metadata={"axes": "TCZYX"})
    np.save(reference, frames)
    scores = ("evaluate", prediction, "--reference", reference)
    refused = run(*scores)

    assert refused.code == 1
    assert "reference, T 2, Z 2, C 3, Y 12, X 16, found T 2, C 2, Z 3, Y 12, X 16" in refused.err
    assert "--axes" in refused.err
    assert run(*scores, "--axes", "TCZYX").code == 0
    assert "a noisy image as large" in run(*scores[:-1], prediction, "--noisy", reference).err


def test_pixels_that_are_not_finite_are_left_out_and_counted(
    run: Run, tmp_path: Path, clean: NDArray[np.float32]
) -> None:
    clean[3, :2] = clean.min(), clean.max()  # the range is the same with and without the border
    error = 0.1 * (-1) ** np.arange(32, dtype=np.float32)
    with_border = clean + error
    with_border[:3] = np.nan
    reference, noisy = save(tmp_path / "clean.tif", clean), save(tmp_path / "n.tif", with_border)
    result = save(tmp_path / "result.tif", clean + error * np.float32(0.1))
    outcome = run("evaluate", result, "--reference", reference, "--noisy", noisy, "--json")
    scores = outcome.json()

    assert "96 pixels" in outcome.err
    assert 0 < scores["noisy_ssim"] < scores["ssim"] < 1
    assert scores["psnr"] - 20 == pytest.approx(scores["noisy_psnr"], abs=1e-3)
    assert run("evaluate", result, "--reference", reference).err == ""
