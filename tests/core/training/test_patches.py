from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
import torch
from torch import Tensor

from napari_noise2same.core.settings import Augmentation
from napari_noise2same.core.training.patches import PatchSampler


def numbered(*shape: int) -> Tensor:
    return torch.arange(torch.Size(shape).numel(), dtype=torch.float32).reshape(shape)


def draws(block: Tensor, augmentation: Augmentation, count: int = 400) -> set[tuple[float, ...]]:
    """All different versions of the whole block that come out."""
    sampler = PatchSampler([block], tuple(block.shape[1:]))
    batch = sampler.draw(count, augmentation, torch.Generator().manual_seed(0))
    assert batch.shape[1:] == block.shape
    return {tuple(patch.flatten().tolist()) for patch in batch}


def versions(block: Tensor, *, turns: bool) -> set[tuple[float, ...]]:
    """All flips of the spatial axes, with and without Y and X exchanged."""
    axes = range(1, block.ndim)
    flips = [
        block.flip([axis for axis, flip in zip(axes, chosen, strict=True) if flip])
        for chosen in product((False, True), repeat=len(axes))
    ]
    turned = [flip.transpose(-1, -2) for flip in flips] if turns else []
    return {tuple(version.flatten().tolist()) for version in flips + turned}


@pytest.mark.parametrize(("shape", "count"), [((2, 5, 5), 8), ((1, 3, 4, 4), 16)])
def test_full_augmentation_draws_all_flips_and_in_plane_turns(
    shape: tuple[int, ...], count: int
) -> None:
    block = numbered(*shape)
    assert draws(block, "full") == versions(block, turns=True)
    assert len(versions(block, turns=True)) == count


def test_a_cube_is_not_turned_out_of_its_plane() -> None:
    block = numbered(1, 4, 4, 4)
    assert draws(block, "full") == versions(block, turns=True)


@pytest.mark.parametrize("shape", [(1, 5, 5), (1, 3, 4, 4)])
def test_flips_do_not_turn(shape: tuple[int, ...]) -> None:
    block = numbered(*shape)
    assert draws(block, "flips") == versions(block, turns=False)


def test_no_augmentation_leaves_patches_as_they_are() -> None:
    block = numbered(1, 5, 5)
    assert draws(block, "none") == {tuple(block.flatten().tolist())}


def test_patches_that_are_not_square_are_flipped_only() -> None:
    block = numbered(1, 5, 7)
    assert draws(block, "full") == versions(block, turns=False)


@pytest.mark.parametrize("augmentation", get_args(Augmentation))
def test_patches_are_crops_of_every_place(augmentation: Augmentation) -> None:
    block = numbered(1, 4, 9, 8)
    sampler = PatchSampler([block], (2, 3, 3))
    batch = sampler.draw(2000, augmentation, torch.Generator().manual_seed(0))
    crops = block[0].unfold(0, 2, 1).unfold(1, 3, 1).unfold(2, 3, 1).reshape(-1, 18)
    expected = {tuple(sorted(crop.tolist())) for crop in crops}
    assert {tuple(sorted(patch.flatten().tolist())) for patch in batch} == expected


def test_channels_of_a_patch_belong_together() -> None:
    block = torch.cat([numbered(1, 9, 9), numbered(1, 9, 9) + 1000])
    batch = PatchSampler([block], (4, 4)).draw(50, "full", torch.Generator().manual_seed(0))
    assert torch.equal(batch[:, 1], batch[:, 0] + 1000)


def test_larger_blocks_are_drawn_more_often() -> None:
    small, large = torch.zeros(1, 10, 10), torch.ones(1, 20, 20)
    batch = PatchSampler([small, large], (2, 2)).draw(
        4000, "none", torch.Generator().manual_seed(0)
    )
    assert batch.mean().item() == pytest.approx(0.8, abs=0.03)


def test_the_seed_decides() -> None:
    sampler = PatchSampler([numbered(1, 30, 30)], (4, 4))

    def draw(seed: int) -> Tensor:
        return sampler.draw(5, "full", torch.Generator().manual_seed(seed))

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))
