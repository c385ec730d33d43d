from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import pytest
import tifffile

from napari_noise2same.cli import running
from napari_noise2same.core import Denoiser, StepDone, TileDone, read_image

Run = Callable[..., Any]


def test_without_a_model_trains_first(run: Run, noisy: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.tif"
    outcome = run("denoise", noisy, "--output", output, "--steps", 2, "--seed", 3, "--json")
    results = outcome.json()

    assert outcome.code == 0
    assert set(results) == {"seconds", "megapixels_per_second", "tile", "device", "training"}
    assert results["tile"] == [32, 32]
    assert results["device"] == "cpu"
    assert results["megapixels_per_second"] == pytest.approx(32**2 / 1e6 / results["seconds"])
    assert results["training"]["steps"] == 2
    assert read_image(output).data.dtype == np.float32


def test_result_says_how_it_was_made(run: Run, noisy: Path, model: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.tif"
    run("denoise", noisy, "--output", output, "--model", model)
    with tifffile.TiffFile(output) as file:
        card = str(file.imagej_metadata)

    for entry in ("Noise2Same", "napari-noise2same", "start: pretrained", "steps: 2", "seed: 0"):
        assert entry in card


def test_keeps_shape_axes_and_pixel_size(run: Run, tmp_path: Path) -> None:
    path, output = tmp_path / "stack.ome.tif", tmp_path / "out.ome.tif"
    pixels = np.random.default_rng(0).poisson(60, (9, 2, 20, 24)).astype(np.uint16)
    metadata = {"axes": "ZCYX", "PhysicalSizeX": 0.2, "PhysicalSizeXUnit": "µm"}
    tifffile.imwrite(path, pixels, metadata=metadata)
    outcome = run("denoise", path, "--output", output, "--steps", 1, "--dtype", "keep")
    result = read_image(output)

    assert outcome.code == 0
    assert "3D network" in outcome.err
    assert (result.axes, result.data.shape) == ("ZCYX", pixels.shape)
    assert result.data.dtype == np.uint16
    assert result.spacing["X"] == pytest.approx(0.2)


def test_axes_option_counts_more_than_the_file(run: Run, tmp_path: Path) -> None:
    path, output = tmp_path / "stack.npy", tmp_path / "out.npy"
    np.save(path, np.random.default_rng(0).poisson(60, (9, 20, 24)))
    outcome = run("denoise", path, "--output", output, "--steps", 1, "--axes", "ZYX")

    assert "3D network" in outcome.err
    assert np.load(output).shape == (9, 20, 24)


def test_many_images_go_to_a_folder(run: Run, noisy: Path, model: Path, tmp_path: Path) -> None:
    second, folder = tmp_path / "second.tif", tmp_path / "results"
    tifffile.imwrite(second, tifffile.imread(noisy)[:, :16])
    outcome = run("denoise", noisy, second, "--output", folder, "--model", model, "--json")

    assert {path.name for path in folder.iterdir()} == {"noisy.tif", "second.tif"}
    assert tifffile.imread(folder / "second.tif").shape == (32, 16)
    assert outcome.json()["tile"] == [32, 32]
    assert "training" not in outcome.json()


def test_prints_the_names_of_results(run: Run, noisy: Path, model: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.tif"

    assert run("denoise", noisy, "--output", output, "--model", model).out == f"{output}\n"


def test_tile_and_overlap(run: Run, noisy: Path, model: Path, tmp_path: Path) -> None:
    options = ("--model", model, "--tile", 16, "--overlap", 4, "--json")
    outcome = run("denoise", noisy, "--output", tmp_path / "out.tif", *options)

    assert outcome.json()["tile"] == [16, 16]
    assert "4 tiles of 16 × 16 pixels" in outcome.err


@pytest.mark.parametrize("option", ["--averaging", "--precision=bfloat16", "--overlap=0"])
def test_other_ways_give_another_result(
    run: Run, noisy: Path, model: Path, tmp_path: Path, option: str
) -> None:
    usual, other = tmp_path / "usual.tif", tmp_path / "other.tif"
    run("denoise", noisy, "--output", usual, "--model", model, "--tile", 16)
    run("denoise", noisy, "--output", other, "--model", model, "--tile", 16, option)

    assert not np.array_equal(tifffile.imread(usual), tifffile.imread(other))


@pytest.mark.parametrize(
    "option", ["--steps=9", "--preset=quick", "--start=scratch", "--depth-axis=T"]
)
def test_training_with_a_model_is_wrong_usage(
    run: Run, noisy: Path, model: Path, tmp_path: Path, option: str
) -> None:
    options = ("--output", tmp_path / "out.tif", "--model", model, option)

    assert run("denoise", noisy, *options).code == 2


def test_instantly_with_the_weights_of_a_start(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    results = {}
    for start in ("pretrained", model):
        output = tmp_path / "out.npy"
        options = ("--preset", "instant", "--start", start, "--json")
        training = run("denoise", noisy, "--output", output, *options).json()["training"]
        results[training["start"]] = np.load(output)
        assert training["steps"] == 0
        assert training["loss"] is None
        assert training["change"] == 0

    assert results.keys() == {"pretrained", "model"}
    assert not np.array_equal(results["pretrained"], results["model"])


def test_refuses_to_replace_the_image_before_training(run: Run, noisy: Path) -> None:
    before = noisy.read_bytes()
    outcome = run("denoise", noisy, "--output", noisy, "--steps", 1)

    assert outcome.code == 1
    assert "Training" not in outcome.err
    assert noisy.read_bytes() == before


def test_a_picture_needs_its_own_type(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "noisy.png"
    imageio.imwrite(path, np.random.default_rng(0).poisson(60, (24, 24)).astype(np.uint8))
    refused = run("denoise", path, "--output", tmp_path / "results", "--steps", 1)
    done = run("denoise", path, "--output", tmp_path / "results", "--steps", 1, "--dtype", "keep")

    assert refused.code == 1
    assert "--dtype keep" in refused.err
    assert "Training" not in refused.err
    assert done.code == 0


def test_ctrl_c_while_training_denoises_with_the_best_model_so_far(
    run: Run, noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = running._show

    def show_and_interrupt(event: Any, progress: Any) -> None:
        show(event, progress)
        if isinstance(event, StepDone) and event.step == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(running, "_show", show_and_interrupt)
    output = tmp_path / "out.tif"
    outcome = run("denoise", noisy, "--output", output, "--steps", 50, "--json")

    assert outcome.code == 130
    assert outcome.json()["training"]["steps"] == 2
    assert output.is_file()


def test_ctrl_c_while_denoising_leaves_no_file(
    run: Run, noisy: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = Denoiser.events

    def interrupted_events(self: Denoiser, stop: Any) -> Any:
        for event in events(self, stop):
            yield event
            if isinstance(event, TileDone):
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Denoiser, "events", interrupted_events)
    folder = tmp_path / "results"
    outcome = run("denoise", noisy, "--output", folder, "--model", model, "--tile", 16)

    assert outcome.code == 130
    assert list(folder.iterdir()) == []
