from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter

from napari_noise2same.core.denoising import denoise
from napari_noise2same.core.errors import ConfigurationError, ImageError
from napari_noise2same.core.io import Image
from napari_noise2same.core.metrics import affine_psnr
from napari_noise2same.core.settings import DenoiseConfig, Stage, StagedLambda, TrainingConfig
from napari_noise2same.core.training import (
    Finished,
    Recovered,
    Started,
    Trainer,
    Validated,
    train,
)
from napari_noise2same.core.training.patches import PatchSampler
from noise2same_testing.training import equal_weights, model_of, run, steps_of

Config = Callable[..., TrainingConfig]
Picture = Callable[..., NDArray[np.float32]]
PICTURE = np.eye(32, dtype=np.float32)
Break = Callable[[Callable[[int, torch.Tensor], torch.Tensor | None]], None]


@pytest.mark.parametrize(
    ("axes", "shape", "settings", "domains"),
    [
        ("TYX", (3, 40, 44), {}, 1),
        ("XY", (40, 44), {}, 1),
        ("CYX", (2, 40, 44), {}, 2),
        ("CYX", (2, 40, 44), {"joint_channels": True, "channels": 2}, 2),
        ("YXS", (40, 44, 3), {"joint_channels": True, "channels": 3}, 3),
        ("YXS", (40, 44, 3), {}, 3),
        ("TCYX", (1, 1, 40, 44), {}, 1),
        ("ZCYX", (9, 2, 24, 20), {"spatial_dims": 3}, 2),
        ("ZYX", (9, 24, 20), {"spatial_dims": 2, "patch": (16, 16)}, 1),
        ("ZYX", (1, 24, 20), {"spatial_dims": 3}, 1),
        ("TYX", (9, 24, 20), {"spatial_dims": 3, "depth_axis": "T"}, 1),
        ("TCYX", (9, 2, 24, 20), {"spatial_dims": 3, "depth_axis": "T"}, 2),
        ("TZYX", (9, 3, 24, 20), {"spatial_dims": 3, "depth_axis": "T"}, 1),
        ("YX", (8, 8), {}, 1),
    ],
)
def test_images_of_all_axes_are_trained_on_and_denoised(
    make_picture: Picture,
    make_config: Config,
    axes: str,
    shape: tuple[int, ...],
    settings: dict[str, Any],
    domains: int,
) -> None:
    order = np.argsort(["TZCSYX".index(a) for a in axes])
    values = make_picture(*(shape[i] for i in order)).transpose(np.argsort(order))
    image = Image(values, axes)
    model = model_of(run(image, make_config(steps=4, **settings)))
    assert model.axes == axes
    assert model.depth_axis == settings.get("depth_axis", "Z")
    assert len(model.domains) == domains
    clean = denoise(image, model)
    assert clean.shape == shape
    assert np.isfinite(clean).all()


def test_several_images_of_different_sizes_train_one_model(
    make_picture: Picture, make_config: Config
) -> None:
    small, large = Image(make_picture(20, 50), "YX"), Image(make_picture(70, 60, seed=1), "YX")
    started, *_, last = train([small, large], make_config(steps=4))
    assert isinstance(started, Started)
    assert isinstance(last, Finished)
    assert started.plan.patch == (20, 32)
    for image in (small, large):
        assert denoise(image, last.model).shape == image.data.shape


def test_all_images_are_learnt_from(make_picture: Picture, make_config: Config) -> None:
    images = [Image(make_picture(40, 40, seed=seed), "YX") for seed in (0, 1)]
    config = make_config(steps=4)
    (*_, both), (*_, one) = train(images, config), train(images[:1], config)
    assert isinstance(both, Finished)
    assert isinstance(one, Finished)
    assert not equal_weights(both.model, one.model)
    assert both.model.domains != one.model.domains


@pytest.mark.parametrize("dtype", ["uint8", "int16", ">u2", ">f4", "float16", "float64", "bool"])
def test_images_of_any_type_are_trained_on(
    make_picture: Picture, make_config: Config, dtype: str
) -> None:
    values = make_picture(40, 40)
    values = (values > values.mean()) if dtype == "bool" else values.clip(0, 250).astype(dtype)
    model = model_of(run(Image(values, "YX"), make_config(steps=4)))
    assert np.isfinite(model.history.columns["loss"]).all()


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_not_finite_do_not_disturb_training(
    make_picture: Picture, make_config: Config, odd: float
) -> None:
    values = make_picture(64, 64)
    values[5:9, 7] = values[40, 41] = odd
    events = run(Image(values, "YX"), make_config())
    assert not any(isinstance(event, Recovered) for event in events)
    assert np.isfinite(model_of(events).history.columns["loss"]).all()


@pytest.mark.parametrize("blank", [0.0, 255.0, 0.1, 16_777_217.0, np.nan])
@pytest.mark.parametrize("steps", [0, 3])
def test_a_blank_channel_stays_and_leaves_the_others_alone(
    make_picture: Picture, blank: float, steps: int
) -> None:
    picture = make_picture(40, 40)
    both = np.stack([np.full(picture.shape, blank), picture])
    config = TrainingConfig(steps=steps, device="cpu")
    alone, model = (
        model_of(run(image, config)) for image in (Image(picture, "YX"), Image(both, "CYX"))
    )
    assert model.domains[1:] == alone.domains
    assert equal_weights(alone, model)
    found = denoise(Image(both, "CYX"), model, DenoiseConfig(device="cpu"))
    np.testing.assert_array_equal(found[0], both[0].astype(np.float32))
    np.testing.assert_array_equal(found[1], denoise(Image(picture, "YX"), alone))


