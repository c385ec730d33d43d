from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import pytest
import tifffile

from napari_noise2same.cli import places, running
from napari_noise2same.core import (
    Denoiser,
    Started,
    StepDone,
    TileDone,
    load_model,
    read_image,
)
from napari_noise2same.core.batch import denoiser
from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io import ome_zarr

Run = Callable[..., Any]


def test_an_output_without_a_name_is_refused(run: Run, noisy: Path) -> None:
    outcome = run("denoise", noisy, "--output", "", "--preset", "instant")
    assert outcome.code == 2
    assert "found an empty" in outcome.err


def test_without_a_model_trains_first(run: Run, noisy: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.tif"
    outcome = run("denoise", noisy, "--output", output, "--steps", 2, "--seed", 3, "--json")
    results = outcome.json()

    assert outcome.code == 0
    assert set(results) == {
        "seconds",
        "megapixels_per_second",
        "tile",
        "device",
        "done",
        "skipped",
        "failed",
        "training",
    }
    assert (results["done"], results["skipped"], results["failed"]) == ([str(output)], [], [])
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
    "option", ["--steps=9", "--preset=quick", "--start=scratch", "--seed=3", "--depth-axis=T"]
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
        options = ("--preset", "instant", "--start", start, "--overwrite", "--json")
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
    options = ("--output", tmp_path / "out.png", "--steps", 1)
    refused = run("denoise", path, *options)
    done = run("denoise", path, *options, "--dtype", "keep")

    assert refused.code == 1
    assert "--dtype keep" in refused.err
    assert "Training" not in refused.err
    assert done.code == 0


@pytest.mark.parametrize("case", ["folder", "zarr", "png", "ome.tif"])
def test_what_cannot_be_written_is_refused_before_training(
    run: Run, noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    output = tmp_path / "out.tif"
    match case:
        case "folder":
            monkeypatch.setattr(places, "TemporaryFile", refuse)
        case "zarr":
            monkeypatch.setattr(ome_zarr, "find_spec", lambda _name: None)
            output = tmp_path / "out.zarr"
        case "png":
            output = tmp_path / "out.png"
            tifffile.imwrite(noisy, tifffile.imread(noisy).astype(np.float32))
        case _:
            output = tmp_path / "out.ome.tif"
            tifffile.imwrite(noisy, tifffile.imread(noisy).astype(np.float16))
    outcome = run("denoise", noisy, "--output", output, "--steps", 1, "--dtype", "keep")
    assert outcome.code == 1
    assert outcome.err.startswith("Error: Expected ")
    assert outcome.err.count("\n") == 1
    assert not output.exists()


def test_images_whose_results_no_format_holds_are_not_trained_on(
    run: Run, noisy: Path, tmp_path: Path
) -> None:
    folder, output = make_folder(noisy, "a.tif", "b.tif"), tmp_path / "results"
    tifffile.imwrite(folder / "a.tif", tifffile.imread(noisy).astype(np.float16))
    how = ("--format", "ome.tif", "--dtype", "keep", "--steps", 1)
    outcome = run("denoise", folder, "--output", output, *how)
    assert outcome.code == 1
    assert f"{folder / 'a.tif'} is left out of the training. Expected one of the" in outcome.err
    assert files_in(output) == ["b.ome.tif"]
    assert "The model is at" not in outcome.err


@pytest.mark.parametrize("steps", [0, 1])
def test_a_result_that_cannot_be_written_does_not_lose_the_training(
    run: Run, noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise FileError("The disk is full.")

    monkeypatch.setattr(denoiser, "write_image", refuse)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    outcome = run("denoise", noisy, "--output", tmp_path / "out.tif", "--steps", steps)
    assert outcome.code == 1
    assert "Error: The disk is full." in outcome.err
    kept = list(tmp_path.glob("*/model.safetensors"))
    assert len(kept) == steps
    for path in kept:
        assert str(path) in outcome.err
        assert len(load_model(path).history) == 1


def make_folder(noisy: Path, *names: str) -> Path:
    """A folder with copies of an image."""
    folder = noisy.parent / "images"
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noisy.read_bytes())
    return folder


def files_in(folder: Path) -> list[str]:
    found = folder.rglob("*.tif")
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_a_folder_gives_a_folder_of_the_same_tree(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    folder, output = make_folder(noisy, "a.tif", "b/c.tif"), tmp_path / "results"
    outcome = run("denoise", folder, "--output", output, "--model", model)

    assert outcome.code == 0
    assert files_in(output) == ["a.tif", "b/c.tif"]
    assert outcome.out == f"{output / 'a.tif'}\n{output / 'b' / 'c.tif'}\n"
    assert "Denoising 100%  b/c.tif" in outcome.err


def test_a_pattern_that_the_shell_leaves_alone(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    folder, output = make_folder(noisy, "x1/a.tif", "x2/a.tif", "y/a.tif"), tmp_path / "results"
    run("denoise", f"{folder}/x*/*.tif", "--output", output, "--model", model)

    assert files_in(output) == ["x1/a.tif", "x2/a.tif"]


def test_one_model_is_trained_on_all_images_of_a_folder(
    run: Run, noisy: Path, tmp_path: Path
) -> None:
    folder, output = make_folder(noisy, "a.tif", "b.tif"), tmp_path / "results"
    outcome = run("denoise", folder, "--output", output, "--steps", 2, "--json")

    assert outcome.json()["training"]["steps"] == 2
    assert outcome.err.count("Training 100%") == 1
    assert files_in(output) == ["a.tif", "b.tif"]


def test_results_can_have_another_format(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    folder, output = make_folder(noisy, "a.tif"), tmp_path / "results"
    run("denoise", folder, "--output", output, "--model", model, "--format", "ome.tif")

    assert files_in(output) == ["a.ome.tif"]


def test_what_is_done_is_skipped_with_a_note(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    folder, output = make_folder(noisy, "a.tif", "b.tif", "c.tif"), tmp_path / "results"
    command = ("denoise", folder, "--output", output, "--model", model)
    run(*command)
    (output / "b.tif").unlink()
    before = (output / "a.tif").stat().st_mtime_ns
    again = run(*command, "--json")

    assert again.code == 0
    assert "2 of 3 were done already" in again.err
    assert again.json()["done"] == [str(output / "b.tif")]
    assert again.json()["skipped"] == [str(output / "a.tif"), str(output / "c.tif")]
    assert (output / "a.tif").stat().st_mtime_ns == before
    assert run(*command).out == ""
    assert len(run(*command, "--overwrite", "--json").json()["done"]) == 3


def test_nothing_is_trained_when_nothing_is_left(run: Run, noisy: Path, tmp_path: Path) -> None:
    folder, output = make_folder(noisy, "a.tif"), tmp_path / "results"
    run("denoise", folder, "--output", output, "--steps", 0)
    outcome = run("denoise", folder, "--output", output, "--steps", 2, "--json")

    assert outcome.code == 0
    assert "Training" not in outcome.err
    assert outcome.json()["skipped"] == [str(output / "a.tif")]
    assert outcome.json()["megapixels_per_second"] is None


def test_what_is_no_result_fails_alone(run: Run, noisy: Path, tmp_path: Path) -> None:
    folder, output = make_folder(noisy, "a.tif", "b.tif"), tmp_path / "results"
    make_folder(noisy, "../results/a.tif")
    outcome = run("denoise", folder, "--output", output, "--steps", 1, "--json")
    assert outcome.code == 1
    assert f"{folder / 'a.tif'} is left out of the training." in outcome.err
    assert outcome.json()["done"] == [str(output / "b.tif")]
    assert outcome.json()["failed"][0]["image"] == str(folder / "a.tif")
    assert (output / "a.tif").read_bytes() == noisy.read_bytes()

    (folder / "b.tif").unlink()
    refused = run("denoise", folder, "--output", output, "--steps", 1)
    assert refused.code == 1
    assert refused.err.startswith("Error: Expected no file or a result of denoising")


def test_a_model_is_trained_on_what_is_done_too(run: Run, noisy: Path, tmp_path: Path) -> None:
    folder, output = make_folder(noisy, "a.tif", "b.tif"), tmp_path / "results"
    run("denoise", folder, "--output", output, "--steps", 1)
    whole = tifffile.imread(output / "b.tif")
    (output / "b.tif").unlink()
    outcome = run("denoise", folder, "--output", output, "--steps", 1)
    assert "left out" not in outcome.err
    np.testing.assert_array_equal(tifffile.imread(output / "b.tif"), whole)


@pytest.mark.parametrize("trained", [True, False])
def test_damaged_images_are_passed_and_reported_at_the_end(
    run: Run, noisy: Path, model: Path, tmp_path: Path, trained: bool
) -> None:
    folder, output = make_folder(noisy, "a.tif", "b.tif", "c.tif"), tmp_path / "results"
    (folder / "a.tif").write_bytes(noisy.read_bytes()[:40])
    how = ("--model", model) if trained else ("--steps", 2)
    outcome = run("denoise", folder, "--output", output, *how, "--json")

    assert outcome.code == 1
    assert files_in(output) == ["b.tif", "c.tif"]
    *_, first, second = outcome.err.splitlines()
    assert first == "Error: 1 of 3 images failed."
    assert second.startswith(f"{folder / 'a.tif'}: Expected a whole TIFF file")
    (failed,) = outcome.json()["failed"]
    assert failed["image"] == str(folder / "a.tif")
    assert failed["reason"] in second


@pytest.mark.parametrize("shape", [(6, 6), (24, 24, 3)])
def test_images_that_cannot_be_trained_on_are_denoised_where_the_model_can(
    run: Run, noisy: Path, tmp_path: Path, shape: tuple[int, ...]
) -> None:
    folder, output = make_folder(noisy, "b.tif", "c.tif"), tmp_path / "results"
    pixels = np.random.default_rng(0).poisson(60, shape).astype(np.uint8)
    tifffile.imwrite(folder / "a.tif", pixels, photometric="rgb" if len(shape) == 3 else None)
    outcome = run("denoise", folder, "--output", output, "--steps", 2)

    assert outcome.code == 0
    assert f"{folder / 'a.tif'} is left out of the training." in outcome.err
    assert files_in(output) == ["a.tif", "b.tif", "c.tif"]
    assert tifffile.imread(output / "a.tif").shape == shape


def test_images_that_the_model_of_most_does_not_fit_fail_alone(
    run: Run, noisy: Path, tmp_path: Path
) -> None:
    folder, output = make_folder(noisy, "a.tif"), tmp_path / "results"
    pixels = np.random.default_rng(0).poisson(60, (9, 24, 24)).astype(np.uint16)
    for name in ("b.tif", "c.tif"):
        tifffile.imwrite(folder / name, pixels, imagej=True, metadata={"axes": "ZYX"})
    outcome = run("denoise", folder, "--output", output, "--steps", 1, "--json")

    assert outcome.code == 1
    assert f"{folder / 'a.tif'} is left out of the training. Expected 3D" in outcome.err
    assert files_in(output) == ["b.tif", "c.tif"]
    (failed,) = outcome.json()["failed"]
    assert failed["image"] == str(folder / "a.tif")


def test_the_reason_why_the_only_image_fails(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    noisy.write_bytes(noisy.read_bytes()[:40])
    outcome = run("denoise", noisy, "--output", tmp_path / "out.tif", "--model", model)

    assert outcome.code == 1
    assert outcome.err.splitlines()[-1].startswith("Error: Expected a whole TIFF file")


def test_a_file_that_is_there_is_replaced_only_if_asked(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.tif"
    output.write_text("mine")
    command = ("denoise", noisy, "--output", output, "--model", model)
    refused = run(*command)

    assert refused.code == 1
    assert "--overwrite" in refused.err
    assert output.read_text() == "mine"
    assert run(*command, "--overwrite").code == 0
    assert read_image(output).data.shape == (32, 32)


def test_images_that_would_share_a_result_are_refused_before_training(
    run: Run, noisy: Path, tmp_path: Path
) -> None:
    folder = make_folder(noisy, "x/a.tif", "y/a.tif")
    outcome = run("denoise", folder / "x", folder / "y", "--output", tmp_path / "results")

    assert outcome.code == 1
    assert "Training" not in outcome.err
    assert f"{folder / 'x' / 'a.tif'} and {folder / 'y' / 'a.tif'}" in outcome.err


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


def test_ctrl_c_before_denoising_instantly_is_not_lost(
    run: Run, noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(event: Any, _progress: Any) -> None:
        if isinstance(event, Started):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(running, "_show", interrupt)
    output = tmp_path / "out.tif"
    outcome = run("denoise", noisy, "--output", output, "--preset", "instant", "--json")

    assert outcome.code == 130
    assert "error" in outcome.json()
    assert not output.exists()


def interrupt_after(tiles: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C once so many tiles of an image are done."""
    events = Denoiser.events

    def interrupted_events(self: Denoiser, stop: Any) -> Any:
        for event in events(self, stop):
            yield event
            if isinstance(event, TileDone) and event.done == tiles:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Denoiser, "events", interrupted_events)


def test_ctrl_c_while_denoising_keeps_what_is_done(
    run: Run, noisy: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = Denoiser.events
    interrupt_after(2, monkeypatch)
    folder, output = make_folder(noisy, "a.tif", "b.tif"), tmp_path / "results"
    tifffile.imwrite(folder / "a.tif", tifffile.imread(noisy)[:16, :16])
    command = ("denoise", folder, "--output", output, "--model", model, "--tile", 16, "--json")
    outcome = run(*command)

    assert outcome.code == 130
    assert files_in(output) == ["a.tif"]
    assert outcome.json()["done"] == [str(output / "a.tif")]
    assert "the same command goes on" in outcome.err

    monkeypatch.setattr(Denoiser, "events", events)
    assert run(*command).json()["done"] == [str(output / "b.tif")]


def test_ctrl_c_while_denoising_leaves_no_file(
    run: Run, noisy: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_after(1, monkeypatch)
    folder = tmp_path / "results"
    outcome = run("denoise", noisy, "--output", folder, "--model", model, "--tile", 16)

    assert outcome.code == 130
    assert list(folder.iterdir()) == []


def test_the_noise_of_the_image_counts_if_asked_for(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    scaled = tmp_path / "scaled.tif"
    results: list[Any] = []
    tifffile.imwrite(scaled, (tifffile.imread(noisy) / 1000).astype(np.float32))
    for source, noise in ((noisy, "image"), (scaled, "image"), (scaled, "model")):
        output = tmp_path / f"{len(results)}.tif"
        options = ("--output", output, "--model", model, "--noise", noise)
        assert run("denoise", source, *options).code == 0
        results.append(np.asarray(read_image(output).data))
    np.testing.assert_allclose(1000 * results[1], results[0], atol=2)
    assert np.abs(1000 * results[2] - results[0]).max() > 10
