"""A run that was interrupted and resumed equals the uninterrupted one, bit for bit."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_noise2same.core.errors import AxesError, ConfigurationError
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import HISTORY_COLUMNS, TrainedModel, load_model, save_model
from napari_noise2same.core.settings import (
    AdaptiveLambda,
    CalibratedLambda,
    FixedLambda,
    MaskConfig,
    NetworkConfig,
    Noise2InfoLambda,
    Preset,
    StagedLambda,
    TrainingConfig,
)
from napari_noise2same.core.training import Finished, Recovered, Started, Trainer, train
from napari_noise2same.core.training.validation import Validation
from noise2same_testing.training import finish

Config = Callable[..., TrainingConfig]
Picture = Callable[..., NDArray[np.float32]]
Break = Callable[[Callable[[int, torch.Tensor], torch.Tensor | None]], None]


def through_a_file(model: TrainedModel, folder: Path) -> TrainedModel:
    save_model(model, folder / "model.safetensors")
    return load_model(folder / "model.safetensors")


def assert_equal_runs(found: TrainedModel, expected: TrainedModel) -> None:
    """All but the time that was spent."""
    assert found.domains == expected.domains
    assert found.settings == expected.settings
    for name in HISTORY_COLUMNS:
        np.testing.assert_array_equal(found.history.columns[name], expected.history.columns[name])
    assert_equal_tensors(found.weights, expected.weights)
    assert found.resume is not None
    assert expected.resume is not None
    assert_equal_tensors(found.resume.tensors, expected.resume.tensors)
    timeless = {"seconds": 0.0}
    assert {**found.resume.values, **timeless} == {**expected.resume.values, **timeless}


def assert_equal_tensors(found: Any, expected: Any) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name


@pytest.mark.parametrize("after", [0, 1, 3, 4, 5, 8, 11, 12])
def test_a_run_interrupted_at_any_step(
    image: Image, make_config: Config, tmp_path: Path, after: int
) -> None:
    config = make_config()
    whole = finish(image, config)
    first = finish(image, config, after=after)
    assert len(first.model.history) == after
    second = finish(image, None, resume=through_a_file(first.model, tmp_path))
    assert second.reason == "completed"
    assert_equal_runs(second.model, whole.model)


@pytest.mark.parametrize(
    "strategy",
    [
        FixedLambda(value=1.5),
        AdaptiveLambda(),
        CalibratedLambda(decay=0.7),
        CalibratedLambda(sigma="noise"),
        Noise2InfoLambda(every=3),
        StagedLambda(),
    ],
    ids=lambda strategy: strategy.kind,
)
def test_every_strategy_goes_on_where_it_was(
    image: Image, make_config: Config, tmp_path: Path, strategy: Any
) -> None:
    config = make_config(lambda_inv=strategy, mask=MaskConfig(replacement="gaussian"))
    whole = finish(image, config)
    first = finish(image, config, after=7)
    second = finish(image, None, resume=through_a_file(first.model, tmp_path))
    assert_equal_runs(second.model, whole.model)


def test_a_run_interrupted_again_and_again(image: Image, make_config: Config) -> None:
    config = make_config()
    model = finish(image, config, after=1).model
    for after in (2, 6, 7, 10, None):
        model = finish(image, None, resume=model, after=after).model
    assert_equal_runs(model, finish(image, config).model)


def test_stopping_leaves_no_trace_in_what_follows(
    image: Image, make_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best of a stopped run may be a model that the whole run would never have tried."""
    start = Trainer([image], make_config()).snapshot().weights

    def distance(_: object, weights: dict[str, torch.Tensor]) -> float:
        return sum(float((weights[name] - start[name]).square().sum()) for name in weights)

    monkeypatch.setattr(Validation, "error", distance)
    whole = finish(image, make_config())
    first = finish(image, make_config(), after=2)
    assert not torch.equal(first.model.weights["head.weight"], start["head.weight"])
    assert_equal_runs(finish(image, None, resume=first.model).model, whole.model)


def test_a_recovered_run_goes_on_with_its_smaller_rate(
    image: Image, make_config: Config, break_network: Break
) -> None:
    def fail_once(step: int, output: torch.Tensor) -> torch.Tensor | None:
        return output * torch.nan if step == 3 else None

    break_network(fail_once)
    whole = finish(image, make_config())
    for after in (3, 5):
        break_network(fail_once)
        first = finish(image, make_config(), after=after)
        assert_equal_runs(finish(image, None, resume=first.model).model, whole.model)