@pytest.mark.parametrize("given", [Image(PICTURE, "YX"), [PICTURE], PICTURE, ["noisy.tif"]])
def test_what_is_no_list_of_images_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="Expected a list of images, found"):
        train(given)


@pytest.mark.parametrize("use", ["resume", "start"])
def test_what_is_no_model_is_refused(use: str) -> None:
    given: Any = {use: "model.safetensors"}
    with pytest.raises(ConfigurationError, match="Expected a model, found str"):
        train([Image(PICTURE, "YX")], **given)


def test_channels_that_are_all_blank_are_refused(make_config: Config) -> None:
    with pytest.raises(ImageError, match="constant"):
        Trainer([Image(np.stack([np.zeros((40, 40)), np.ones((40, 40))]), "CYX")], make_config())


def test_single_pixels_that_are_not_finite_do_not_disturb_their_neighbours() -> None:
    scene = 2000 + 1800 * np.outer(np.sin(np.arange(96) / 20), np.cos(np.arange(96) / 17))
    rng = np.random.default_rng(0)
    whole, holes = rng.poisson(scene).astype(np.float32), rng.random(scene.shape) < 0.01
    near = binary_dilation(holes, np.ones((3, 3))) & ~holes
    config = TrainingConfig(steps=0, device="cpu")
    images = Image(whole, "YX"), Image(np.where(holes, np.float32(np.nan), whole), "YX")
    found = [denoise(image, model_of(run(image, config))) for image in images]
    expected, error = (np.square(clean - scene)[near].mean() for clean in found)
    assert error < 1.2 * expected


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.full((40, 40), 7.0), "constant"),
        (np.full((40, 40), np.nan), "only NaN and infinities"),
        (np.zeros((40, 7)), "at least 8 × 8"),
    ],
)
def test_images_that_nothing_can_be_learnt_from_are_refused(
    make_config: Config, values: NDArray[np.float64], match: str
) -> None:
    with pytest.raises(ImageError, match=match):
        Trainer([Image(values, "YX")], make_config())


def test_a_patch_larger_than_the_blocks_of_a_large_image(
    make_picture: Picture, make_config: Config
) -> None:
    image = Image(make_picture(300, 320), "YX")
    config = make_config(steps=1, batch=1, patch=(280, 272), max_pixels=90_000)
    started, *_, last = train([image], config)
    assert isinstance(started, Started)
    assert isinstance(last, Finished)
    assert started.plan.patch == (280, 272)


def test_a_staged_schedule_drives_rate_lambda_and_augmentation(
    image: Image, make_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    augmentations: list[str] = []
    draw = PatchSampler.draw

    def spy(sampler: PatchSampler, batch: int, augmentation: Any, generator: Any) -> torch.Tensor:
        augmentations.append(augmentation)
        return draw(sampler, batch, augmentation, generator)

    def stage(share: float, start: float, stop: float, rate: float, kind: str) -> Stage:
        return Stage.model_validate(
            {
                "share": share,
                "lambda_start": start,
                "lambda_stop": stop,
                "learning_rate": rate,
                "augmentation": kind,
            }
        )

    stages = (
        stage(1, 0.0, 1.0, 1e-4, "flips"),
        stage(2, 1.0, 3.0, 3e-4, "full"),
        stage(1, 5.0, 5.0, 1e-5, "none"),
    )
    run_ = Trainer([image], make_config(steps=8, lambda_inv=StagedLambda(stages=stages)))
    monkeypatch.setattr(PatchSampler, "draw", spy)
    steps = steps_of(list(run_.events()))
    assert [s.lambda_inv for s in steps] == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5, 5, 5])
    assert [s.learning_rate for s in steps] == [1e-4] * 2 + [3e-4] * 4 + [1e-5] * 2
    assert augmentations == ["flips"] * 2 + ["full"] * 4 + ["none"] * 2


@pytest.mark.parametrize("augmentation", ["none", "flips", "full"])
def test_the_augmentation_asked_for_is_used(
    image: Image, make_config: Config, monkeypatch: pytest.MonkeyPatch, augmentation: str
) -> None:
    seen = set()
    draw = PatchSampler.draw
    run_ = Trainer([image], make_config(steps=2, augmentation=augmentation))

    def spy(sampler: PatchSampler, batch: int, kind: Any, generator: Any) -> torch.Tensor:
        seen.add(kind)
        return draw(sampler, batch, kind, generator)

    monkeypatch.setattr(PatchSampler, "draw", spy)
    list(run_.events())
    assert seen == {augmentation}


def test_training_denoises() -> None:
    rng = np.random.default_rng(0)
    blobs = gaussian_filter(rng.standard_normal((96, 96)), 4)
    clean = 5 + 30 * np.clip(blobs / blobs.std(), 0, 2)
    noisy = rng.poisson(clean) + rng.normal(0, 3, clean.shape)
    image = Image(noisy, "YX")
    config = TrainingConfig(steps=120, batch=4, patch=(48, 48), validate_every=40, device="cpu")
    events = run(image, config)
    gain = affine_psnr(denoise(image, model_of(events)), clean) - affine_psnr(noisy, clean)
    assert gain > 5
    errors = [event.error for event in events if isinstance(event, Validated)]
    assert errors[-1] < errors[0]
