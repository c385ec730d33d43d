"""Detail that a network has taken for noise, given back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from napari_noise2same.core.model import TrainedModel

__all__ = ["DETAIL_RADIUS", "give_back_detail", "gives_back_detail"]

# The window in Y and X in which the residual is looked at: a Gaussian, and where it ends.
_WINDOW, DETAIL_RADIUS = 4.0, 8
# By chance alone its mean square deviates by a tenth there, and noise is stronger in places.
_CLEARLY = 1.35


def gives_back_detail(model: TrainedModel) -> bool:
    """Return whether a model may have missed detail: one that began at random knows its images.

    Parameters
    ----------
    model : TrainedModel
        The model.

    Returns
    -------
    bool
        Whether to look for it where noise is weak.
    """
    return model.start != "scratch"


def give_back_detail(
    noisy: NDArray[np.float32], clean: NDArray[np.float32], noise: float
) -> NDArray[np.float32]:
    """Give back that part of the residual which is more than noise.

    A network that has learnt from many images misses what none of them had: fine texture, where
    there is hardly any noise. What it takes out then varies more than noise does, and the best
    estimate (of all that are linear in the residual, near each pixel) keeps the share of the
    variance that is not noise.

    Parameters
    ----------
    noisy, clean : ndarray of float32, shape (..., Y, X)
        Noisy pixels, and what a network makes of them, in normalised units.
    noise : float
        Standard deviation of the noise in these units.

    Returns
    -------
    ndarray of float32, same shape
        Between both; `clean` itself where the residual is no more than noise.

    Notes
    -----
    The filter of J.-S. Lee, "Digital image enhancement and noise filtering by use of local
    statistics", IEEE TPAMI 2 (1980), with a network's result in the place of the local mean.
    """
    residual = noisy - clean
    power = residual**2
    for axis in (-2, -1):
        power = gaussian_filter1d(power, _WINDOW, axis, radius=DETAIL_RADIUS)
    least = np.float32(_CLEARLY * noise**2)
    return np.asarray(clean + residual * (1 - least / np.maximum(power, least)))
