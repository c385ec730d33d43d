"""The Noise2Same objective: masks, replacement, loss terms and strategies for λ_inv."""

from napari_noise2same.core.objective.hiding import hide
from napari_noise2same.core.objective.lambda_inv import build_strategy
from napari_noise2same.core.objective.loss import (
    Terms,
    estimated_risk,
    noise2same_loss,
    noise2same_terms,
    noise_variance,
)
from napari_noise2same.core.objective.masks import Mask

__all__ = [
    "Mask",
    "Terms",
    "build_strategy",
    "estimated_risk",
    "hide",
    "noise2same_loss",
    "noise2same_terms",
    "noise_variance",
]
