from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.core.networks import FLIPS, TURNS, UNTURNED, turn, turn_back


@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from(TURNS))
def test_turning_back_undoes_a_turn(height: int, width: int, way: tuple[bool, bool, bool]) -> None:
    x = torch.arange(6.0 * height * width).reshape(2, 3, height, width)
    assert torch.equal(turn_back(turn(x, way), way), x)


def test_all_turns_differ_and_leave_the_planes_of_a_stack_where_they_are() -> None:
    x = torch.arange(18.0).reshape(1, 1, 2, 3, 3)
    seen = [turn(x, way) for way in TURNS]
    assert len({tuple(view.flatten().tolist()) for view in seen}) == 8
    assert all(torch.equal(view.sum((-1, -2)), x.sum((-1, -2))) for view in seen)
    assert torch.equal(turn(x, UNTURNED), x)


def test_flips_keep_rows_apart_from_columns() -> None:
    x = torch.zeros(2, 3)
    assert {turn(x, way).shape for way in FLIPS} == {(2, 3)}
    assert len(set(FLIPS)) == 4
