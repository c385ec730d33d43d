from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_noise2same.core.model import HISTORY_COLUMNS, History, ResumeState, TrainedModel
from napari_noise2same.core.networks import (
    build_network,
)
from napari_noise2same.core.noise import Domain, PoissonGaussian
from napari_noise2same.core.settings import NetworkConfig


@pytest.fixture
def model() -> TrainedModel:
    """Everything that a model can hold, with floats that decimal notation cannot hold exactly."""
    network = NetworkConfig(widths=(4, 8), skip="gated", bias=True)
    generator = torch.Generator().manual_seed(0)
    weights = {
        name: torch.randn(tensor.shape, generator=generator)
        for name, tensor in build_network(network).state_dict().items()
    }
    columns = np.random.default_rng(0).normal(size=(len(HISTORY_COLUMNS), 5))
    return TrainedModel(
        network=network,
        weights=weights,
        domains=(
            Domain(100 / 3, 1 / 7, 0.1, PoissonGaussian(gain=1 / 3, readout=2.5, offset=-0.1)),
            Domain(0.1, 0.2, 0.3),
        ),
        axes="CYX",
        depth_axis="T",
        noise_distance=(2, 3),
        settings={"steps": 5, "patch": [8, 8], "lambda_inv": {"kind": "fixed", "value": 0.1}},
        seed=2**62 + 1,
        versions={"torch": "2.4.0", "numpy": "2.0.0"},
        history=History(dict(zip(HISTORY_COLUMNS, columns, strict=True))),
        resume=ResumeState(
            {"random": torch.arange(7, dtype=torch.uint8), "network.a": weights["head.bias"] / 3},
            {"step": 5, "best_errors": None, "strategy": {"total": 1 / 3}},
        ),
    )
