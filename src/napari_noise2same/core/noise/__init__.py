"""Noise: how strong it is, how it depends on the signal, and the domain in which it does not."""

from __future__ import annotations

from napari_noise2same.core.noise.anscombe import GeneralisedAnscombe
from napari_noise2same.core.noise.distance import independent_distances, planes_share_noise
from napari_noise2same.core.noise.domain import Domain, DomainKind, fit_domain
from napari_noise2same.core.noise.holes import fill_holes, hide_outliers
from napari_noise2same.core.noise.poisson_gaussian import PoissonGaussian, fit_poisson_gaussian
from napari_noise2same.core.noise.scaling import noise_level, with_sigma
from napari_noise2same.core.noise.sigma import estimate_sigma

__all__ = [
    "Domain",
    "DomainKind",
    "GeneralisedAnscombe",
    "PoissonGaussian",
    "estimate_sigma",
    "fill_holes",
    "fit_domain",
    "fit_poisson_gaussian",
    "hide_outliers",
    "independent_distances",
    "noise_level",
    "planes_share_noise",
    "with_sigma",
]
