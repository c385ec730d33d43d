from __future__ import annotations

import pytest
from hypothesis import settings

from napari_noise2same.core import NetworkConfig, TrainedModel
from napari_noise2same.core.networks import build_network
from napari_noise2same.core.noise import Domain, PoissonGaussian

# Assertions of shared functions tell as much as those of the tests.
pytest.register_assert_rewrite("noise2same_testing")

# The outcome of the suite depends on the code alone: the same examples each time, and no example
# fails because the machine is slow.
settings.register_profile("deterministic", deadline=None, derandomize=True)
settings.load_profile("deterministic")


@pytest.fixture(autouse=True)
def exact_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same results on every machine, in tiles or not: 16 bits only where asked for."""
    name = "napari_noise2same.core.denoising.predictor.has_fast_bfloat16"
    monkeypatch.setattr(name, lambda _: False)


@pytest.fixture
def model() -> TrainedModel:
    """A network of a few weights as they are drawn."""
    config = NetworkConfig(widths=(4, 6))
    noise = PoissonGaussian(gain=2.0, readout=30.0, offset=5.0)
    weights = build_network(config).state_dict()
    return TrainedModel(config, weights, (Domain(4.0, 6.0, 0.2, noise),), "YX")
