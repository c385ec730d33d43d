from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage.data import camera

from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.networks import build_network
from napari_noise2same.core.noise import Domain, PoissonGaussian
from napari_noise2same.core.settings import NetworkConfig

ModelFactory = Callable[..., TrainedModel]


@pytest.fixture
def photograph() -> NDArray[np.float64]:
    """A photograph of 512 by 512 pixels from 0 to 255."""
    pixels = camera()  # type: ignore[no-untyped-call]
    return np.asarray(pixels, dtype=np.float64)


@pytest.fixture
def make_model() -> ModelFactory:
    """Models of small networks that use all of their receptive field."""

    def make(
        *,
        spatial_dims: int = 2,
        channels: int = 1,
        domains: int = 1,
        joint: bool = False,
        seed: int = 0,
        domain: Domain | None = None,
        **network: Any,
    ) -> TrainedModel:
        config = NetworkConfig.model_validate(
            {"spatial_dims": spatial_dims, "channels": channels, "widths": (4, 6), **network}
        )
        generator = torch.Generator().manual_seed(seed)
        weights = {
            name: torch.randn(w.shape, generator=generator) / np.sqrt(max(w[0].numel(), 1))
            for name, w in build_network(config).state_dict().items()
        }
        noise = PoissonGaussian(gain=2.0, readout=30.0, offset=5.0)
        chosen = [domain or Domain(4.0 + i, 6.0, 0.2, noise) for i in range(domains)]
        return TrainedModel(config, weights, tuple(chosen), "YX", joint_channels=joint)

    return make
