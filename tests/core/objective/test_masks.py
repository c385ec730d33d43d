from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from napari_noise2same.core.objective import Mask
from napari_noise2same.core.objective.masks import stratified_mask

SIZES = {2: (128, 120), 3: (24, 40, 36)}
sizes = st.one_of(
    st.lists(st.integers(1, 14), min_size=2, max_size=2),
    st.lists(st.integers(1, 6), min_size=3, max_size=3),
)


def draw(
    shape: tuple[int, ...], percentage: float, *, seed: int = 0, independent: bool = False
) -> Mask:
    generator = torch.Generator().manual_seed(seed)
    return stratified_mask(shape, percentage, generator=generator, independent_channels=independent)


def counts(mask: Mask, shape: tuple[int, ...]) -> Tensor:
    """How often each value of the batch is masked."""
    return torch.zeros(shape).index_put(mask.index, torch.ones(len(mask)), accumulate=True)


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("percentage", [0.5, 1.5, 3, 10, 25])
@pytest.mark.parametrize("independent", [False, True])
def test_density_is_the_percentage(ndim: int, percentage: float, independent: bool) -> None:
    shape = (48, 2, *SIZES[ndim])
    mask = draw(shape, percentage, independent=independent)
    assert len(mask) / math.prod(shape) == pytest.approx(percentage / 100, rel=0.01)


@settings(max_examples=40)
@given(sizes, st.floats(0.5, 25))
def test_every_pixel_is_equally_likely(size: list[int], percentage: float) -> None:
    planes = 400_000 // math.prod(size)
    shape = (planes, 1, *size)
    found = counts(draw(shape, percentage), shape).sum(dim=(0, 1))
    expected = planes * percentage / 100
    # Six standard deviations of a Poisson count, an upper bound, and some more for rare pixels.
    assert (found - expected).abs().max() < 6 * math.sqrt(expected) + 6
    total = expected * math.prod(size)
    assert abs(found.sum() - total) < 5 * math.sqrt(total)


@given(st.integers(2, 3), st.integers(2, 8), st.lists(st.integers(1, 4), min_size=3, max_size=3))
def test_one_pixel_is_drawn_from_each_box(ndim: int, side: int, boxes: list[int]) -> None:
    boxes = boxes[:ndim]
    shape = (3, 1, *(side * n for n in boxes))
    mask = draw(shape, 100 / side**ndim)
    drawn = torch.stack([mask.index[0], *(axis // side for axis in mask.index[2:])])
    assert len(mask) == 3 * math.prod(boxes)
    assert len(set(zip(*drawn.tolist(), strict=True))) == len(mask)


@given(sizes, st.floats(0.1, 25), st.integers(1, 3), st.booleans())
def test_coordinates_lie_in_the_batch(
    size: list[int], percentage: float, channels: int, independent: bool
) -> None:
    shape = (2, channels, *size)
    mask = draw(shape, percentage, independent=independent)
    assert len(mask.index) == len(shape)
    for axis, length in zip(mask.index, shape, strict=True):
        assert axis.shape == (len(mask),)
        assert axis.dtype == torch.int64
        assert ((axis >= 0) & (axis < length)).all()


@pytest.mark.parametrize("ndim", [2, 3])
def test_joint_masks_hide_all_channels_at_the_same_places(ndim: int) -> None:
    shape = (4, 3, *SIZES[ndim])
    hidden = counts(draw(shape, 3), shape)
    assert torch.equal(hidden, hidden[:, :1].expand(shape))
    assert not torch.equal(hidden[0], hidden[1])


@pytest.mark.parametrize("ndim", [2, 3])
def test_independent_masks_hide_each_channel_elsewhere(ndim: int) -> None:
    shape = (4, 3, *SIZES[ndim])
    hidden = counts(draw(shape, 3, independent=True), shape).flatten(0, 1).bool()
    for i, plane in enumerate(hidden):
        for other in hidden[:i]:
            # Independent masks of 3 % share 3 % of their pixels.
            assert (plane & other).sum() < 0.2 * plane.sum()


def test_masks_follow_their_generator() -> None:
    shape = (2, 1, 32, 32)
    first, again, other = (counts(draw(shape, 3, seed=seed), shape) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@given(sizes, st.integers(1, 2), st.booleans())
def test_replaced_values_are_gathered_again(
    size: list[int], channels: int, independent: bool
) -> None:
    shape = (2, channels, *size)
    # Boxes of whole pixels: no pixel is drawn twice.
    mask = draw(shape, 100 / 2 ** len(size), independent=independent)
    x = torch.randn(shape)
    values = torch.randn(len(mask))
    before = x.clone()
    replaced = mask.replace(x, values)
    assert torch.equal(mask.gather(replaced), values)
    assert torch.equal(x, before)
    hidden = counts(mask, shape).bool()
    assert torch.equal(replaced[~hidden], x[~hidden])
    assert len(mask) == hidden.sum()
    assert torch.equal(mask.gather(x).sort().values, x[hidden].sort().values)


def test_pixels_that_equal_their_replacement_stay_masked() -> None:
    shape = (2, 1, 24, 24)
    mask, x = draw(shape, 3), torch.randn(shape)
    own = mask.gather(x)
    assert own.shape == (len(mask),)
    assert torch.equal(mask.replace(x, own), x)
    assert torch.equal(mask.gather(mask.replace(x, own)), own)


def test_gradients_reach_what_is_masked_and_what_is_not() -> None:
    shape = (1, 1, 12, 12)
    mask = draw(shape, 4)
    x = torch.randn(shape, requires_grad=True)
    values = torch.randn(len(mask), requires_grad=True)
    mask.replace(x, values).sum().backward()  # type: ignore[no-untyped-call]
    hidden = counts(mask, shape).bool()
    assert x.grad is not None
    assert torch.equal(x.grad, (~hidden).float())
    assert values.grad is not None
    assert (values.grad == 1).all()


@pytest.mark.parametrize("size", [[8, 8], [3, 8, 8], [1, 200]])
def test_something_is_hidden_however_small_the_patches(size: list[int]) -> None:
    generator = torch.Generator().manual_seed(0)
    masks = [stratified_mask((1, 2, *size), 0.05, generator=generator) for _ in range(50)]
    assert min(map(len, masks)) == 2
    places = {tuple(axis.max().item() for axis in mask.index[2:]) for mask in masks}
    assert len(places) > 10
