from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_noise2same.core.denoising import denoise
from napari_noise2same.core.errors import (
    ConfigurationError,
    DeviceError,
    TrainingError,
)
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import HISTORY_COLUMNS
from napari_noise2same.core.settings import AdaptiveLambda, FixedLambda, TrainingConfig
from napari_noise2same.core.training import (
    Finished,
    Recovered,
    Started,
    StepDone,
    Trainer,
    Validated,
    train,
    trainer,
)
from napari_noise2same.core.training.patches import PatchSampler
from napari_noise2same.core.training.validation import Validation
from noise2same_testing.training import equal_weights, model_of, run, steps_of

Config = Callable[..., TrainingConfig]
Picture = Callable[..., NDArray[np.float32]]
Break = Callable[[Callable[[int, torch.Tensor], torch.Tensor | None]], None]


@pytest.mark.parametrize("within", [torch.no_grad, torch.inference_mode])
def test_gradients_are_there_within_what_takes_them_away(
    image: Image, make_config: Config, within: Callable[[], Any]
) -> None:
    config = make_config(steps=4)
    with within():
        events = train([image], config)
        model = model_of(list(events))
        assert not torch.is_grad_enabled()
    assert equal_weights(model, model_of(run(image, config)))
    assert not any(tensor.is_inference() for tensor in model.weights.values())


def test_events_come_in_order(image: Image, make_config: Config) -> None:
    events = run(image, make_config(steps=10, validate_every=4))
    kinds = [type(event).__name__ for event in events]
    four = ["StepDone"] * 4 + ["Validated"]
    assert kinds == ["Started", *four, *four, "StepDone", "StepDone", "Validated", "Finished"]
    validated = [event.step for event in events if isinstance(event, Validated)]
    assert validated == [4, 8, 10]


def test_the_start_tells_what_was_chosen(image: Image, make_config: Config) -> None:
    config = make_config(patch=(48, 100))
    started = run(image, config)[0]
    assert isinstance(started, Started)
    assert started.plan.patch == (48, 64)
    assert (started.plan.batch, started.plan.steps) == (4, 12)
    assert started.plan.network == config.network
    assert started.device == "cpu"
    assert started.step == 0
    built = sum(p.numel() for p in Trainer([image], config).snapshot().build().parameters())
    assert started.parameters == built


def test_steps_tell_the_progress(image: Image, make_config: Config) -> None:
    config = make_config(lambda_inv=FixedLambda(value=0.7), learning_rate=1e-3, warm_up=0)
    steps = steps_of(run(image, config))
    assert [step.step for step in steps] == list(range(1, 13))
    assert [step.progress for step in steps] == pytest.approx([n / 12 for n in range(1, 13)])
    seconds = [step.seconds for step in steps]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0
    for step in steps:
        assert step.lambda_inv == 0.7
        assert step.loss == pytest.approx(step.rec + 0.7 * math.sqrt(step.inv + 1e-8), rel=1e-5)
        assert min(step.rec, step.inv, step.blind_spot) > 0
        expected = step.seconds * (12 - step.step) / step.step
        assert step.remaining == pytest.approx(expected)
    assert steps[-1].remaining == 0
    rates = [step.learning_rate for step in steps]
    assert rates[0] == pytest.approx(1e-3)
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 1e-4


def test_lambda_follows_what_the_steps_find(image: Image, make_config: Config) -> None:
    steps = steps_of(run(image, make_config(lambda_inv=AdaptiveLambda(decay=0))))
    for before, after in pairwise(steps):
        assert 0 < after.lambda_inv <= 2 * math.sqrt(before.blind_spot) * (1 + 1e-6)
    assert len({step.lambda_inv for step in steps}) == len(steps)


def test_the_history_is_that_of_the_steps(image: Image, make_config: Config) -> None:
    events = run(image, make_config())
    history = model_of(events).history
    for name in HISTORY_COLUMNS:
        assert history.columns[name].tolist() == [getattr(s, name) for s in steps_of(events)]


def test_the_model_knows_where_it_comes_from(image: Image, make_config: Config) -> None:
    config = make_config(seed=5)
    model = model_of(run(image, config))
    assert model.axes == "YX"
    assert model.seed == 5
    assert TrainingConfig.model_validate(model.settings) == config
    assert model.network == config.network
    assert model.versions.keys() == {"napari-noise2same", "torch", "numpy"}
    assert len(model.domains) == 1


@pytest.mark.parametrize("after", [0, 1, 4, 5, 11, 12])
def test_stops_before_any_step_with_a_model(image: Image, make_config: Config, after: int) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    events = run(image, make_config(), stop=stop)
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == ("completed" if after == 12 else "stopped")
    assert len(steps_of(events)) == after
    assert len(events[-1].model.history) == after
    if after:
        assert isinstance(events[-2], Validated)
        assert events[-2].step == after
    assert np.isfinite(denoise(image, events[-1].model)).all()


