"""Limits of axes that do not jump around while points arrive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["padded_limits", "steady_limits"]

_MARGIN = 0.06
_HEADROOM = 0.15
_TOO_WIDE = 0.6
_FEW = 1e-12


def padded_limits(
    columns: Sequence[NDArray[np.float64]], *, margin: float = _MARGIN, log: bool = False
) -> tuple[float, float]:
    """Return limits with all finite values inside.

    Parameters
    ----------
    columns : sequence of ndarray
        The values.
    margin : float
        Share of the range that is added at each end.
    log : bool
        Whether the limits are for log10 of the values; those that have none are left out.

    Returns
    -------
    tuple of float
        Low and high; 0 and 1 if there are no values.
    """
    values = np.concatenate([np.empty(0), *columns])
    values = values[np.isfinite(values)]
    if log:
        values = np.log10(values[values > 0])
    if not values.size:
        return (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    extent = high - low or max(abs(high), _FEW)
    return (low - margin * extent, high + margin * extent)


def steady_limits(
    before: tuple[float, float] | None, wanted: tuple[float, float]
) -> tuple[float, float]:
    """Keep limits while they serve.

    Parameters
    ----------
    before : tuple of float or None
        Present limits.
    wanted : tuple of float
        Limits that would fit exactly.

    Returns
    -------
    tuple of float
        The present limits if everything is inside and takes up most of them; otherwise the
        wanted ones with headroom at the ends that were crossed, so that it does not happen at
        each point.
    """
    low, high = wanted
    if before is None:
        return wanted
    extent = high - low
    if extent < _TOO_WIDE * (before[1] - before[0]):
        return wanted
    if low < before[0]:
        low -= _HEADROOM * extent
    else:
        low = before[0]
    high = high + _HEADROOM * extent if high > before[1] else before[1]
    return (low, high)