def test_resuming_does_not_change_the_model_it_goes_on_from(
    image: Image, make_config: Config
) -> None:
    first = finish(image, make_config(), after=6).model
    assert first.resume is not None
    tensors = {**first.weights, **first.resume.tensors}
    kept = {name: tensor.clone() for name, tensor in tensors.items()}
    finish(image, None, resume=first)
    assert_equal_tensors({**first.weights, **first.resume.tensors}, kept)
    assert len(first.history) == 6


def test_a_resumed_run_tells_where_it_begins(image: Image, make_config: Config) -> None:
    first = finish(image, make_config(), after=5).model
    started, *_ = train([image], resume=first)
    assert isinstance(started, Started)
    assert started.step == 5


def test_a_completed_run_is_complete(image: Image, make_config: Config) -> None:
    whole = finish(image, make_config()).model
    events = list(train([image], resume=whole))
    assert [type(event) for event in events] == [Started, Finished]
    assert isinstance(events[-1], Finished)
    assert_equal_runs(events[-1].model, whole)


def test_a_completed_run_can_be_extended(image: Image, make_config: Config) -> None:
    whole = finish(image, make_config()).model
    longer = finish(image, make_config(steps=16), resume=whole).model
    assert longer.history.columns["step"].tolist() == list(range(1, 17))
    np.testing.assert_array_equal(
        longer.history.columns["loss"][:12], whole.history.columns["loss"]
    )


def test_a_budget_in_seconds_goes_on(image: Image, make_config: Config) -> None:
    config = make_config(steps=None, seconds=1000.0)
    first = finish(image, config, after=3).model
    assert first.resume is not None
    spent = first.resume.values["seconds"]
    trainer = Trainer([image], resume=first)
    assert trainer.seconds == spent > 0


def test_domains_are_those_of_the_interrupted_run(
    image: Image, make_picture: Picture, make_config: Config
) -> None:
    first = finish(image, make_config(), after=3).model
    other = Image(make_picture(64, 64, seed=7) * 3, "YX")
    assert finish(other, None, resume=first).model.domains == first.domains


@pytest.mark.parametrize("factor", [1 / 200, 200])
@pytest.mark.parametrize("domain", ["stabilised", "linear"])
def test_images_of_quite_other_noise_cannot_go_on(
    image: Image, make_config: Config, factor: float, domain: str
) -> None:
    first = finish(image, make_config(domain=domain), after=1).model
    other = Image(np.asarray(image.data) * np.float32(factor), "YX")
    with pytest.raises(ConfigurationError, match="found noise ten times weaker or stronger"):
        Trainer([other], resume=first)
    assert Trainer([other], start=first).domains != first.domains


def test_images_without_noise_go_on(image: Image, make_config: Config) -> None:
    ramp = Image(np.add.outer(np.arange(64.0), np.arange(64.0)).astype(np.float32), "YX")
    for before, after in ((image, ramp), (ramp, image)):
        model = finish(before, make_config(), after=1).model
        assert Trainer([after], resume=model).domains == model.domains


def test_another_network_cannot_go_on(image: Image, make_config: Config) -> None:
    first = finish(image, make_config(), after=3).model
    config = make_config(network=NetworkConfig(widths=(4, 4)))
    with pytest.raises(ConfigurationError, match="the same network"):
        Trainer([image], config, resume=first)


def test_a_model_without_its_state_cannot_go_on(image: Image, make_config: Config) -> None:
    first = finish(image, make_config(), after=3).model
    with pytest.raises(ConfigurationError, match="state of its training"):
        Trainer([image], resume=replace(first, resume=None))


def test_an_image_of_other_channels_cannot_go_on(
    image: Image, make_picture: Picture, make_config: Config
) -> None:
    first = finish(Image(make_picture(3, 40, 40), "CYX"), make_config(), after=2).model
    with pytest.raises(AxesError, match="3 channels"):
        Trainer([Image(make_picture(2, 40, 40), "CYX")], resume=first)
    one = finish(image, make_config(), after=2).model
    trainer = Trainer([Image(make_picture(2, 40, 40), "CYX")], resume=one)
    assert trainer.domains == one.domains * 2


def test_recoveries_are_not_forgotten(
    image: Image, make_config: Config, break_network: Break
) -> None:
    break_network(lambda step, y: y * torch.nan if step in (2, 5) else None)
    first = finish(image, make_config(), after=3).model
    events = list(train([image], resume=first))
    assert [e for e in events if isinstance(e, Recovered)] == [Recovered(5, 0.25)]


