from __future__ import annotations

from itertools import product
from typing import get_args

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
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


def starts(batch: Tensor, block: Tensor) -> set[tuple[int, ...]]:
    """Where the patches of a numbered block begin."""
    first = batch.flatten(1)[:, 0].long().numpy()
    return set(zip(*map(np.ndarray.tolist, np.unravel_index(first, block.shape[1:])), strict=True))


def draw_starts(mask: NDArray[np.bool_], patch: tuple[int, ...]) -> set[tuple[int, ...]]:
    block = numbered(1, *mask.shape)
    generator = torch.Generator().manual_seed(0)
    return starts(PatchSampler([block], patch, [mask]).draw(400, "none", generator), block)


@st.composite
def masks_and_patches(draw: st.DrawFn) -> tuple[NDArray[np.bool_], tuple[int, ...]]:
    """Images with marks, which need not lie where a patch can have its centre."""
    plane, volume = array_shapes(min_dims=2, max_dims=2, max_side=5), st.just((3, 3, 3))
    shape = draw(st.one_of(plane, volume))
    mask = draw(arrays(np.bool_, shape).filter(np.any))
    return mask, tuple(draw(st.integers(1, length)) for length in shape)


@settings(max_examples=50)
@given(masks_and_patches())
def test_patches_are_centred_on_marked_pixels_and_cover_them_all(
    case: tuple[NDArray[np.bool_], tuple[int, ...]],
) -> None:
    mask, patch = case
    ends = [length - side for length, side in zip(mask.shape, patch, strict=True)]
    found = draw_starts(mask, patch)

    covered = np.zeros_like(mask)
    for start in found:
        centre = tuple(s + side // 2 for s, side in zip(start, patch, strict=True))
        if all(0 < s < end for s, end in zip(start, ends, strict=True)):
            assert mask[centre]
        patch_slice = tuple(slice(s, s + side) for s, side in zip(start, patch, strict=True))
        assert mask[patch_slice].any()
        covered[patch_slice] = True
    assert covered[mask].all()


def test_all_places_whose_centre_is_marked_are_alike() -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:12, 10:20] = mask[30, 25:30] = True
    block = numbered(1, 40, 40)
    sampler = PatchSampler([block], (8, 9), [mask])
    batch = sampler.draw(10_000, "none", torch.Generator().manual_seed(0))
    centres, counts = np.unique(batch[:, 0, 4, 4].long().numpy(), return_counts=True)

    np.testing.assert_array_equal(centres, np.flatnonzero(mask))
    assert counts.min() > 300
    assert counts.max() < 500


def test_a_mark_in_a_corner_is_covered_by_the_patch_in_the_corner() -> None:
    mask = np.zeros((20, 20), bool)
    mask[0, 19] = True

    assert draw_starts(mask, (8, 8)) == {(0, 12)}


def test_without_a_mask_patches_are_the_same_as_ever() -> None:
    """Resumed runs rely on it: the block first, then each axis, flips and the turn."""
    blocks = [numbered(1, 20, 30), numbered(1, 25, 15) + 1000]
    for masks in (None, [None, None]):
        generator = torch.Generator().manual_seed(5)
        batch = PatchSampler(blocks, (4, 4), masks).draw(4, "full", generator)
        assert batch[:, 0, 0, 0].tolist() == [1229, 333, 385, 230]
        assert int(torch.randint(1000, (), generator=generator)) == 783


def test_blocks_are_drawn_by_what_is_marked_in_them() -> None:
    small, large = torch.zeros(1, 10, 10), torch.ones(1, 20, 20)
    marks = [np.ones((10, 10), bool), np.zeros((20, 20), bool)]
    marks[1][:5, :5] = True
    batch = PatchSampler([small, large], (2, 2), marks).draw(
        4000, "none", torch.Generator().manual_seed(0)
    )
    assert batch.mean().item() == pytest.approx(0.2, abs=0.03)


def test_blocks_are_drawn_by_what_their_pixels_count() -> None:
    small, large = torch.zeros(1, 10, 10), torch.ones(1, 20, 20)
    sampler = PatchSampler([small, large], (2, 2), pixel_weights=[1.0, 0.5])
    batch = sampler.draw(4000, "none", torch.Generator().manual_seed(0))
    assert batch.mean().item() == pytest.approx(2 / 3, abs=0.03)
