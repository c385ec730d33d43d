"""The coarse part of a clean image, without which a network sees the rest as it is used to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import uniform_filter

from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain

__all__ = ["BASE_REACH", "find_base", "looks_twice"]

Floats = NDArray[np.float32]

# What deviates less than this within a window is fine, what deviates more is coarse: in standard
# deviations of the noise, as networks have seen a range of some 80, and pixels to each side.
_FINE, _RADIUS = 40.0, 8
# A third of a window that is coarse says that there is a peak or an edge.
_STEEP = 3.0
# How far in Y and X a pixel may be to change the base here.
BASE_REACH = 2 * _RADIUS


def looks_twice(model: TrainedModel, domains: Sequence[Domain]) -> bool:
    """Tell whether the network looks again at what its first result leaves of an image.

    What is faint on a background of hundreds of standard deviations of the noise it erases at
    first: without biases it knows any scale of an image, but not any offset.

    Parameters
    ----------
    model : TrainedModel
        The model. One that began at random has learnt the offsets of its own images, and a blind
        one shall not see a pixel by way of others.
    domains : sequence of Domain
        Those of the channels in question.

    Returns
    -------
    bool
        Whether it does.
    """
    pretrained = model.network.kind == "unet" and model.start != "scratch"
    return pretrained and any(domain.wide for domain in domains)


def find_base(clean: Floats, sigma: ArrayLike) -> tuple[Floats, Floats]:
    """Find what is coarse in a clean image: large edges as they are, smooth between them.

    And all of bright points that would stand out of what is left.

    Parameters
    ----------
    clean : ndarray of float32, shape (channels, [Z,] Y, X)
        What a network has made of an image at first sight, in normalised units.
    sigma : array_like
        The noise of each channel in these units, of a shape that fits.

    Returns
    -------
    base : ndarray of float32, same shape
        The coarse part.
    steep : ndarray of float32, same shape
        From 0 on even ground to 1 at peaks and edges. There the base has the noise of the first
        result, and a second one has no less of it.

    Notes
    -----
    The filter of K. He, J. Sun and X. Tang, "Guided image filtering", ECCV 2010, with the image as
    its own guide.
    """
    mean = _mean(clean)
    variance = np.maximum(_mean(clean**2) - mean**2, 0)
    fine = np.float32(_FINE) * np.asarray(sigma, np.float32)
    share = variance / np.maximum(variance + fine**2, np.finfo(np.float32).tiny)
    coarse = _mean(share)
    rest = clean - coarse * clean - _mean(mean - share * mean)
    base = np.asarray(clean - np.clip(rest, -fine, fine), np.float32)
    return base, np.minimum(_STEEP * coarse, 1)


def _mean(values: Floats) -> Floats:
    """Return the mean over the window in Y and X around each pixel."""
    return np.asarray(uniform_filter(values, 2 * _RADIUS + 1, axes=(-2, -1)))
