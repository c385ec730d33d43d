from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from napari_noise2same.core.networks import blocks
from napari_noise2same.core.networks.blocks import (
    ResidualBlock,
    Up,
    crop_to,
    fold,
    pad_to_multiple,
    unfold,
)


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.lists(st.integers(1, 4), min_size=2, max_size=3),
    st.integers(1, 3),
)
def test_unfolding_undoes_folding(batch: int, channels: int, cells: list[int], factor: int) -> None:
    *depth, height, width = cells
    x = torch.randn(batch, channels, *depth, height * factor, width * factor)
    folded = fold(x, factor)
    assert folded.shape == (batch, channels * factor**2, *cells)
    assert torch.equal(unfold(folded, factor), x)


def test_folding_keeps_the_pixels_of_a_block_together() -> None:
    x = torch.randn(2, 3, 8, 6)
    assert torch.equal(fold(x, 2), functional.pixel_unshuffle(x, 2))


def test_folding_leaves_planes_alone() -> None:
    x = torch.randn(2, 3, 5, 8, 6)
    planes = [functional.pixel_unshuffle(plane, 2) for plane in x.unbind(2)]
    assert torch.equal(fold(x, 2), torch.stack(planes, dim=2))


def test_images_are_folded_into_the_memory_format_that_is_fast() -> None:
    folded = fold(torch.randn(2, 3, 8, 6), 2)
    assert folded.is_contiguous(memory_format=torch.channels_last)


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 9), st.booleans())
def test_padding_repeats_the_far_end_only(
    height: int, width: int, multiple: int, volume: bool
) -> None:
    x = torch.randn(1, 2, *(3,) * volume, height, width)
    padded = pad_to_multiple(x, multiple)
    assert padded.shape[:-2] == x.shape[:-2]
    for before, after in zip(x.shape[-2:], padded.shape[-2:], strict=True):
        assert after % multiple == 0
        assert before <= after < before + multiple
    rows = torch.arange(padded.shape[-2]).clamp(max=height - 1)
    columns = torch.arange(padded.shape[-1]).clamp(max=width - 1)
    assert torch.equal(padded, x[..., rows[:, None], columns])
    assert torch.equal(crop_to(padded, x), x)


@pytest.mark.parametrize("function", [fold, unfold, pad_to_multiple])
def test_nothing_is_copied_where_nothing_is_to_do(function: object) -> None:
    x = torch.randn(1, 4, 5, 6)
    assert callable(function)
    assert function(x, 1) is x


@given(st.integers(1, 3), st.integers(1, 20), st.integers(1, 5), st.integers(2, 12))
def test_some_rows_at_a_time_give_what_all_rows_give(
    batch: int, rows: int, columns: int, height: int
) -> None:
    block = ResidualBlock(2, 3, bias=True).double()
    torch.nn.init.normal_(block.second.weight)
    x = torch.randn(batch, 3, rows, columns, dtype=torch.double)
    whole = block(x).detach()
    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(blocks, "_STRIP", 0)
        patch.setattr(blocks, "_FEWEST_ROWS", height)
        torch.testing.assert_close(block(x), whole, rtol=1e-9, atol=1e-9)


@given(st.integers(1, 3), st.integers(1, 10), st.integers(1, 5), st.integers(1, 6), st.booleans())
def test_some_rows_at_a_time_are_joined_as_all_rows_are(
    batch: int, rows: int, columns: int, height: int, gated: bool
) -> None:
    up = Up(2, 3, 2, gated=gated, bias=True).double()
    below = torch.randn(batch, 3, rows, columns, dtype=torch.double)
    skip = torch.randn(batch, 2, 2 * rows, 2 * columns, dtype=torch.double)
    whole = up(below, skip).detach()
    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(blocks, "_STRIP", 0)
        patch.setattr(blocks, "_FEWEST_ROWS", 2 * height)
        torch.testing.assert_close(up(below, skip), whole, rtol=1e-9, atol=1e-9)


def test_an_image_of_many_rows_is_worked_on_in_strips_unless_learnt_on() -> None:
    block = ResidualBlock(2, 48, bias=False)
    heights = []
    block.first.register_forward_pre_hook(lambda _, seen: heights.append(seen[0].shape[-2]))
    x = torch.randn(1, 48, 300, 300)
    block(x)
    with torch.inference_mode():
        block(x)
    assert heights[0] == 300
    assert max(heights[1:]) < 100


def test_what_comes_from_below_is_joined_to_an_image_of_many_rows_in_its_own_memory() -> None:
    up = Up(2, 48, 48, gated=False, bias=False)
    below, skip = torch.randn(1, 48, 150, 150), torch.randn(1, 48, 300, 300)
    before = skip.clone()
    assert up(below, skip) is not skip
    assert torch.equal(skip, before)
    with torch.inference_mode():
        assert up(below, skip) is skip
