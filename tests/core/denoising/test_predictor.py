from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from napari_noise2same.core.denoising import (
    DenoiseFinished,
    Denoiser,
)
from napari_noise2same.core.errors import DeviceError
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import DenoiseConfig, Precision, Preset
from napari_noise2same.core.training import Finished, train
from noise2same_testing.arrays import picture
from noise2same_testing.denoising import assert_same, run

ModelFactory = Callable[..., TrainedModel]

LINEAR = Domain(100.0, 50.0, 0.2)


@pytest.mark.parametrize(("precision", "tolerance"), [("bfloat16", 0.02), ("float16", 0.002)])
def test_half_precision_is_close_to_full(
    make_model: ModelFactory, precision: Precision, tolerance: float
) -> None:
    model, image = make_model(domain=LINEAR), Image(picture(50, 50), "YX")
    full = run(image, model)
    half = run(image, model, precision=precision)
    assert half.dtype == np.float32
    difference = float(np.sqrt(np.mean((half - full) ** 2)) / full.std())
    assert 0 < difference < tolerance


@pytest.mark.parametrize(("precision", "tolerance"), [("bfloat16", 0.3), ("float16", 0.05)])
def test_half_precision_does_not_round_images_that_are_far_brighter_than_their_noise(
    precision: Precision, tolerance: float
) -> None:
    ramp = np.linspace(100, 2000, 128)[:, None] + 300 * np.sin(np.arange(128) / 9)
    image = Image((ramp + picture(128, 128) / 50).astype(np.float32), "YX")
    *_, finished = train([image], Preset.INSTANT.config())
    assert isinstance(finished, Finished)
    full = run(image, finished.model, precision="float32")
    half = run(image, finished.model, precision=precision)
    assert 0 < np.std(half - full) < tolerance


@pytest.mark.parametrize(("fast", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_half_precision_is_the_default_where_it_is_faster(
    make_model: ModelFactory, monkeypatch: pytest.MonkeyPatch, fast: bool, precision: Precision
) -> None:
    name = "napari_noise2same.core.denoising.predictor.has_fast_bfloat16"
    monkeypatch.setattr(name, lambda _: fast)
    model, image = make_model(domain=LINEAR), Image(picture(50, 50), "YX")
    np.testing.assert_array_equal(run(image, model), run(image, model, precision=precision))


@pytest.mark.parametrize(("axes", "shape"), [("YX", (40, 56)), ("ZYX", (9, 20, 24))])
def test_averaging_is_the_mean_over_all_flips_and_turns(
    make_model: ModelFactory, axes: str, shape: tuple[int, ...]
) -> None:
    model = make_model(spatial_dims=len(axes), domain=LINEAR)
    values = picture(*shape)
    views = []
    for turns in range(4):
        for flip in (False, True):
            turned = np.rot90(values, turns, (-2, -1))
            turned = np.flip(turned, -1) if flip else turned
            clean = run(Image(np.ascontiguousarray(turned), axes), model)
            clean = np.flip(clean, -1) if flip else clean
            views.append(np.rot90(clean, -turns, (-2, -1)))
    averaged = run(Image(values, axes), model, averaging=True)
    assert_same(averaged, np.mean(views, axis=0))
    assert not np.allclose(averaged, views[0], rtol=1e-3)


def test_models_of_more_than_the_usual_effort_average_unless_told_otherwise(
    make_model: ModelFactory,
) -> None:
    image = Image(picture(40, 56), "YX")
    once, mean = (run(image, make_model(), averaging=averaging) for averaging in (False, True))
    assert not np.array_equal(once, mean)
    for effort in (0.0, 0.2, 1.0):
        assert_same(run(image, replace(make_model(), settings={"effort": effort})), once)
    thorough = replace(make_model(), settings=Preset.BEST.config().model_dump(mode="json"))
    assert_same(run(image, thorough), mean)
    assert_same(run(image, thorough, averaging=False), once)


class Memory:
    """A device on which no more than so many pixels fit."""

    def __init__(self, pixels: int, error: Callable[[], RuntimeError]) -> None:
        self.pixels = pixels
        self.error = error
        self.failures = 0
        self.largest = 0

    def check(self, _: Any, inputs: tuple[torch.Tensor]) -> None:
        size = inputs[0][0, 0].numel()
        if size > self.pixels:
            self.failures += 1
            raise self.error()
        self.largest = max(self.largest, size)


OUT_OF_MEMORY = [
    lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    lambda: RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 B."),
    lambda: RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
    lambda: RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)."),
]


def limit_memory(
    monkeypatch: pytest.MonkeyPatch,
    pixels: int,
    error: Callable[[], RuntimeError] = OUT_OF_MEMORY[0],
) -> Memory:
    memory, build = Memory(pixels, error), TrainedModel.build

    def limited(model: TrainedModel) -> Any:
        network = build(model)
        network.register_forward_pre_hook(memory.check)
        return network

    monkeypatch.setattr(TrainedModel, "build", limited)
    return memory


@pytest.mark.parametrize("error", OUT_OF_MEMORY)
@pytest.mark.parametrize("averaging", [False, True])
def test_out_of_memory_halves_the_tile_and_goes_on(
    make_model: ModelFactory,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], RuntimeError],
    averaging: bool,
) -> None:
    model, values = make_model(), picture(150, 131)
    expected = run(Image(values, "YX"), model, averaging=averaging)
    memory = limit_memory(monkeypatch, 8000, error)
    denoiser = Denoiser(Image(values, "YX"), model, DenoiseConfig(averaging=averaging))
    *_, last = denoiser.events()
    assert isinstance(last, DenoiseFinished)
    assert_same(last.image, expected)
    assert memory.failures > 0
    assert memory.largest <= 8000


