from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_noise2same.cli import places, running
from napari_noise2same.core import StepDone, load_model, load_pretrained

Run = Callable[..., Any]

RESULTS = {
    "start",
    "steps",
    "seconds",
    "loss",
    "rec",
    "inv",
    "blind_spot",
    "lambda_inv",
    "change",
    "device",
    "parameters",
}


def press_ctrl_c(monkeypatch: pytest.MonkeyPatch, *, at_step: int, times: int = 1) -> None:
    """Interrupt the program while it shows a step."""
    show = running._show

    def show_and_interrupt(event: object, progress: object) -> None:
        show(event, progress)  # type: ignore[arg-type]
        if isinstance(event, StepDone) and event.step == at_step:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(running, "_show", show_and_interrupt)


def unplug(monkeypatch: pytest.MonkeyPatch, place: Path, temporary: Path) -> None:
    """Remove the folder of the model while the program shows a step, and name another."""
    show = running._show

    def show_and_unplug(event: object, progress: object) -> None:
        show(event, progress)  # type: ignore[arg-type]
        if isinstance(event, StepDone):
            place.rmdir()
            monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    monkeypatch.setattr(running, "_show", show_and_unplug)


def same_weights(first: Path, second: Path) -> bool:
    one, other = load_model(first).weights, load_model(second).weights
    return all(bool((one[name] == other[name]).all()) for name in one)


def test_results(run: Run, noisy: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    outcome = run("train", noisy, "--model", path, "--steps", 3, "--seed", 7, "--json")
    results, model = outcome.json(), load_model(path)

    assert outcome.code == 0
    assert set(results) == RESULTS
    assert results["steps"] == 3
    assert results["loss"] == model.history.last()["loss"]
    assert results["parameters"] == sum(w.numel() for w in model.weights.values())
    assert model.seed == 7


def test_shows_what_was_chosen_and_how_it_goes_on_standard_error(
    run: Run, noisy: Path, tmp_path: Path
) -> None:
    outcome = run("train", noisy, "--model", tmp_path / "m.safetensors", "--steps", 2)

    assert "2 steps of 8 patches of 32 × 32 pixels" in outcome.err
    assert "Training 100%" in outcome.err
    assert "Training" not in outcome.out
    assert "m.safetensors: 2 steps" in outcome.out


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("adaptive", "adaptive"),
        ("covariance", "covariance"),
        ("noise2info", "noise2info"),
        ("staged", "staged"),
        ("1.5", "fixed"),
    ],
)
def test_lambda_inv(run: Run, noisy: Path, tmp_path: Path, given: str, kind: str) -> None:
    path = tmp_path / "m.safetensors"
    outcome = run("train", noisy, "--model", path, "--steps", 1, "--lambda-inv", given, "--json")

    assert load_model(path).settings["lambda_inv"]["kind"] == kind
    if kind == "fixed":
        assert outcome.json()["lambda_inv"] == 1.5


def test_other_settings_reach_the_model(run: Run, tmp_path: Path) -> None:
    image, path = tmp_path / "two.tif", tmp_path / "m.safetensors"
    tifffile.imwrite(image, np.random.default_rng(0).poisson(90, (2, 24, 24)).astype(np.uint8))
    options = ("--axes", "CYX", "--channels", "joint", "--domain", "linear", "--steps", 1)
    assert run("train", image, "--model", path, *options).code == 0
    model = load_model(path)

    assert model.axes == "CYX"
    assert model.network.channels == 2
    assert model.settings["domain"] == "linear"


def test_starts_where_it_is_told(run: Run, noisy: Path, model: Path, tmp_path: Path) -> None:
    texts = {
        "pretrained": "starts at the shipped weights",
        "scratch": "Training from scratch",
        str(model): "starts at the weights of a model",
    }
    for number, (start, text) in enumerate(texts.items()):
        path = tmp_path / f"{number}.safetensors"
        outcome = run("train", noisy, "--model", path, "--steps", 1, "--start", start, "--json")
        results = outcome.json()
        assert text in outcome.err
        assert results["start"] == load_model(path).start
        assert (results["change"] is None) == (start == "scratch")


