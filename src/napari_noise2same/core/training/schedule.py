"""Learning rate and averaging as pure functions of progress."""

from __future__ import annotations

import math

__all__ = ["averaging_decay", "learning_rate"]

# Rate at the first step, relative to the peak.
START = 0.04


def learning_rate(progress: float, peak: float, warm_up: float) -> float:
    """Return the rate: a linear warm-up, then half a cosine down to zero.

    Parameters
    ----------
    progress : float
        Share of the budget that is used, 0 to 1.
    peak : float
        Largest rate.
    warm_up : float
        Share of the budget over which the rate rises.

    Returns
    -------
    float
        The rate.
    """
    if progress < warm_up:
        return peak * (START + (1 - START) * progress / warm_up)
    if warm_up == 1:
        return peak
    over = min((progress - warm_up) / (1 - warm_up), 1.0)
    return peak * 0.5 * (1 + math.cos(math.pi * over))


def averaging_decay(step: int, decay: float) -> float:
    """Return the share of the old averaged weights at a step, smaller while they are young."""
    return min(decay, (1 + step) / (10 + step))
