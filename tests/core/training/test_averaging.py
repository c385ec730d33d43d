from __future__ import annotations

import pytest
import torch
from torch import nn

from napari_noise2same.core.training.averaging import AveragedWeights


def fill(network: nn.Linear, value: float) -> nn.Linear:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(value)
    return network


@pytest.fixture
def network() -> nn.Linear:
    return fill(nn.Linear(2, 3), 1.0)


def test_starts_at_the_first_weights_and_does_not_follow_them(network: nn.Linear) -> None:
    average = AveragedWeights(network, 0.9)
    fill(network, 5.0)
    assert torch.equal(average.weights["weight"], torch.ones(3, 2))


def test_is_an_exponential_mean_that_begins_young(network: nn.Linear) -> None:
    average = AveragedWeights(network, 0.5)
    expected = 1.0
    for step, value in enumerate([2.0, 7.0, -3.0, 4.0, 0.5, 9.0, 1.0, 2.0, 8.0, 6.0, 3.0]):
        average.update(fill(network, value), step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
        for tensor in average.weights.values():
            torch.testing.assert_close(tensor, torch.full_like(tensor, expected))


def test_the_average_has_no_gradient(network: nn.Linear) -> None:
    average = AveragedWeights(network, 0.9)
    average.update(network, 0)
    assert not any(tensor.requires_grad for tensor in average.weights.values())


def test_a_copy_is_not_updated(network: nn.Linear) -> None:
    average = AveragedWeights(network, 0.9)
    copy = average.copy()
    average.update(fill(network, 5.0), 0)
    assert torch.equal(copy["weight"], torch.ones(3, 2))


def test_restoring_brings_the_average_back_and_takes_no_hold_of_the_source(
    network: nn.Linear,
) -> None:
    average = AveragedWeights(network, 0.9)
    saved = {name: tensor + 2 for name, tensor in average.copy().items()}
    average.restore(saved)
    assert torch.equal(average.weights["bias"], torch.full((3,), 3.0))
    average.update(fill(network, 5.0), 0)
    assert torch.equal(saved["bias"], torch.full((3,), 3.0))
