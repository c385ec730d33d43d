"""The Noise2Same objective: masks, replacement, loss terms and strategies for λ_inv."""

from napari_noise2same.core.objective.hiding import hide
from napari_noise2same.core.objective.lambda_inv import LambdaStrategy, build_strategy
from napari_noise2same.core.objective.loss import (
    Terms,
    estimated_risk,
    noise2same_loss,
    noise2same_terms,
    noise_variance,
)
from napari_noise2same.core.objective.masks import Mask, stratified_mask
from napari_noise2same.core.objective.replacement import donut_mean, replacement_values

__all__ = [
    "LambdaStrategy",
    "Mask",
    "Terms",
    "build_strategy",
    "donut_mean",
    "estimated_risk",
    "hide",
    "noise2same_loss",
    "noise2same_terms",
    "noise_variance",
    "replacement_values",
    "stratified_mask",
]
