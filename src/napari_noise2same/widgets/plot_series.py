"""What the loss plot shows, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

__all__ = ["LAMBDA", "LOSSES", "SERIES", "RunningMean", "Series"]


@dataclass(frozen=True)
class Series:
    """One curve.

    Attributes
    ----------
    key : str
        Column of the history.
    label : str
        Name in the legend.
    on_dark, on_light : str
        Colour on a dark and on a light background: the hues of Okabe and Ito, which people with
        any kind of colour vision can tell apart, in a fitting lightness.
    tooltip : str
        What it is.
    """

    key: str
    label: str
    on_dark: str
    on_light: str
    tooltip: str


LOSSES = (
    Series(
        "loss",
        "Total",
        "#f0f0f0",
        "#202020",
        "The loss that training minimises: reconstruction plus the weighted invariance term.",
    ),
    Series(
        "rec",
        "Reconstruction",
        "#56b4e9",
        "#0072b2",
        "Mean squared difference between the result and the noisy image.",
    ),
    Series(
        "inv",
        "Invariance",
        "#2ecc9f",
        "#00805c",
        "How much the result at a pixel changes when that pixel is hidden: falls as it learns.",
    ),
    Series(
        "blind_spot",
        "Blind spot",
        "#dd8fba",
        "#b04a84",
        "Error of predicting hidden pixels: noise plus what cannot be predicted; lower is better.",
    ),
)
LAMBDA = Series(
    "lambda_inv",
    "λ_inv",
    "#f0a500",
    "#c05000",
    "Weight of the invariance term, on the axis at the right.",
)
SERIES = (*LOSSES, LAMBDA)


class RunningMean:
    """Exponential mean of a series that arrives in pieces; skips what is not finite.

    Parameters
    ----------
    decay : float
        Share of the old value in each step, in [0, 1).
    """

    def __init__(self, decay: float) -> None:
        self._decay = decay
        # Filter states of the weighted sum and of the weights: their ratio has no start-up bias.
        self._states = np.zeros((2, 1))

    def update(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean after each of the next values.

        Parameters
        ----------
        values : ndarray of float64, shape (n,)
            The next values.

        Returns
        -------
        ndarray of float64, shape (n,)
            The means; NaN before the first finite value.
        """
        if not values.size:  # which lfilter takes for a new start
            return values
        finite = np.isfinite(values)
        inputs = np.stack([np.where(finite, values, 0.0), finite.astype(np.float64)])
        (total, weight), self._states = lfilter(
            [1 - self._decay], [1, -self._decay], inputs, zi=self._states
        )
        means: NDArray[np.float64] = np.full(len(values), np.nan)
        np.divide(total, weight, out=means, where=weight > 0)
        return means
