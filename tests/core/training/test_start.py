from __future__ import annotations

from typing import Any

import pytest
import torch

from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.model import ResumeState, TrainedModel, load_pretrained
from napari_noise2same.core.networks import build_network
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import FixedLambda, NetworkConfig, TrainingConfig
from napari_noise2same.core.training.start import Start, choose_start, resumable_state

SMALL = NetworkConfig(widths=(4, 6))


def model(**settings: Any) -> TrainedModel:
    weights = build_network(SMALL).state_dict()
    return TrainedModel(SMALL, weights, (Domain(0.0, 1.0, 0.5),), "YX", **settings)


def start(channels: int = 1, **settings: Any) -> Start:
    return choose_start(TrainingConfig(**settings), 2, channels)


def test_training_starts_at_the_shipped_weights() -> None:
    chosen, shipped = start(), load_pretrained(2)
    assert (chosen.kind, chosen.network, chosen.reason) == ("pretrained", shipped.network, "")
    assert chosen.weights is not None
    for name, tensor in shipped.weights.items():
        assert torch.equal(chosen.weights[name], tensor)


def test_scratch_needs_no_reason() -> None:
    chosen = start(start="scratch")
    assert (chosen.kind, chosen.weights, chosen.reason) == ("scratch", None, "")
    assert chosen.network == NetworkConfig.small()


@pytest.mark.parametrize(
    ("channels", "network", "reason"),
    [(2, None, "channels one by one"), (1, SMALL, "another network")],
)
def test_where_the_shipped_weights_do_not_fit_it_says_so(
    channels: int, network: NetworkConfig | None, reason: str
) -> None:
    chosen = start(channels, network=network)
    assert (chosen.kind, chosen.weights) == ("scratch", None)
    assert reason in chosen.reason
    assert chosen.network == (network or NetworkConfig.small(2, channels))


def test_a_model_of_the_users_counts_before_the_settings() -> None:
    given = model()
    chosen = choose_start(TrainingConfig(start="scratch"), 2, 1, model=given)
    assert (chosen.kind, chosen.network, chosen.weights) == ("model", SMALL, given.weights)


@pytest.mark.parametrize("kind", ["pretrained", "scratch", "model"])
def test_a_run_that_goes_on_keeps_its_start(kind: Any) -> None:
    chosen = choose_start(TrainingConfig(), 2, 1, resume=model(start=kind))
    assert (chosen.kind, chosen.network) == (kind, SMALL)
    assert (chosen.weights is None) == (kind == "scratch")


@pytest.mark.parametrize(("dims", "channels"), [(3, 1), (2, 2)])
def test_a_model_for_other_images_is_refused(dims: Any, channels: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"{dims}D network of {channels} channel"):
        choose_start(TrainingConfig(), dims, channels, model=model())


def test_another_strategy_domain_third_axis_or_distance_cannot_go_on() -> None:
    names = ("step", "steps", "seconds", "sigma", "best_error", "learner", "strategy")
    state = ResumeState({}, dict.fromkeys(names))
    before = model(settings=TrainingConfig().model_dump(mode="json"), resume=state)
    assert resumable_state(before, TrainingConfig(steps=5)) is state
    others: tuple[dict[str, Any], ...] = (
        {"lambda_inv": FixedLambda()},
        {"domain": "linear"},
        {"depth_axis": "T"},
        {"noise_distance": (1, 2)},
    )
    for changes in others:
        with pytest.raises(ConfigurationError, match="leave them as they are"):
            resumable_state(before, TrainingConfig(**changes))


def test_a_model_without_state_cannot_go_on() -> None:
    with pytest.raises(ConfigurationError, match="train anew"):
        resumable_state(model(), TrainingConfig())
