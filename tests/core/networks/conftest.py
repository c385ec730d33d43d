from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from napari_noise2same.core.networks import BlindNet, UNet, build_network
from napari_noise2same.core.settings import NetworkConfig

Network = UNet | BlindNet


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def trained_like() -> Callable[..., Network]:
    """A function that builds a double precision network in which every weight counts.

    Fresh networks have zeros where residual blocks end: what goes wrong behind those shows only
    after training. Double precision runs the same sums in tiles and in the whole.
    """

    def build(**settings: Any) -> Network:
        network = build_network(NetworkConfig(**settings)).double()
        generator = torch.Generator().manual_seed(0)
        for weight in network.parameters():
            fan_in = max(weight[0].numel(), 1)
            nn.init.normal_(weight, std=fan_in**-0.5, generator=generator)
        return network

    return build
