from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from napari_noise2same.core.denoising import denoise
from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.io import Image
from napari_noise2same.core.metrics import affine_psnr
from napari_noise2same.core.model import TrainedModel, load_model, load_pretrained, save_model
from napari_noise2same.core.networks import FLIPS, UNTURNED, Turn
from napari_noise2same.core.settings import DenoiseConfig, Preset, TrainingConfig
from napari_noise2same.core.training import Finished, Started, StepDone, Trainer, Validated, train
from napari_noise2same.core.training.learner import Learner
from napari_noise2same.core.training.teacher import Lesson, Teacher
from napari_noise2same.core.training.validation import Noise, Validation
from napari_noise2same.samples import cells

Picture = Callable[..., NDArray[np.float32]]
Config = Callable[..., TrainingConfig]

LITTLE: dict[str, Any] = {"patch": (32, 32), "batch": 2, "validate_every": 2, "device": "cpu"}


def last(image: Image, config: TrainingConfig | None, **options: Any) -> Finished:
    *_, finished = train([image], config, **options)
    assert isinstance(finished, Finished)
    return finished


def equal(a: TrainedModel, b: TrainedModel) -> bool:
    return all(torch.equal(a.weights[name], b.weights[name]) for name in a.weights)


def test_the_instant_preset_is_the_shipped_weights_at_once(image: Image) -> None:
    events = list(train([image], Preset.INSTANT.config(device="cpu")))
    assert not any(isinstance(event, StepDone) for event in events)
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.change) == ("completed", 0)
    assert finished.model.start == "pretrained"
    shipped = load_pretrained().weights
    assert all(torch.equal(finished.model.weights[name], shipped[name]) for name in shipped)


def test_the_instant_result_is_much_better_than_the_image() -> None:
    sample = cells(side=192)
    image = Image(sample.noisy, sample.axes)
    result = denoise(image, last(image, Preset.INSTANT.config(device="cpu")).model)
    assert affine_psnr(result, sample.clean) > affine_psnr(sample.noisy, sample.clean) + 7


def test_training_does_not_flatten_bright_beads() -> None:
    """By its distance from its neighbours' mean, one peak counts as much as all of the rest."""
    rng = np.random.default_rng(2)
    photons = np.zeros((128, 128))
    photons[8::16, 8::16] = 10 ** rng.uniform(3, 5, (8, 8))
    clean = 20 + gaussian_filter(photons, 1)
    image = Image(rng.poisson(clean).astype(np.float32), "YX")
    errors = []
    for steps in (0, 20):
        config = TrainingConfig(steps=steps, device="cpu")
        result = denoise(image, last(image, config).model)
        errors.append(np.square(result - clean).mean())
    assert errors[1] < 1.3 * errors[0]


def test_an_inverted_image_is_denoised_as_the_upright_one() -> None:
    sample = cells(side=192)
    config = Preset.INSTANT.config(device="cpu")
    results = []
    for pixels in (sample.noisy, sample.noisy.max() - sample.noisy):
        image = Image(pixels, sample.axes)
        results.append(denoise(image, last(image, config).model))
    upright, inverted = results
    np.testing.assert_allclose(sample.noisy.max() - inverted, upright, rtol=1e-3)


@pytest.mark.parametrize("blur", [0, 0.6])
def test_texture_under_weak_noise_is_kept_and_noise_is_not(blur: float) -> None:
    """Also where neighbours share their noise, and its fine detail says too little of it."""
    rng = np.random.default_rng(0)
    light = 100 * np.exp(8 * gaussian_filter(rng.standard_normal((160, 160)), 12))
    threads = gaussian_filter(rng.standard_normal(light.shape), (0, 1))
    texture = 8 * threads / threads.std()
    texture[:, :80] = 0
    noise = gaussian_filter(rng.standard_normal(light.shape), blur)
    noisy = np.asarray(light + texture + 2 * noise / noise.std(), np.float32)
    image = Image(noisy, "YX")
    result = denoise(image, last(image, Preset.INSTANT.config(device="cpu")).model)
    error = np.square(result - light - texture)
    assert error[:, :72].mean() < 0.2 * 2**2
    assert error[:, 88:].mean() < 1.1 * 2**2


