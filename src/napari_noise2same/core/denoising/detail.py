"""Detail that a network has taken for noise, given back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

__all__ = ["give_back_detail"]

Floats = NDArray[np.float32]

# Side of the window in which what a network has taken out is looked at.
_SIDE = 21
# Noise deviates in such a window by 7 % of its variance, and is not known better.
_CLEARLY = 1.15
# Noise has no likeness to itself at these distances in Y and X. The sum of squares of as many
# correlations, times the number of pixels, is below the first number in 95 % of all windows of
# white noise, and below the second in all but a thousandth (χ² with six degrees of freedom).
_NEXT, _BEYOND = ((0, 1), (1, 0), (1, 1), (1, -1)), ((0, 2), (2, 0))
_PERHAPS, _SURELY = 12.6, 22.5


def give_back_detail(noisy: Floats, clean: Floats, noise: float) -> Floats:
    """Give back that part of what a network has taken out which is more than noise.

    A network that has learnt from many images misses what none of them had: fine texture, where
    there is hardly any noise. What it takes out then varies more than noise does, and neighbouring
    pixels share it. Both must be so, near a pixel, as noise that is only stronger than expected
    shall go. The best estimate (of all that are linear in the residual) then keeps the share of the
    variance that is not noise.

    Parameters
    ----------
    noisy, clean : ndarray of float32, shape ([Z,] Y, X)
        Noisy pixels, and what a network makes of them, in normalised units. Planes are looked at
        one by one.
    noise : float
        Standard deviation of the noise in these units.

    Returns
    -------
    ndarray of float32, same shape
        Between both; `clean` itself where the residual may be noise.

    Notes
    -----
    The filter of J.-S. Lee, "Digital image enhancement and noise filtering by use of local
    statistics", IEEE TPAMI 2 (1980), with a network's result in the place of the local mean; and
    the test of G. Box and D. Pierce, "Distribution of residual autocorrelations", JASA 65 (1970).
    """
    if noisy.ndim > 2:
        planes = zip(noisy, clean, strict=True)
        return np.stack([give_back_detail(*plane, noise) for plane in planes])
    residual = noisy - clean
    share = _mean(np.ones_like(residual))
    power = np.maximum(_mean(residual**2), np.finfo(np.float32).tiny)
    likeness, next_to_it = np.zeros_like(residual), np.zeros_like(residual)
    for step in (*_NEXT, *_BEYOND):
        correlation = _mean(_products(residual, *step)) / power
        likeness += correlation**2
        if step in _NEXT:
            next_to_it += correlation
    # Of noise that is stronger than it reckons with, a network takes out what is fast, and leaves
    # the rest: what it takes out is unlike all its neighbours, which texture never is. What these
    # have in common counts for nothing.
    likeness -= np.minimum(next_to_it, 0) ** 2 / len(_NEXT)
    structure = np.clip((likeness * share * _SIDE**2 - _PERHAPS) / (_SURELY - _PERHAPS), 0, 1)
    signal = np.clip(1 - _CLEARLY * np.float32(noise**2) * share / power, 0, 1)
    return np.asarray(clean + residual * structure * signal, np.float32)


def _mean(values: Floats) -> Floats:
    """Return the mean over the window around each pixel; beyond the border there is nothing."""
    return np.asarray(uniform_filter(values, _SIDE, mode="constant"))


def _products(residual: Floats, down: int, right: int) -> Floats:
    """Return the product of each pixel and the one at a distance, 0 where there is none."""
    products = np.zeros_like(residual)
    height, width = residual.shape
    left, beyond = max(right, 0), width + min(right, 0)
    here = residual[down:, left:beyond]
    there = residual[: height - down, max(-right, 0) : width - left]
    products[down:, left:beyond] = here * there
    return products