@pytest.mark.parametrize("start", ["pretrained", "model"])
def test_the_change_is_against_the_weights_at_the_very_start(
    image: Image,
    make_config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    start: str,
) -> None:
    """Where every step is for the better, so that there is a change."""
    errors = itertools.count(0, -1)
    monkeypatch.setattr(Validation, "error", lambda *_: next(errors))
    monkeypatch.setattr(Validation, "risk", lambda *_: next(errors))
    config = make_config(network=None)
    given = finish(image, make_config()).model if start == "model" else None
    trainer = Trainer([image], config, start=given)
    *_, whole = trainer.events()
    trainer = Trainer([image], config, start=given)
    *_, first = trainer.events(lambda: trainer.step == 8)
    assert isinstance(whole, Finished)
    assert isinstance(first, Finished)

    second = finish(image, None, resume=through_a_file(first.model, tmp_path))
    assert second.change == whole.change > 0

    no_more = make_config(network=None, steps=0)
    assert finish(image, no_more, resume=second.model).change == whole.change


def test_the_teacher_goes_on_as_well(
    image: Image, make_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_noise2same.core.training.teacher._RENEWAL", 3)
    config = make_config(network=None)
    whole = finish(image, config).model
    for after in (3, 5):
        stopped = through_a_file(finish(image, config, after=after).model, tmp_path)
        assert_equal_runs(finish(image, None, resume=stopped).model, whole)


def test_a_resumed_instant_model_is_not_trained(image: Image, make_picture: Picture) -> None:
    instant = finish(image, Preset.INSTANT.config(device="cpu")).model

    for picture in (image, Image(make_picture(96, 96), "YX")):
        assert len(finish(picture, None, resume=instant).model.history) == 0


def test_a_run_that_noise_with_structure_has_ended_is_at_its_end_when_resumed() -> None:
    noise = np.random.default_rng(0).standard_normal((128, 129))
    image = Image((100 + noise[:, 1:] + 0.5 * noise[:, :-1]).astype(np.float32), "YX")
    config = TrainingConfig(patch=(32, 32), batch=2, device="cpu")
    first = finish(image, config).model
    assert len(first.history) == 0

    again = finish(image, None, resume=first)

    assert (again.reason, len(again.model.history)) == ("completed", 0)


def test_a_resumed_run_has_the_length_that_was_chosen_before(
    image: Image, make_picture: Picture, make_config: Config
) -> None:
    config = make_config(steps=None, effort=0.02)
    first = finish(image, config, after=1).model
    larger = Image(make_picture(256, 256), "YX")

    expected = Trainer([image], config).plan.steps
    assert Trainer([larger], config).plan.steps != expected
    assert Trainer([larger], resume=first).plan.steps == expected
    assert Trainer([larger], make_config(steps=None, effort=0.05), resume=first).plan.steps != (
        expected
    )


@pytest.mark.parametrize("group", ["network", "average", "random", "best", "first", "teacher"])
def test_a_state_without_all_of_its_tensors_is_refused(
    image: Image, make_config: Config, group: str
) -> None:
    first = finish(image, make_config(network=None), after=3).model
    assert first.resume is not None
    tensors = {k: v for k, v in first.resume.tensors.items() if not k.startswith(f"{group}.")}
    lost = replace(first, resume=replace(first.resume, tensors=tensors))
    with pytest.raises(ConfigurationError, match="whole state"):
        Trainer([image], resume=lost)


@pytest.mark.parametrize("name", ["step", "steps", "sigma", "learner"])
def test_a_state_without_all_of_its_numbers_is_refused(
    image: Image, make_config: Config, name: str
) -> None:
    first = finish(image, make_config(), after=3).model
    assert first.resume is not None
    values = {k: v for k, v in first.resume.values.items() if k != name}
    lost = replace(first, resume=replace(first.resume, values=values))
    with pytest.raises(ConfigurationError, match=rf"missing \({name}\)"):
        Trainer([image], resume=lost)


def test_settings_of_another_version_are_refused(image: Image, make_config: Config) -> None:
    first = finish(image, make_config(), after=3).model
    later = replace(first, settings={**first.settings, "hyperdrive": True})
    with pytest.raises(ConfigurationError, match="hyperdrive"):
        Trainer([image], resume=later)
