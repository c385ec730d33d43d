"""Figures of a run, drawn without a display."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from napari_noise2same.core.errors import MissingDependencyError
from napari_noise2same.core.model import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_comparison", "draw_training", "require_matplotlib"]

_INK, _PAPER = "#e8e8e8", "#14161a"
# The loss and the blind-spot error come so close that one of them has to be dashed.
_LOSSES = {
    "loss": ("loss", "#f5b942", "-"),
    "blind_spot": ("blind-spot error", "#f78da7", (0, (4, 3))),
    "rec": ("reconstruction", "#6cb6ff", "-"),
    "inv": ("invariance", "#7ee0a1", "-"),
}
# Share of the steps over which the curves are averaged.
_SMOOTHING = 0.02


def require_matplotlib() -> None:
    """Say what to install where matplotlib is missing.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise MissingDependencyError(
            "Expected the package matplotlib for figures, found it not installed: "
            'pip install "napari-noise2same[demo]".'
        )


def draw_comparison(
    pictures: Mapping[str, NDArray[Any]], scores: Mapping[str, float], path: Path
) -> None:
    """Draw images side by side, whole and magnified.

    Parameters
    ----------
    pictures : mapping of str to ndarray, shape (y, x)
        Images by their titles; the last one sets the contrast of all.
    scores : mapping of str to float
        PSNR in dB of each image; not shown where it is infinite.
    path : Path
        PNG file to write.
    """
    from matplotlib.patches import Rectangle

    truth = list(pictures.values())[-1]
    low, high = np.quantile(truth, [0.001, 0.998])
    side = min(truth.shape) // 4
    top, left = _most_detailed(truth, side)
    figure = _figure(4.2 * len(pictures), 8.8)
    rows = figure.subplots(2, len(pictures), squeeze=False)
    for (name, picture), whole, part in zip(pictures.items(), *rows, strict=True):
        detail = picture[top : top + side, left : left + side]
        for axes, pixels in ((whole, picture), (part, detail)):
            axes.imshow(pixels, cmap="inferno", vmin=low, vmax=high, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        whole.set_title(_title(name, scores[name]), color=_INK, fontsize=15, pad=10)
        whole.add_patch(
            Rectangle((left, top), side, side, fill=False, edgecolor=_INK, linewidth=1.2)
        )
    _save(figure, path)


def draw_training(history: History, path: Path) -> None:
    """Draw λ_inv above the loss and its terms, over the steps.

    Parameters
    ----------
    history : History
        The numbers of every step.
    path : Path
        PNG file to write.
    """
    figure = _figure(9, 7)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2, 3])
    steps = history.columns["step"]
    upper.plot(steps, history.columns["lambda_inv"], color=_INK, linewidth=2)
    upper.set_ylabel(r"$\lambda_\mathrm{inv}$", fontsize=13)
    for column, (label, colour, style) in _LOSSES.items():
        values = history.columns[column]
        lower.plot(steps, values, color=colour, linewidth=0.6, alpha=0.35)
        lower.plot(steps, _smooth(values), color=colour, linestyle=style, linewidth=2, label=label)
    lower.set(xlabel="step", ylabel="squared normalised units", yscale="log")
    lower.legend(frameon=False, labelcolor=_INK, ncols=len(_LOSSES), loc="upper right")
    lower.margins(x=0.01)
    for axes in (upper, lower):
        _style(axes)
    _save(figure, path)


def _figure(width: float, height: float) -> Figure:
    """Make a figure of its own, without pyplot's global state."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), facecolor=_PAPER, layout="constrained")


def _save(figure: Figure, path: Path) -> None:
    """Write a PNG, for which matplotlib needs no display."""
    figure.savefig(path, format="png", dpi=110)


def _style(axes: Axes) -> None:
    """Light lines on dark ground."""
    axes.set_facecolor(_PAPER)
    axes.tick_params(colors=_INK, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_INK)
    axes.grid(alpha=0.15, color=_INK)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)


def _title(name: str, score: float) -> str:
    """Write the score behind the name."""
    return f"{name}   {score:.1f} dB" if np.isfinite(score) else name


def _most_detailed(picture: NDArray[Any], side: int) -> tuple[int, int]:
    """Return the corner of the square with the largest variance."""
    corners = [
        (top, left)
        for top in range(0, picture.shape[0] - side + 1, side // 4)
        for left in range(0, picture.shape[1] - side + 1, side // 4)
    ]
    return max(corners, key=lambda c: float(picture[c[0] :, c[1] :][:side, :side].var()))


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average over neighbouring steps."""
    width = max(1, round(_SMOOTHING * len(values)))
    return np.asarray(uniform_filter1d(values, width, mode="nearest"))
