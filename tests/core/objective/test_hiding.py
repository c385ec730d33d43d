from __future__ import annotations

from typing import Any

import pytest
import torch

from napari_noise2same.core.objective import Mask, hide
from napari_noise2same.core.objective.replacement import donut_mean
from napari_noise2same.core.settings import MaskConfig

X = torch.arange(2 * 3 * 32 * 32.0).reshape(2, 3, 32, 32)


def hidden(**settings: Any) -> tuple[Mask, torch.Tensor]:
    return hide(X, MaskConfig(**settings), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("percentage", [1, 4])
def test_as_many_pixels_are_hidden_as_the_settings_say(percentage: float) -> None:
    mask, values = hidden(percentage=percentage)
    assert len(mask) == len(values) == pytest.approx(X.numel() * percentage / 100, rel=0.25)


@pytest.mark.parametrize("independent", [False, True])
def test_channels_hide_the_same_pixels_unless_they_are_independent(independent: bool) -> None:
    mask, _ = hidden(independent_channels=independent)
    of_channel = [torch.stack(mask.index)[:, mask.index[1] == channel] for channel in (0, 1)]
    first, second = (index[[0, 2, 3]] for index in of_channel)
    assert torch.equal(first, second) != independent


def test_the_replacement_is_that_of_the_settings() -> None:
    mask, values = hidden(replacement="donut")
    assert torch.equal(values, mask.gather(donut_mean(X)))
    _, drawn = hidden(replacement="gaussian")
    assert drawn.abs().max() < 1
