"""Denoising, and what is the same of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_noise2same.core.denoising import denoise
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.settings import DenoiseConfig
from noise2same_testing.arrays import Array


def run(image: Image, model: TrainedModel, **config: Any) -> Array:
    """The denoised pixels, with the settings given and the defaults of the others."""
    return denoise(image, model, DenoiseConfig(**config))


def assert_same(found: Array, expected: Array) -> None:
    """Expect the same pixels, but for the order in which a network adds up."""
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5 * float(np.ptp(expected)))