def test_the_tile_that_memory_allowed_is_reported(
    make_model: ModelFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_memory(monkeypatch, 8000)
    *_, last = Denoiser(Image(picture(150, 131), "YX"), make_model()).events()
    assert isinstance(last, DenoiseFinished)
    assert 0 < last.tile[0] * last.tile[1] <= 8000


def test_memory_of_a_volume_is_halved_along_its_longest_axis(
    make_model: ModelFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, values = make_model(spatial_dims=3, widths=(3,)), picture(20, 21, 90)
    expected = run(Image(values, "ZYX"), model)
    memory = limit_memory(monkeypatch, values.size - 1)
    *_, last = Denoiser(Image(values, "ZYX"), model).events()
    assert isinstance(last, DenoiseFinished)
    assert_same(last.image, expected)
    assert last.tile == (20, 21, 45)
    assert memory.failures == 1
    assert memory.largest < 20 * 21 * 60  # half of X and its context; half of Z would be more


def test_after_one_failure_the_next_tiles_are_small_at_once(
    make_model: ModelFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = limit_memory(monkeypatch, 8000)
    run(Image(picture(150, 131), "YX"), make_model())
    failures = memory.failures
    run(Image(picture(9, 150, 131), "TYX"), make_model())
    assert memory.failures == 2 * failures


def test_memory_that_just_suffices_for_a_half_is_used(
    make_model: ModelFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small images are mostly context: half of one has more than half of its pixels."""
    model, values = make_model(), picture(64, 64)
    expected = run(Image(values, "YX"), model)
    limit_memory(monkeypatch, 64 * 60)
    assert_same(run(Image(values, "YX"), model), expected)


def test_hopeless_memory_is_one_clear_error(
    make_model: ModelFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_memory(monkeypatch, 50)
    with pytest.raises(DeviceError, match="memory of cpu does not suffice"):
        run(Image(picture(150, 131), "YX"), make_model())


def test_other_errors_of_the_device_are_not_taken_for_want_of_memory(
    make_model: ModelFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = limit_memory(monkeypatch, 50, lambda: RuntimeError("device-side assert triggered"))
    with pytest.raises(RuntimeError, match="device-side assert"):
        run(Image(picture(60, 60), "YX"), make_model())
    assert memory.failures == 1
