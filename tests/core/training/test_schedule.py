from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.core.training.schedule import START, averaging_decay, learning_rate

share = st.floats(0, 1)


@given(progress=share, warm_up=share, peak=st.floats(1e-6, 1))
def test_the_rate_is_never_negative_nor_above_its_peak(
    progress: float, warm_up: float, peak: float
) -> None:
    assert 0 <= learning_rate(progress, peak, warm_up) <= peak * (1 + 1e-12)


@given(a=share, b=share, warm_up=st.floats(0.01, 0.99))
def test_the_rate_rises_then_falls(a: float, b: float, warm_up: float) -> None:
    low, high = sorted([a, b])
    rates = [learning_rate(p, 1.0, warm_up) for p in (low, high)]
    if high < warm_up:
        assert rates[0] <= rates[1]
    if low >= warm_up:
        assert rates[0] >= rates[1]


def test_the_rate_at_the_landmarks() -> None:
    assert learning_rate(0, 2e-3, 0.1) == pytest.approx(2e-3 * START)
    assert learning_rate(0.05, 2e-3, 0.1) == pytest.approx(2e-3 * (1 + START) / 2)
    assert learning_rate(0.1, 2e-3, 0.1) == pytest.approx(2e-3)
    assert learning_rate(0.55, 2e-3, 0.1) == pytest.approx(1e-3)
    assert learning_rate(1, 2e-3, 0.1) == pytest.approx(0, abs=1e-12)


def test_no_warm_up_and_nothing_but_warm_up() -> None:
    assert learning_rate(0, 1e-3, 0) == pytest.approx(1e-3)
    assert learning_rate(0.5, 1e-3, 1) == pytest.approx(1e-3 * (1 + START) / 2)
    assert learning_rate(1, 1e-3, 1) == pytest.approx(1e-3)


@given(step=st.integers(0, 10_000))
def test_a_young_average_forgets_faster(step: int) -> None:
    decay = averaging_decay(step, 0.99)
    assert 0.1 <= decay <= 0.99
    assert decay <= averaging_decay(step + 1, 0.99)
    # Never is the average older than a few times its own age.
    assert 1 / (1 - decay) <= 1 + math.ceil(step / 9) + 1
    assert averaging_decay(10_000, 0.99) == 0.99
    assert averaging_decay(step, 0) == 0
