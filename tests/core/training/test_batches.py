from __future__ import annotations

import pytest
import torch

from napari_noise2same.core.settings import MaskConfig
from napari_noise2same.core.training.batches import BatchSource
from napari_noise2same.core.training.patches import PatchSampler


def source(seed: int, *, channels: int = 1, independent: bool = False) -> BatchSource:
    pixels = torch.arange(channels * 64.0 * 64).reshape(channels, 64, 64)
    sampler = PatchSampler([pixels], (16, 16))
    config = MaskConfig(independent_channels=independent)
    return BatchSource(sampler, config, batch=3, device=torch.device("cpu"), seed=seed)


def test_the_same_seed_draws_the_same_patches_and_hides_the_same_pixels() -> None:
    (x, mask, values), (again, other, same) = source(1).draw("full"), source(1).draw("full")
    assert x.shape == (3, 1, 16, 16)
    assert torch.equal(x, again)
    assert all(map(torch.equal, mask.index, other.index))
    assert torch.equal(values, same)
    assert not torch.equal(x, source(2).draw("full")[0])


def test_a_restored_source_goes_on_where_the_other_was() -> None:
    first = source(1)
    first.draw("full")
    second = source(5)
    second.restore(first.tensors())
    (x, mask, values), (again, other, same) = first.draw("full"), second.draw("full")
    assert torch.equal(x, again)
    assert all(map(torch.equal, mask.index, other.index))
    assert torch.equal(values, same)
    turns, others = ([of.draw_turn("full") for _ in range(20)] for of in (first, second))
    assert turns == others
    assert len(set(turns)) > 4


@pytest.mark.parametrize("independent", [False, True])
def test_channels_hide_the_same_pixels_unless_they_are_independent(independent: bool) -> None:
    _, mask, _ = source(1, channels=2, independent=independent).draw("none")
    of_channel = [torch.stack(mask.index)[:, mask.index[1] == channel] for channel in (0, 1)]
    first, second = (index[[0, 2, 3]] for index in of_channel)
    assert torch.equal(first, second) != independent
