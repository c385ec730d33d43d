"""Comparing domains, and bringing different noise to one strength."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_noise2same.core.noise.domain import Domain

__all__ = ["noise_level", "with_sigma"]


def noise_level(domain: Domain, values: ArrayLike) -> NDArray[np.float64]:
    """Return the standard deviation of the noise where the clean image has certain values.

    Parameters
    ----------
    domain : Domain
        The domain of the image.
    values : array_like
        Clean image values, any shape.

    Returns
    -------
    ndarray of float64
        The standard deviation in image units; the same everywhere for a linear domain.
    """
    if domain.noise is None:
        return np.full(np.shape(values), domain.sigma * domain.std)
    return np.sqrt(domain.noise.variance(values))


def with_sigma(domain: Domain, sigma: float) -> Domain:
    """Scale a domain so that its noise has a certain strength in normalised units.

    Parameters
    ----------
    domain : Domain
        The domain of an image.
    sigma : float
        The standard deviation of the noise that a network is used to, in normalised units.

    Returns
    -------
    Domain
        The domain with another `std`; unchanged where either noise is 0.
    """
    noise = domain.sigma * domain.std if domain.noise is None else 1.0
    if not noise or not sigma:
        return domain
    detail = None if domain.detail is None else domain.detail * sigma / domain.sigma
    return replace(domain, std=noise / sigma, sigma=sigma, detail=detail)
