from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.core.sampling import pixel_weights
from napari_noise2same.core.sampling.shares import fair_shares

sizes = st.lists(st.integers(1, 10**12), min_size=1, max_size=30)


@given(sizes, st.floats(1, 1e13))
def test_no_image_gives_more_than_it_has_and_all_together_what_is_asked_for(
    sizes: list[int], budget: float
) -> None:
    shares = fair_shares(sizes, budget)
    assert all(share <= size for share, size in zip(shares, sizes, strict=True))
    assert sum(shares) == pytest.approx(min(budget, sum(sizes)))


@given(sizes, st.floats(1, 1e13))
def test_larger_images_give_more_but_a_smaller_part_of_themselves(
    sizes: list[int], budget: float
) -> None:
    ordered = sorted(sizes)
    shares = fair_shares(ordered, budget)
    assert shares == sorted(shares)
    parts = [share / size for share, size in zip(shares, ordered, strict=True)]
    for larger, smaller in zip(parts[1:], parts, strict=False):
        assert larger <= smaller * (1 + 1e-9)


def test_all_is_taken_of_what_fits_into_the_budget_exactly() -> None:
    assert fair_shares([100, 300, 7], 407) == [100, 300, 7]


def test_a_huge_image_does_not_starve_twenty_small_ones() -> None:
    huge, *small = fair_shares([1_600_000_000] + [1_000_000] * 20, 20_000_000)
    assert huge == pytest.approx(20_000_000 * 2 / 3)
    assert small == pytest.approx([20_000_000 / 60] * 20)


def test_all_pixels_count_alike_in_one_image_and_in_images_of_one_size() -> None:
    assert pixel_weights([0, 0], [100, 37], [10**6]) == [1, 1]
    assert pixel_weights([0, 1, 1, 2], [90, 30, 60, 90], [90, 90, 90]) == [1, 1, 1, 1]


def test_images_count_by_the_roots_of_their_sizes_whatever_was_read() -> None:
    loaded = [400, 100, 200]
    weights = pixel_weights([0, 1, 1], loaded, [400, 6400])
    assert max(weights) == 1
    counts = [weight * pixels for weight, pixels in zip(weights, loaded, strict=True)]
    assert counts[1] + counts[2] == pytest.approx(4 * counts[0])
