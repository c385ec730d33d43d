from __future__ import annotations

import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
from numpy.typing import NDArray

from napari_noise2same.core import History
from napari_noise2same.core.model import HISTORY_COLUMNS
from napari_noise2same.demo.figures import draw_comparison, draw_training


@pytest.fixture
def pictures() -> dict[str, NDArray[np.float64]]:
    """A dark picture with detail in the lower right corner, and twice its noise-free version."""
    clean = np.zeros((64, 64))
    clean[48:, 48:] = np.indices((16, 16)).sum(axis=0) % 2
    noisy = clean + np.random.default_rng(0).normal(0, 0.1, clean.shape)
    return {"noisy": noisy, "denoised": clean, "clean": clean}


SCORES = {"noisy": 20.0, "denoised": np.inf, "clean": np.inf}


def history(steps: int) -> History:
    values = np.linspace(2, 1, steps)
    return History(dict.fromkeys(HISTORY_COLUMNS, values) | {"step": np.arange(steps) + 1.0})


def test_comparison_shows_equal_pictures_equally(
    pictures: dict[str, NDArray[np.float64]], tmp_path: Path
) -> None:
    draw_comparison(pictures, SCORES, tmp_path / "comparison.png")
    # The titles are above, and the space between two columns varies by a pixel.
    drawn = imageio.imread(tmp_path / "comparison.png")[100:, :, :3].astype(float)
    width = drawn.shape[1] // 3
    noisy, denoised, clean = (drawn[:, i * width + 8 : (i + 1) * width - 8] for i in range(3))

    assert np.abs(denoised - clean).mean() < 0.2 * np.abs(noisy - clean).mean()


def test_comparison_shows_the_darker_picture_darker(tmp_path: Path) -> None:
    clean = np.indices((64, 64)).sum(axis=0).astype(float)
    draw_comparison(
        {"dark": clean / 4, "clean": clean}, {"dark": 9, "clean": np.inf}, tmp_path / "c.png"
    )
    dark, bright = np.array_split(imageio.imread(tmp_path / "c.png")[..., :3], 2, axis=1)

    assert dark.mean() < 0.6 * bright.mean()


def test_comparison_magnifies_where_there_is_detail(
    pictures: dict[str, NDArray[np.float64]], tmp_path: Path
) -> None:
    draw_comparison(pictures, SCORES, tmp_path / "comparison.png")
    drawn = imageio.imread(tmp_path / "comparison.png")[..., :3].astype(float)
    whole, part = np.array_split(drawn[:, drawn.shape[1] // 3 :], 2)

    assert part.mean() > 2 * whole.mean()


def test_figures_leave_pyplot_alone(tmp_path: Path) -> None:
    before = "matplotlib.pyplot" in sys.modules
    draw_training(history(30), tmp_path / "training.png")

    assert ("matplotlib.pyplot" in sys.modules) is before
    assert imageio.imread(tmp_path / "training.png").std() > 0


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_short_trainings_can_be_drawn(tmp_path: Path, steps: int) -> None:
    draw_training(history(steps), tmp_path / "training.png")

    assert (tmp_path / "training.png").is_file()
