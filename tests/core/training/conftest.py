from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from napari_noise2same.core.io import Image
from napari_noise2same.core.networks import build_network
from napari_noise2same.core.settings import NetworkConfig, TrainingConfig
from napari_noise2same.core.training import learner


@pytest.fixture
def make_config() -> Callable[..., TrainingConfig]:
    """Settings of runs that take a fraction of a second."""

    def make(**settings: Any) -> TrainingConfig:
        dims: Literal[2, 3] = settings.get("spatial_dims") or 2
        network = NetworkConfig(
            widths=(4, 6), spatial_dims=dims, channels=settings.pop("channels", 1)
        )
        small = {
            "network": network,
            "patch": (32, 32) if dims == 2 else (8, 16, 16),
            "batch": 4,
            "steps": 12,
            "validate_every": 4,
            "device": "cpu",
        }
        return TrainingConfig.model_validate(small | settings)

    return make


@pytest.fixture
def make_picture() -> Callable[..., NDArray[np.float32]]:
    """Smooth scenes under shot and read noise."""

    def make(*shape: int, seed: int = 0) -> NDArray[np.float32]:
        rng = np.random.default_rng(seed)
        scene = gaussian_filter(rng.standard_normal(shape), (0,) * (len(shape) - 2) + (3, 3))
        clean = 40 * np.exp(scene / max(float(scene.std()), 1e-9))
        return np.asarray(rng.poisson(clean) + rng.normal(0, 2, shape), np.float32)

    return make


@pytest.fixture
def image(make_picture: Callable[..., NDArray[np.float32]]) -> Image:
    return Image(make_picture(64, 64), "YX")


@pytest.fixture
def break_network(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the network fail in chosen training steps, counted over all runs of a test."""

    def install(fail: Callable[[int, torch.Tensor], torch.Tensor | None]) -> None:
        steps = 0

        def hook(_: Any, __: Any, output: torch.Tensor) -> torch.Tensor | None:
            nonlocal steps
            if not torch.is_grad_enabled():  # validation
                return None
            steps += 1
            return fail(steps, output)

        def broken(config: NetworkConfig) -> torch.nn.Module:
            network = build_network(config)
            network.register_forward_hook(hook)
            return network

        monkeypatch.setattr(learner, "build_network", broken)

    return install
