"""Training that draws its patches where the image is marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_noise2same.core.io import Image
from napari_noise2same.core.model import HISTORY_COLUMNS
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.core.training.patches import PatchSampler
from noise2same_testing.training import finish

Config = Callable[..., TrainingConfig]


@pytest.fixture
def image() -> Image:
    """Dark on the left, bright on the right; centres of patches that are dark alone are marked."""
    pixels = np.random.default_rng(0).normal(100, 5, (64, 96))
    pixels[:, 48:] += 1000
    mask = np.zeros((64, 96), bool)
    mask[20:40, 16:33] = True
    return Image(pixels, "YX", mask=mask)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """All patches that are drawn, to train or to validate."""
    batches: list[torch.Tensor] = []
    draw = PatchSampler.draw

    def spy(*arguments: Any) -> torch.Tensor:
        batches.append(draw(*arguments))
        return batches[-1]

    monkeypatch.setattr(PatchSampler, "draw", spy)
    return batches


def test_patches_come_from_where_the_image_is_marked(
    image: Image, make_config: Config, seen: list[torch.Tensor]
) -> None:
    model = finish(image, make_config(domain="linear", steps=3)).model

    middle = (600 - model.domains[0].mean) / model.domains[0].std
    assert len(seen) > 3
    assert all(batch.max() < middle for batch in seen)


def test_statistics_are_those_of_all_pixels_that_were_read(
    image: Image, make_config: Config
) -> None:
    model = finish(image, make_config(domain="linear", steps=1)).model

    pixels: NDArray[Any] = np.asarray(image.data)
    assert model.domains[0].mean == pytest.approx(pixels.mean(), rel=1e-3)


def test_a_masked_run_goes_on_where_it_stopped(image: Image, make_config: Config) -> None:
    whole = finish(image, make_config()).model
    first = finish(image, make_config(), after=5).model
    second = finish(image, None, resume=first).model

    for name in HISTORY_COLUMNS:
        np.testing.assert_array_equal(second.history.columns[name], whole.history.columns[name])
    for name, weights in whole.weights.items():
        assert torch.equal(second.weights[name], weights)