def test_detail_is_looked_for_where_all_patches_have_the_same_noise() -> None:
    rng = np.random.default_rng(0)
    light = 100 + 400 * gaussian_filter(rng.standard_normal((2, 96, 96)), (0, 6, 6))
    pixels = np.asarray(light + rng.normal(0, 1, light.shape), np.float32)
    blank = pixels * np.array([1, 0], np.float32)[:, np.newaxis, np.newaxis]
    both, one = (
        Trainer([Image(channels, "CYX")], Preset.INSTANT.config(device="cpu")).domains
        for channels in (pixels, blank)
    )
    assert [domain.detail for domain in both] == [None, None]
    assert one[0].detail
    assert one[0].detail >= one[0].sigma
    fresh = TrainingConfig(start="scratch", steps=1, **LITTLE)
    assert Trainer([Image(pixels[0], "YX")], fresh).domains[0].detail is None


def test_the_first_weights_are_tried_before_any_step(image: Image) -> None:
    started, first, *_ = train([image], TrainingConfig(steps=2, **LITTLE))
    assert isinstance(started, Started)
    assert started.plan.start.kind == "pretrained"
    assert isinstance(first, Validated)
    assert (first.step, first.improved) == (0, True)


def test_steps_that_only_do_harm_leave_the_first_weights(image: Image) -> None:
    config = TrainingConfig(steps=4, learning_rate=1, averaging=0, **LITTLE)
    finished = last(image, config)
    assert finished.change == 0
    assert equal(finished.model, last(image, Preset.INSTANT.config(device="cpu")).model)


