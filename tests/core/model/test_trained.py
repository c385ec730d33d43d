from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from napari_noise2same.core.errors import AxesError
from napari_noise2same.core.model import HISTORY_COLUMNS, History, TrainedModel
from napari_noise2same.core.settings import NetworkConfig


def of_channels(model: TrainedModel, channels: int, *, joint: bool) -> TrainedModel:
    network = NetworkConfig(channels=channels if joint else 1)
    domains = model.domains[:channels]
    return replace(model, network=network, domains=domains, joint_channels=joint)


def test_the_built_network_has_the_weights_and_evaluates(model: TrainedModel) -> None:
    network = model.build()
    assert not network.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, model.weights[name])


def test_it_is_shown_in_a_few_lines(model: TrainedModel) -> None:
    assert "domains=" in repr(model)
    assert len(repr(model)) < 2000


def test_building_draws_no_random_numbers(model: TrainedModel) -> None:
    before = torch.get_rng_state()
    model.build()
    assert torch.equal(torch.get_rng_state(), before)


def test_building_does_not_share_the_weights(model: TrainedModel) -> None:
    before = {name: tensor.clone() for name, tensor in model.weights.items()}
    with torch.no_grad():
        for parameter in model.build().parameters():
            parameter.zero_()
    for name, tensor in before.items():
        assert torch.equal(model.weights[name], tensor)


@pytest.mark.parametrize("joint", [False, True])
def test_each_channel_has_its_own_domain(model: TrainedModel, joint: bool) -> None:
    assert of_channels(model, 2, joint=joint).domains_for(2) == model.domains


def test_the_only_domain_serves_any_number_of_channels(model: TrainedModel) -> None:
    assert of_channels(model, 1, joint=False).domains_for(3) == model.domains[:1] * 3


@pytest.mark.parametrize(
    ("domains", "joint", "channels"), [(2, False, 1), (2, False, 3), (2, True, 1), (1, True, 2)]
)
def test_another_number_of_channels_is_refused(
    model: TrainedModel, domains: int, joint: bool, channels: int
) -> None:
    other = of_channels(model, domains, joint=joint)
    with pytest.raises(AxesError, match=f"{domains} channels.*found {channels}"):
        other.domains_for(channels)


def test_a_history_tells_its_length_and_its_last_step(model: TrainedModel) -> None:
    columns = model.history.columns
    assert len(model.history) == 5
    assert model.history.last() == {name: columns[name][4] for name in HISTORY_COLUMNS}


def test_an_empty_history_has_no_last_step() -> None:
    assert len(History.empty()) == 0
    assert set(History.empty().columns) == set(HISTORY_COLUMNS)
    assert History.empty().last() == {}


def test_only_a_network_for_volumes_has_a_third_axis(model: TrainedModel) -> None:
    flat, deep = NetworkConfig(spatial_dims=2), NetworkConfig(spatial_dims=3)
    assert replace(model, network=flat, depth_axis="T").depth == ""
    assert replace(model, network=deep, depth_axis="T").depth == "T"
    assert replace(model, network=deep, depth_axis="Z").depth == "Z"