def test_says_why_it_starts_from_scratch(run: Run, noisy: Path, tmp_path: Path) -> None:
    options = ("--settings", '{"network": {"widths": [4]}}', "--steps", 1)
    outcome = run("train", noisy, "--model", tmp_path / "m.safetensors", *options)

    assert "The shipped weights are for another network: training from scratch." in outcome.err
    assert "changed" not in outcome.out


def test_the_instant_preset_takes_the_weights_as_they_are(
    run: Run, noisy: Path, tmp_path: Path
) -> None:
    path = tmp_path / "m.safetensors"
    outcome = run("train", noisy, "--model", path, "--preset", "instant")
    shipped = load_pretrained().weights

    assert "No training: the shipped weights are taken as they are." in outcome.err
    assert "patches" not in outcome.err
    assert "no steps of training" in outcome.out
    assert "Nothing was left" not in outcome.err
    weights = load_model(path).weights
    assert all(bool((weights[name] == shipped[name]).all()) for name in shipped)


def test_a_start_that_is_no_model(run: Run, noisy: Path, tmp_path: Path) -> None:
    assert run("train", noisy, "--model", tmp_path / "m", "--start", noisy).code == 1


def test_never_replaces_a_model_unless_told(run: Run, noisy: Path, model: Path) -> None:
    before = model.read_bytes()
    refused = run("train", noisy, "--model", model, "--steps", 1)

    assert refused.code == 1
    assert "--resume" in refused.err
    assert "--overwrite" in refused.err
    assert model.read_bytes() == before

    assert run("train", noisy, "--model", model, "--steps", 1, "--overwrite").code == 0
    assert len(load_model(model).history) == 1


def test_never_replaces_what_is_no_model(run: Run, noisy: Path, tmp_path: Path) -> None:
    link, notes = tmp_path / "link.safetensors", tmp_path / "notes.txt"
    link.symlink_to(noisy)
    notes.write_text("mine")
    before = noisy.read_bytes()
    for model, reason in ((noisy, "than the images"), (link, "than the images"), (notes, "none")):
        outcome = run("train", noisy, "--model", model, "--steps", 1, "--overwrite")
        assert outcome.code == 1
        assert reason in outcome.err
        assert "Training" not in outcome.err
    assert noisy.read_bytes() == before
    assert notes.read_text() == "mine"


