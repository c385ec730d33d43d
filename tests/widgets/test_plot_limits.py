from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.widgets.plot_limits import padded_limits, steady_limits

NUMBERS = st.floats(-1e6, 1e6)


@given(st.lists(NUMBERS, min_size=1))
def test_all_values_are_inside(values: list[float]) -> None:
    low, high = padded_limits([np.array(values), np.array([np.nan, np.inf])])
    assert low < high
    assert low <= min(values)
    assert max(values) <= high


def test_logarithmic_limits_leave_out_what_has_no_logarithm() -> None:
    low, high = padded_limits([np.array([0.0, -3.0, 0.01, 100.0])], margin=0, log=True)
    assert (low, high) == pytest.approx((-2, 2))


def test_nothing_to_show_has_limits() -> None:
    assert padded_limits([]) == (0, 1)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_what_is_wanted_is_always_inside(a: float, b: float, c: float, d: float) -> None:
    before, wanted = (min(a, b), max(a, b)), (min(c, d), max(c, d))
    low, high = steady_limits(before, wanted)
    assert low <= wanted[0]
    assert wanted[1] <= high


def test_limits_stay_while_they_serve() -> None:
    assert steady_limits((0, 10), (1, 9)) == (0, 10)
    assert steady_limits(None, (1, 9)) == (1, 9)


def test_a_crossed_limit_gets_headroom_and_the_other_one_stays() -> None:
    low, high = steady_limits((0, 10), (1, 11))
    assert low == 0
    assert high == pytest.approx(12.5)
    low, high = steady_limits((0, 10), (-1, 9))
    assert low == pytest.approx(-2.5)
    assert high == 10


def test_limits_that_are_much_too_wide_are_narrowed() -> None:
    assert steady_limits((0, 100), (1, 9)) == (1, 9)


def test_a_growing_series_moves_the_limits_rarely() -> None:
    limits, moves = None, 0
    for n in range(1, 1000):
        new = steady_limits(limits, (1.0, float(n)))
        moves += new != limits
        limits = new
    assert moves < 60