def test_a_budget_in_seconds_ends(
    image: Image, make_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock on which every step and every validation takes half a second."""
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.5
        return now

    monkeypatch.setattr(trainer, "time", SimpleNamespace(perf_counter=clock))
    events = run(image, make_config(steps=None, seconds=3.2, validate_every=4))
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "completed"
    assert isinstance(events[-2], Validated)
    steps = steps_of(events)
    # Four steps, a validation, and two steps more make 3.5 seconds.
    assert [step.seconds for step in steps] == [0.5, 1.0, 1.5, 2.0, 3.0, 3.5]
    assert [s.progress for s in steps] == pytest.approx([min(s.seconds / 3.2, 1) for s in steps])
    assert steps[0].remaining == pytest.approx(2.7)
    assert steps[-1].remaining == 0
    assert steps[-1].learning_rate < steps[1].learning_rate


def test_the_model_with_the_lowest_blind_spot_error_is_kept(
    image: Image, make_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = iter([3.0, 1.0, 2.0])
    monkeypatch.setattr(Validation, "error", lambda *_: next(errors))
    run_ = Trainer([image], make_config())
    snapshots, improved = [], []
    for event in run_.events():
        if isinstance(event, Validated):
            snapshots.append(run_.snapshot())
            improved.append(event.improved)
    assert isinstance(event, Finished)
    assert improved == [True, True, False]
    assert [equal_weights(event.model, s) for s in snapshots] == [False, True, False]


def test_the_validated_error_is_that_of_the_averaged_weights(
    image: Image, make_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, torch.Tensor]] = []

    def error(_: object, weights: dict[str, torch.Tensor]) -> float:
        seen.append({name: tensor.clone() for name, tensor in weights.items()})
        return 1.0

    monkeypatch.setattr(Validation, "error", error)
    model = model_of(run(image, make_config(steps=4)))
    assert model.resume is not None
    for name, tensor in seen[0].items():
        assert torch.equal(tensor, model.resume.tensors[f"average.{name}"])
        assert torch.equal(tensor, model.weights[name])
    assert any(
        not torch.equal(tensor, model.resume.tensors[f"network.{name}"])
        for name, tensor in seen[0].items()
    )


def test_a_snapshot_shows_the_present_average(image: Image, make_config: Config) -> None:
    run_ = Trainer([image], make_config())
    first, snapshots = run_.snapshot(), []
    for event in run_.events():
        if isinstance(event, StepDone):
            snapshots.append(run_.snapshot())
    assert len(first.history) == 0
    assert [len(s.history) for s in snapshots] == list(range(1, 13))
    assert not equal_weights(snapshots[0], first)
    assert not equal_weights(snapshots[1], snapshots[0])


def test_the_seed_decides_everything(image: Image, make_config: Config) -> None:
    first, second, other = (model_of(run(image, make_config(seed=s))) for s in (3, 3, 4))
    assert equal_weights(first, second)
    assert not equal_weights(first, other)
    for name in HISTORY_COLUMNS:
        assert first.history.columns[name].tolist() == second.history.columns[name].tolist()
    assert first.history.columns["loss"].tolist() != other.history.columns["loss"].tolist()


def test_the_seed_decides_the_patches(
    image: Image, make_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[torch.Tensor] = []
    draw = PatchSampler.draw

    def spy(*arguments: Any) -> torch.Tensor:
        drawn.append(draw(*arguments))
        return drawn[-1]

    runs = [Trainer([image], make_config(steps=1, seed=seed)) for seed in (3, 3, 4)]
    monkeypatch.setattr(PatchSampler, "draw", spy)
    for run_ in runs:
        list(run_.events())
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_global_generators_are_neither_used_nor_moved(image: Image, make_config: Config) -> None:
    torch.manual_seed(1)
    first = model_of(run(image, make_config()))
    torch.manual_seed(2)
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index] # noqa: NPY002
    second = model_of(run(image, make_config()))
    assert torch.equal(torch.get_rng_state(), before)
    assert np.random.get_state()[1].tolist() == numpy_before  # type: ignore[index] # noqa: NPY002
    assert equal_weights(first, second)


def test_a_step_that_is_not_finite_is_reported_and_training_goes_on(
    image: Image, make_config: Config, break_network: Break
) -> None:
    break_network(lambda step, output: output * torch.nan if step in (3, 8) else None)
    config = make_config(steps=12, learning_rate=1e-3, warm_up=0)
    events = run(image, config)
    recovered = [event for event in events if isinstance(event, Recovered)]
    assert recovered == [Recovered(3, 0.5), Recovered(8, 0.25)]
    steps = steps_of(events)
    assert [step.step for step in steps] == [1, 2, 4, 5, 6, 7, 9, 10, 11, 12]
    ideal = [1e-3 * 0.5 * (1 + math.cos(math.pi * (s.step - 1) / 12)) for s in steps]
    scale = [1.0] * 2 + [0.5] * 4 + [0.25] * 4
    assert [s.learning_rate for s in steps] == pytest.approx(
        [a * b for a, b in zip(ideal, scale, strict=True)]
    )
    model = model_of(events)
    assert model.history.columns["step"].tolist() == [step.step for step in steps]
    assert all(torch.isfinite(tensor).all() for tensor in model.weights.values())


def test_training_that_never_becomes_finite_ends_in_an_error(
    image: Image, make_config: Config, break_network: Break
) -> None:
    break_network(lambda _, output: output * torch.nan)
    with pytest.raises(TrainingError, match="finite loss"):
        run(image, make_config())


def test_want_of_memory_is_one_clear_error(
    image: Image, make_config: Config, break_network: Break
) -> None:
    def fail(_: int, __: torch.Tensor) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    break_network(fail)
    with pytest.raises(DeviceError, match="memory of cpu does not suffice"):
        run(image, make_config())


def test_other_errors_of_the_device_pass(
    image: Image, make_config: Config, break_network: Break
) -> None:
    def fail(_: int, __: torch.Tensor) -> None:
        raise RuntimeError("device-side assert triggered")

    break_network(fail)
    with pytest.raises(RuntimeError, match="device-side assert"):
        run(image, make_config())


def test_an_unknown_device_is_refused(image: Image, make_config: Config) -> None:
    with pytest.raises(ConfigurationError, match="found 'tpu'"):
        Trainer([image], make_config(device="tpu"))
