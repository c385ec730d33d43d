from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_noise2same.core import NetworkConfig, TrainedModel
from napari_noise2same.core.networks import build_network
from napari_noise2same.core.noise import Domain, PoissonGaussian

MakeFiles = Callable[..., list[Path]]


@pytest.fixture
def model() -> TrainedModel:
    """A network of a few weights as they are drawn."""
    config = NetworkConfig(widths=(4, 6))
    noise = PoissonGaussian(gain=2.0, readout=30.0, offset=5.0)
    weights = build_network(config).state_dict()
    return TrainedModel(config, weights, (Domain(4.0, 6.0, 0.2, noise),), "YX")


@pytest.fixture
def make_files(tmp_path: Path) -> MakeFiles:
    """Small noisy images at the given places below the folder of the test."""

    def make(*names: str) -> list[Path]:
        rng = np.random.default_rng(0)
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(path, rng.poisson(60, (24, 20)).astype(np.uint16))
        return paths

    return make
