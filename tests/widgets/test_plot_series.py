from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.widgets.plot_series import SERIES, RunningMean


def test_a_constant_is_its_own_mean_from_the_first_value() -> None:
    np.testing.assert_allclose(RunningMean(0.9).update(np.full(50, 3.0)), 3)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=60), st.integers(0, 60))
def test_pieces_give_the_same_as_the_whole(values: list[float], cut: int) -> None:
    whole = RunningMean(0.8).update(np.array(values))
    mean = RunningMean(0.8)
    pieces = [mean.update(np.array(values[:cut])), mean.update(np.array(values[cut:]))]
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-9)


def test_noise_is_averaged_and_the_level_kept() -> None:
    noise = np.random.default_rng(0).normal(5, 1, 2000)
    mean = RunningMean(0.95).update(noise)[200:]
    assert mean.std() < 0.3
    assert mean.mean() == pytest.approx(5, abs=0.1)


def test_what_is_not_finite_is_skipped() -> None:
    mean = RunningMean(0.5).update(np.array([np.nan, 2.0, np.inf, 2.0]))
    assert np.isnan(mean[0])
    np.testing.assert_allclose(mean[1:], 2)


def test_every_curve_has_colours_of_its_own() -> None:
    assert len({series.on_dark for series in SERIES}) == len(SERIES)
    assert len({series.on_light for series in SERIES}) == len(SERIES)


def luminance(colour: str) -> float:
    """Relative luminance as in the guidelines for accessible contrast (WCAG 2)."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize(("background", "theme"), [("#262930", "on_dark"), ("#efebe9", "on_light")])
def test_every_curve_stands_out_on_both_themes(background: str, theme: str) -> None:
    for series in SERIES:
        levels = sorted([luminance(background), luminance(getattr(series, theme))])
        assert (levels[1] + 0.05) / (levels[0] + 0.05) > 3