@pytest.mark.parametrize("place", ["a folder", "a name that is too long", "no room"])
def test_refuses_a_place_for_no_model_before_training(
    run: Run, noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    model = tmp_path / "m.safetensors"
    match place:
        case "a folder":
            model.mkdir()
        case "a name that is too long":
            model = tmp_path / ("m" * 300)
        case _:
            monkeypatch.setattr(places, "TemporaryFile", refuse)
    outcome = run("train", noisy, "--model", model, "--overwrite", "--steps", 1)
    assert outcome.code == 1
    assert "Training" not in outcome.err


def test_refuses_a_missing_folder_before_training(run: Run, noisy: Path, tmp_path: Path) -> None:
    outcome = run("train", noisy, "--model", tmp_path / "none" / "m.safetensors")

    assert outcome.code == 1
    assert "Training" not in outcome.err


def test_a_place_that_is_gone_after_training_does_not_lose_the_model(
    run: Run, noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, elsewhere = tmp_path / "drive", tmp_path / "elsewhere"
    place.mkdir()
    elsewhere.mkdir()
    unplug(monkeypatch, place, elsewhere)
    outcome = run("train", noisy, "--model", place / "m.safetensors", "--steps", 1)
    assert outcome.code == 1
    (rescued,) = elsewhere.glob("*/m.safetensors")
    assert str(rescued) in " ".join(outcome.err.split())
    assert len(load_model(rescued).history) == 1


def test_a_model_that_can_be_saved_nowhere_is_one_sentence(
    run: Run, noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "drive"
    place.mkdir()
    unplug(monkeypatch, place, temporary=noisy)  # no folder
    outcome = run("train", noisy, "--model", place / "m.safetensors", "--steps", 1)
    assert outcome.code == 1
    assert "choose another place" in " ".join(outcome.err.split())


def test_two_budgets_are_wrong_usage(run: Run, noisy: Path, tmp_path: Path) -> None:
    budgets = ("--steps", 1, "--seconds", 1)

    assert run("train", noisy, "--model", tmp_path / "m.safetensors", *budgets).code == 2


def test_ctrl_c_keeps_a_model_that_can_be_resumed_exactly(
    run: Run, noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, whole = tmp_path / "stopped.safetensors", tmp_path / "whole.safetensors"
    run("train", noisy, "--model", whole, "--steps", 4)
    with monkeypatch.context() as patch:
        press_ctrl_c(patch, at_step=2)
        outcome = run("train", noisy, "--model", stopped, "--steps", 4, "--json")

    assert outcome.code == 130
    assert outcome.json()["steps"] == 2
    assert "the best model so far is kept" in outcome.err

    resumed = run("train", noisy, "--model", stopped, "--resume", "--json")
    assert resumed.code == 0
    assert resumed.json()["steps"] == 4
    history = load_model(stopped).history.columns["loss"]
    np.testing.assert_array_equal(history, load_model(whole).history.columns["loss"])


def test_a_second_ctrl_c_ends_the_program_at_once(
    run: Run, noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press_ctrl_c(monkeypatch, at_step=1, times=2)
    path = tmp_path / "m.safetensors"

    assert run("train", noisy, "--model", path, "--steps", 4).code == 130
    assert not path.exists()


def test_resume_with_more_steps(run: Run, noisy: Path, model: Path) -> None:
    outcome = run("train", noisy, "--model", model, "--resume", "--steps", 5, "--json")

    assert outcome.json()["steps"] == 5
    assert len(load_model(model).history) == 5


def test_resume_with_no_steps_at_all(run: Run, noisy: Path, model: Path) -> None:
    outcome = run("train", noisy, "--model", model, "--resume", "--steps", 0)

    assert "No training: those of the model are taken as they are." in outcome.err
    assert "2 steps" in outcome.out


def test_resume_with_seconds_instead_of_steps(run: Run, noisy: Path, model: Path) -> None:
    assert run("train", noisy, "--model", model, "--resume", "--seconds", 1e-6).code == 0
    settings = load_model(model).settings

    assert (settings["steps"], settings["seconds"]) == (None, 1e-6)


def test_resume_of_what_is_complete_says_so(run: Run, noisy: Path, model: Path) -> None:
    outcome = run("train", noisy, "--model", model, "--resume")

    assert outcome.code == 0
    assert "Nothing was left to do after 2 steps, which count: ask for more" in outcome.err


@pytest.mark.parametrize(
    "option", ["--lambda-inv=2", "--start=scratch", "--start=m.safetensors", "--preset=best"]
)
def test_resume_cannot_change_the_method(run: Run, noisy: Path, model: Path, option: str) -> None:
    outcome = run("train", noisy, "--model", model, "--resume", option)

    assert outcome.code == 2
    assert option.partition("=")[0] in outcome.err


def test_resume_without_a_model(run: Run, noisy: Path, tmp_path: Path) -> None:
    assert run("train", noisy, "--model", tmp_path / "m.safetensors", "--resume").code == 1


def test_folders_and_patterns(run: Run, noisy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    (folder / "b").mkdir(parents=True)
    for name in ("a.tif", "b/c.tif"):
        (folder / name).write_bytes(noisy.read_bytes())
    models: list[Path] = []
    for given in ([folder], [folder / "a.tif", folder / "b" / "c.tif"], [f"{folder}/**/*.tif"]):
        models.append(tmp_path / f"{len(models)}.safetensors")
        assert run("train", *given, "--model", models[-1], "--steps", 2).code == 0

    assert same_weights(models[0], models[1])
    assert same_weights(models[0], models[2])


def test_damaged_images_are_left_out_with_a_note(run: Run, noisy: Path, tmp_path: Path) -> None:
    damaged, path = tmp_path / "damaged.tif", tmp_path / "m.safetensors"
    damaged.write_bytes(noisy.read_bytes()[:40])
    outcome = run("train", damaged, noisy, "--model", path, "--steps", 2)

    assert outcome.code == 0
    assert f"{damaged} is left out" in outcome.err
    assert run("train", damaged, "--model", path, "--overwrite").code == 1


def test_images_of_another_kind_than_most_are_left_out_with_a_note(
    run: Run, noisy: Path, tmp_path: Path
) -> None:
    colour, small, again = (tmp_path / name for name in ("c.tif", "s.tif", "again.tif"))
    pixels = tifffile.imread(noisy)
    tifffile.imwrite(colour, np.stack([pixels] * 3, -1).astype(np.uint8), photometric="rgb")
    tifffile.imwrite(small, pixels[:6, :6])
    again.write_bytes(noisy.read_bytes())
    odd, plain = tmp_path / "odd.safetensors", tmp_path / "plain.safetensors"
    outcome = run("train", colour, small, noisy, again, "--model", odd, "--steps", 2)
    run("train", noisy, again, "--model", plain, "--steps", 2)

    assert outcome.code == 0
    assert f"{colour} is left out of the training. Expected 2D with 1 channel(s)" in outcome.err
    assert f"{small} is left out of the training. Expected an image of at least 8" in outcome.err
    assert outcome.err.count("left out") == 2
    assert same_weights(odd, plain)


def test_the_only_image_is_refused_if_it_is_too_small(
    run: Run, noisy: Path, tmp_path: Path
) -> None:
    tifffile.imwrite(noisy, tifffile.imread(noisy)[:6, :6])
    outcome = run("train", noisy, "--model", tmp_path / "m.safetensors")

    assert outcome.code == 1
    assert outcome.err.startswith("Error: Expected an image of at least 8 × 8 pixels")


def test_says_that_images_of_other_noise_are_normalised_each_by_its_own(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    other, path = tmp_path / "other.tif", tmp_path / "m.safetensors"
    tifffile.imwrite(other, (30.0 * tifffile.imread(noisy)).astype(np.float32))
    for start in ("pretrained", "scratch", model):
        options = ("--steps", 1, "--start", start, "--overwrite")
        outcome = run("train", noisy, other, "--model", path, *options)
        assert "Training " in outcome.err
        assert "The noise of the images differs: each is normalised by its own." in outcome.err
    assert load_model(path).noise == "image"


@pytest.mark.parametrize("command", ["train", "denoise"])
def test_the_distance_of_noise_may_be_told(run: Run, tmp_path: Path, command: str) -> None:
    counts = np.random.default_rng(0).poisson(20, (128, 128)).astype(np.float32)
    tifffile.imwrite(tmp_path / "wide.tif", counts.repeat(2, axis=0).repeat(2, axis=1))
    target = {"train": ("--model", "m.safetensors"), "denoise": ("--output", "out.tif")}[command]
    arguments = (command, tmp_path / "wide.tif", target[0], tmp_path / target[1], "--steps", 0)

    found = run(*arguments)
    assert "every second row and second column" in found.err
    told = run(*arguments, "--overwrite", "--noise-distance", 1, 1)
    assert told.code == 0
    assert "every second" not in told.err
    assert run(*arguments, "--overwrite", "--noise-distance", 0, 1).code == 1


def test_time_as_the_third_axis(run: Run, tmp_path: Path) -> None:
    movie, path, clean = (tmp_path / name for name in ("m.npy", "m.safetensors", "clean.tif"))
    np.save(movie, np.random.default_rng(0).poisson(90, (9, 24, 24)).astype(np.uint16))
    options = ("--axes", "TYX", "--depth-axis", "T", "--steps", 1)
    outcome = run("train", movie, "--model", path, *options)
    model = load_model(path)

    assert "A 3D network" in outcome.err
    assert (model.depth_axis, model.network.spatial_dims) == ("T", 3)
    assert run("denoise", movie, "--axes", "TYX", "--model", path, "--output", clean).code == 0
    assert tifffile.imread(clean).shape == (9, 24, 24)
    assert "depth_axis: T" in run("info", path).out


def test_time_as_the_third_axis_of_a_stack(run: Run, tmp_path: Path) -> None:
    stack, path = tmp_path / "stack.npy", tmp_path / "m.safetensors"
    np.save(stack, np.zeros((9, 24, 24), np.uint16))
    outcome = run("train", stack, "--model", path, "--axes", "ZYX", "--depth-axis", "T")

    assert outcome.code == 1
    assert "Expected a time axis (T)" in outcome.err
