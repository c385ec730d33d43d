"""Figures of the benchmarks: quality over time, and crops with their residuals (matplotlib)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

__all__ = ["Curve", "draw_curves", "draw_gallery"]

# Seconds and decibels, in order.
Curve = Sequence[tuple[float, float]]
Floats = NDArray[np.float64]

_SIDE = 128
# Where no time at all is drawn on a logarithmic axis.
_START = 0.05


def draw_curves(title: str, curves: Mapping[str, Curve], path: Path) -> None:
    """Draw decibels over seconds: a line for each method, a mark where it has one point only.

    Parameters
    ----------
    title : str
        What was denoised.
    curves : mapping of str to sequence of (float, float)
        Seconds from the start to the picture, and decibels, of each method.
    path : Path
        PNG file to write.
    """
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name, curve in curves.items():
        seconds, decibels = zip(*((max(s, _START), db) for s, db in curve), strict=True)
        axes.plot(seconds, decibels, "o-" if len(curve) > 1 else "D", label=name, markersize=5)
    axes.set(xscale="log", xlabel="seconds, training and denoising", ylabel="affine-fit PSNR (dB)")
    axes.set_title(title)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110)


def draw_gallery(noisy: Floats, results: Mapping[str, Floats], truth: Floats, path: Path) -> None:
    """Draw the most detailed crop of each result, and below it what was taken out of the image.

    Parameters
    ----------
    noisy : ndarray, shape (Y, X)
        The noisy image, fitted to the ground truth.
    results : mapping of str to ndarray, shape (Y, X)
        Denoised images by method, fitted to the ground truth.
    truth : ndarray, shape (Y, X)
        The ground truth, which sets the contrast of all.
    path : Path
        PNG file to write.
    """
    crop = _most_detailed(truth)
    pictures = {"noisy": noisy, **results, "ground truth": truth}
    low, high = np.quantile(truth[crop], [0.001, 0.999])
    bound = float(np.quantile(np.abs(noisy - truth)[crop], 0.99))
    figure = Figure(figsize=(2.6 * len(pictures), 8), layout="constrained")
    for (name, picture), column in zip(
        pictures.items(), figure.subplots(3, len(pictures), squeeze=False).T, strict=True
    ):
        rows = (picture[crop], (noisy - picture)[crop], (picture - truth)[crop])
        column[0].imshow(rows[0], cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        for axes, residual in zip(column[1:], rows[1:], strict=True):
            axes.imshow(residual, cmap="RdBu_r", vmin=-bound, vmax=bound, interpolation="nearest")
        column[0].set_title(name, fontsize=10)
    for axes, label in zip(
        figure.axes[:: len(pictures)],
        ("image", "noisy − image", "image − ground truth"),
        strict=True,
    ):
        axes.set_ylabel(label)
    for axes in figure.axes:
        axes.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=110)


def _most_detailed(picture: Floats) -> tuple[slice, slice]:
    """Return the square with the largest variance."""
    side = min(_SIDE, *picture.shape)
    step = max(side // 4, 1)
    corners = [
        (slice(top, top + side), slice(left, left + side))
        for top in range(0, picture.shape[0] - side + 1, step)
        for left in range(0, picture.shape[1] - side + 1, step)
    ]
    return max(corners, key=lambda crop: float(picture[crop].var()))
