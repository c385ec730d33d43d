from __future__ import annotations

from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.core.networks import even_out, put_together, take_apart

distances = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.lists(st.integers(1, 4), min_size=2, max_size=3),
    distances,
)
def test_images_that_are_taken_apart_go_together_again(
    batch: int, channels: int, cells: list[int], distance: tuple[int, int]
) -> None:
    *depth, height, width = cells
    rows, columns = distance
    x = torch.randn(batch, channels, *depth, height * rows, width * columns)
    apart = take_apart(x, distance)
    assert apart.shape == (batch * rows * columns, channels, *cells)
    places = product(range(rows), range(columns), range(batch))
    for image, (row, column, i) in zip(apart, places, strict=True):
        assert torch.equal(image, x[i, ..., row::rows, column::columns])
    assert torch.equal(put_together(apart, distance), x)


@given(distances, st.booleans())
def test_evening_out_removes_what_the_images_differ_by_and_leaves_slopes(
    distance: tuple[int, int], volume: bool
) -> None:
    rows, columns = distance
    offsets = torch.randn(1, 2, *(3,) * volume, rows, columns, dtype=torch.double)
    pattern = offsets.repeat(*(1,) * (offsets.ndim - 2), 6, 6)
    y, x = (torch.arange(6 * n, dtype=torch.double) for n in distance)
    slope = (y[:, None] - 2 * x).expand(pattern.shape)
    inner = (..., slice(rows, -rows), slice(columns, -columns))
    expected = slope + offsets.mean((-2, -1), keepdim=True)
    torch.testing.assert_close(even_out(pattern + slope, distance)[inner], expected[inner])


def test_beyond_the_border_is_what_is_at_it() -> None:
    row = torch.tensor([[[[4.0, 0.0, 0.0, 8.0]]]])
    assert even_out(row, (4, 2)).flatten().tolist() == [3, 1, 2, 6]


@pytest.mark.parametrize("function", [take_apart, put_together, even_out])
def test_nothing_is_copied_where_nothing_is_to_do(function: object) -> None:
    x = torch.randn(1, 4, 5, 6)
    assert callable(function)
    assert function(x, (1, 1)) is x