def test_the_change_is_that_of_the_result_in_units_of_the_noise(
    image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer([image], TrainingConfig(steps=1, **LITTLE))
    louder = {name: 1.0 * tensor for name, tensor in load_pretrained().weights.items()}
    louder["head.weight"] = 1.5 * louder["head.weight"]
    monkeypatch.setattr(trainer._learner.average, "copy", lambda: louder)
    *_, finished = trainer.events(lambda: True)
    assert isinstance(finished, Finished)
    # A quarter of the first result, whose own size is that of the whole signal.
    assert finished.change > 0.1


def disagreement(model: TrainedModel, picture: NDArray[Any]) -> float:
    """How far results lie from what turned pictures give."""
    one = denoise(Image(picture, "YX"), model)
    all_turns = denoise(Image(picture, "YX"), model, DenoiseConfig(averaging=True))
    return float(np.std(one - all_turns))


def test_good_weights_learn_to_answer_alike_however_the_image_is_turned() -> None:
    sample = cells(side=128)
    image = Image(sample.noisy, sample.axes)
    config = TrainingConfig(steps=40, batch=4, device="cpu")
    before = last(image, Preset.INSTANT.config(device="cpu")).model
    after = last(image, config).model
    assert disagreement(after, sample.noisy) < 0.88 * disagreement(before, sample.noisy)


def test_noise_that_has_a_direction_is_never_turned(
    image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: list[Turn] = []
    answer = Teacher.answer

    def watched(teacher: Teacher, x: torch.Tensor, way: Turn) -> torch.Tensor:
        ways.append(way)
        return answer(teacher, x, way)

    monkeypatch.setattr(Teacher, "answer", watched)
    few = LITTLE | {"steps": 12, "validate_every": 12}
    last(image, TrainingConfig(augmentation="none", **few))
    assert set(ways) == {UNTURNED}
    ways.clear()
    last(image, TrainingConfig(augmentation="flips", **few))
    assert UNTURNED in FLIPS
    assert 1 < len(set(ways)) <= len(FLIPS)
    assert set(ways) <= set(FLIPS)
    ways.clear()
    last(image, TrainingConfig(**few))
    assert any(transposed for transposed, *_ in ways)


def test_the_teacher_weighs_more_once_it_has_taken_over_what_is_learnt(
    image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights: list[float] = []
    learn = Learner.learn

    def watched(learner: Learner, *patches: Any, lesson: Lesson, **options: Any) -> Any:
        weights.append(lesson.weight)
        return learn(learner, *patches, lesson=lesson, **options)

    monkeypatch.setattr(Learner, "learn", watched)
    monkeypatch.setattr("napari_noise2same.core.training.teacher._RENEWAL", 3)
    last(image, TrainingConfig(steps=5, **LITTLE))
    early, late = weights[:3], weights[3:]
    assert len(set(early)) == len(set(late)) == 1
    assert late[0] >= 2 * early[0] > 0


@pytest.mark.parametrize(("risk", "kept"), [(1.0, True), (2.1, False)])
def test_weights_are_kept_only_if_the_estimated_error_falls(
    image: Image, monkeypatch: pytest.MonkeyPatch, risk: float, kept: bool
) -> None:
    risks = iter([2.0, risk])
    monkeypatch.setattr(Validation, "risk", lambda *_: next(risks))
    finished = last(image, TrainingConfig(steps=2, **LITTLE))
    assert (finished.change > 0) == kept
    assert finished.model.resume is not None
    for name, first in load_pretrained().weights.items():
        assert torch.equal(finished.model.resume.tensors[f"first.{name}"], first)


def test_of_random_weights_nothing_is_left(
    image: Image, make_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = iter([2.0, 1.0])
    monkeypatch.setattr(Validation, "error", lambda *_: next(errors))
    model = last(image, make_config(steps=4)).model
    assert model.resume is not None
    for name, weight in model.weights.items():
        assert torch.equal(weight, model.resume.tensors[f"average.{name}"])


def test_from_scratch_there_is_nothing_to_compare_with(image: Image, make_config: Config) -> None:
    finished = last(image, make_config())
    assert finished.model.start == "scratch"
    assert math.isnan(finished.change)


def test_a_run_starts_at_the_weights_of_a_given_model(image: Image, make_config: Config) -> None:
    first = last(image, make_config()).model
    again = Trainer([image], make_config(seed=5), start=first)
    assert again.step == 0
    assert equal(again.snapshot(), first)
    assert last(image, make_config(seed=5, steps=1), start=first).model.start == "model"


@pytest.mark.parametrize("start", ["pretrained", "scratch"])
def test_a_resumed_run_knows_its_start_and_ends_as_if_uninterrupted(
    image: Image, start: Any, tmp_path: Any
) -> None:
    config = TrainingConfig(steps=4, start=start, **LITTLE)
    whole = last(image, config).model
    calls = iter([False, False, True])
    part = last(image, config, stop=lambda: next(calls)).model
    save_model(part, tmp_path / "part.safetensors")
    resumed = last(image, None, resume=load_model(tmp_path / "part.safetensors"))
    assert resumed.model.start == start
    assert equal(resumed.model, whole)


def test_the_file_of_a_model_without_a_start_is_one_from_scratch(
    image: Image, make_config: Config, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_noise2same.core.model import file

    model = last(image, make_config()).model
    whole = file._header
    monkeypatch.setattr(
        file, "_header", lambda m: {k: v for k, v in whole(m).items() if k != "start"}
    )
    save_model(model, tmp_path / "old.safetensors")
    assert load_model(tmp_path / "old.safetensors").start == "scratch"


def shared_noise(*, shared: float) -> Image:
    """A smooth scene under noise that neighbours share, or do not."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((128, 129))
    noise = noise[:, 1:] + shared * noise[:, :-1]
    ramp = np.linspace(0, 40, 128)
    return Image((100 + np.hypot(ramp[:, None], ramp) + 3 * noise).astype(np.float32), "YX")


@pytest.mark.parametrize("residual", [0.01, 10.0])
def test_texture_in_the_residual_cannot_raise_the_noise(
    image: Image, monkeypatch: pytest.MonkeyPatch, residual: float
) -> None:
    monkeypatch.setattr(Validation, "noise", lambda *_: Noise(residual, 0.0))
    monkeypatch.setattr(Validation, "risk", lambda *_: 1.0)
    trainer = Trainer([image], TrainingConfig(steps=1, **LITTLE))
    *_, finished = trainer.events(lambda: True)
    assert isinstance(finished, Finished)
    assert finished.model.resume is not None
    fitted = trainer.domains[0].sigma
    assert finished.model.resume.values["sigma"] == pytest.approx(min(fitted, residual))


def test_noise_with_structure_is_not_trained_on() -> None:
    trainer = Trainer([shared_noise(shared=0.5)], TrainingConfig(**LITTLE))
    assert trainer.plan.steps == 0
    assert "noise that neighbouring pixels share" in trainer.plan.note
    assert Trainer([shared_noise(shared=0.0)], TrainingConfig(**LITTLE)).plan.steps


def enlarged(pixels: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(zoom(pixels.astype(np.float32), 2, order=3, grid_mode=True, mode="nearest"))


@pytest.mark.parametrize("axes", ["YX", "TYX"])
def test_an_enlarged_image_is_denoised_as_well_as_before_it_was(tmp_path: Path, axes: str) -> None:
    sample = cells(side=160)
    noisy, clean = (
        np.broadcast_to(enlarged(a), (2,) * (len(axes) - 2) + (320, 320))
        for a in (sample.noisy, sample.clean)
    )
    image = Image(noisy, axes)
    finished = last(image, Preset.QUICK.config(device="cpu"))
    assert finished.model.noise_distance == (2, 2)
    assert finished.model.history
    result = denoise(image, finished.model)
    assert affine_psnr(result, clean) > affine_psnr(noisy, clean) + 4
    save_model(finished.model, tmp_path / "m.safetensors")
    again = denoise(image, load_model(tmp_path / "m.safetensors"))
    np.testing.assert_array_equal(again, result)
    tiled = denoise(image, finished.model, DenoiseConfig(tile=64))
    np.testing.assert_allclose(tiled, result, rtol=1e-5)


def test_it_is_said_why_every_second_row_is_an_image_of_its_own() -> None:
    image = Image(enlarged(cells(side=96).noisy), "YX")
    note = Trainer([image], Preset.INSTANT.config(device="cpu")).plan.note
    assert "share their noise" in note
    assert "every second row and second column" in note


def test_of_two_directions_the_one_is_named_in_which_noise_is_shared() -> None:
    wide = zoom(cells(side=128).noisy, (1, 2), order=1, grid_mode=True, mode="nearest")
    trainer = Trainer([Image(wide, "YX")], Preset.INSTANT.config(device="cpu"))
    assert trainer.plan.noise_distance == (1, 2)
    assert "every second column is" in trainer.plan.note


def test_whoever_knows_the_distance_of_noise_is_not_told_another() -> None:
    image = Image(enlarged(cells(side=96).noisy), "YX")
    for distance in ((1, 1), (1, 3)):
        config = Preset.INSTANT.config(device="cpu", noise_distance=distance)
        plan = Trainer([image], config).plan
        assert plan.noise_distance == distance
        assert not plan.note


def test_the_noise_of_an_enlarged_image_is_that_of_every_second_row() -> None:
    sample = cells(side=160)
    before = last(Image(sample.noisy, "YX"), Preset.INSTANT.config(device="cpu")).model
    image = Image(enlarged(sample.noisy), "YX")
    after = last(image, Preset.INSTANT.config(device="cpu")).model
    assert after.domains[0].sigma > before.domains[0].sigma / 2
    own = denoise(image, after, DenoiseConfig(noise="image"))
    np.testing.assert_allclose(own, denoise(image, after), rtol=0.05)
    assert after.domains[0].detail is None


def test_images_whose_rows_and_columns_are_nothing_but_borders_are_refused() -> None:
    pixels = np.random.default_rng(0).poisson(20, (31, 60)).astype(np.float32)
    config = Preset.INSTANT.config(device="cpu", noise_distance=(4, 4))
    with pytest.raises(ConfigurationError, match="found 7 × 15: choose a smaller distance"):
        Trainer([Image(pixels, "YX")], config)


def test_training_from_scratch_on_an_enlarged_image_learns_the_image_and_not_its_noise() -> None:
    sample = cells(side=160)
    noisy, clean = enlarged(sample.noisy), enlarged(sample.clean)
    image = Image(noisy, "YX")
    config = TrainingConfig(start="scratch", steps=60, device="cpu")
    found = denoise(image, last(image, config).model)
    alone = denoise(image, last(image, config.model_copy(update={"noise_distance": (1, 1)})).model)
    assert affine_psnr(found, clean) > affine_psnr(noisy, clean) + 3
    assert affine_psnr(alone, clean) < affine_psnr(noisy, clean) + 1


def test_patches_are_those_of_every_second_row_and_column() -> None:
    noisy = enlarged(cells(side=96).noisy)
    marked = np.zeros(noisy.shape, bool)
    marked[::2, ::2] = True
    config = TrainingConfig(steps=1, **LITTLE | {"patch": (96, 128)})
    trainer = Trainer([Image(noisy, "YX", mask=marked)], config)
    assert trainer.plan.patch == (96, 96)
    patch = trainer._batches.draw("none")[0][0, 0]
    shown = torch.from_numpy(trainer.domains[0].forward(noisy))
    torch.testing.assert_close(patch, shown[::2, ::2])


def test_a_model_that_training_starts_from_does_not_tell_the_distance_of_noise() -> None:
    apart = Image(enlarged(cells(side=96).noisy), "YX")
    alone = Image(cells(side=96).noisy, "YX")
    config = TrainingConfig(steps=1, **LITTLE)
    for first, second, distance in ((alone, apart, (2, 2)), (apart, alone, (1, 1))):
        model = last(first, Preset.INSTANT.config(device="cpu")).model
        assert Trainer([second], config, start=model).plan.noise_distance == distance


def test_a_run_that_looks_apart_goes_on_that_way(tmp_path: Path) -> None:
    image = Image(enlarged(cells(side=96).noisy), "YX")
    config = TrainingConfig(steps=4, **LITTLE)
    whole = last(image, config).model
    trainer = Trainer([image], config)
    *_, part = trainer.events(lambda: trainer.step == 2)
    assert isinstance(part, Finished)
    save_model(part.model, tmp_path / "m.safetensors")
    *_, resumed = train([image], resume=load_model(tmp_path / "m.safetensors"))
    assert isinstance(resumed, Finished)
    assert resumed.model.noise_distance == whole.noise_distance == (2, 2)
    for name, weight in whole.weights.items():
        assert torch.equal(resumed.model.weights[name], weight)


def deepened(planes: int = 12, side: int = 64) -> Image:
    """A stack that was enlarged along Z."""
    rng = np.random.default_rng(0)
    light = np.linspace(20, 60, planes)[:, None, None] * np.ones((planes, side, side))
    photons = rng.poisson(light).astype(np.float32)
    deep = zoom(photons, (2, 1, 1), order=1, mode="nearest", grid_mode=True)
    return Image(deep, "ZYX")


def test_a_stack_whose_planes_share_their_noise_is_denoised_plane_by_plane(tmp_path: Path) -> None:
    image = deepened()
    config = TrainingConfig(steps=2, **LITTLE | {"patch": (8, 16, 16)})
    trainer = Trainer([image], config)
    assert trainer.plan.patch == (16, 16)
    assert trainer.plan.network.spatial_dims == 2
    assert not trainer.plan.depth
    assert "Neighbouring planes share their noise" in trainer.plan.note
    *_, part = trainer.events(lambda: trainer.step == 1)
    assert isinstance(part, Finished)
    np.testing.assert_allclose(
        denoise(image, part.model)[5:6],
        denoise(Image(image.data[5:6], "ZYX"), part.model),
        rtol=1e-5,
    )
    save_model(part.model, tmp_path / "m.safetensors")
    again = load_model(tmp_path / "m.safetensors")
    # Also with the settings of a form, which knows the stack as a volume.
    for settings in (None, config):
        assert Trainer([image], settings, resume=again).plan.network.spatial_dims == 2


def test_a_volume_stays_one_where_it_is_asked_for_or_its_planes_differ() -> None:
    rng = np.random.default_rng(0)
    sharp = Image(rng.poisson(20, (9, 48, 48)).astype(np.float32), "ZYX")
    small = LITTLE | {"patch": (8, 16, 16)}
    asked = TrainingConfig(steps=1, spatial_dims=3, **small)
    automatic = TrainingConfig(steps=1, **small)
    for image, config in ((deepened(), asked), (sharp, automatic)):
        plan = Trainer([image], config).plan
        assert plan.network.spatial_dims == 3
        assert "planes" not in plan.note
    begun = last(deepened(), asked).model
    for trainer in (
        Trainer([deepened()], automatic, start=begun),
        Trainer([deepened()], automatic, resume=begun),
    ):
        assert trainer.plan.network.spatial_dims == 3


def test_whoever_gives_a_number_of_steps_gets_them() -> None:
    assert Trainer([shared_noise(shared=0.5)], TrainingConfig(steps=1, **LITTLE)).plan.steps == 1


def test_an_image_without_noise_is_trained_on() -> None:
    pixels = np.zeros((64, 64), np.uint8)
    pixels[20:40, 20:40] = 1
    *_, last = train([Image(pixels, "YX")], TrainingConfig(steps=2))
    assert isinstance(last, Finished)
    assert math.isnan(last.change)
