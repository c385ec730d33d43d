"""Which pixels of a batch are hidden, and by what."""

from __future__ import annotations

import torch
from torch import Tensor

from napari_noise2same.core.objective.masks import Mask, stratified_mask
from napari_noise2same.core.objective.replacement import replacement_values
from napari_noise2same.core.settings import MaskConfig

__all__ = ["hide"]


def hide(x: Tensor, config: MaskConfig, *, generator: torch.Generator) -> tuple[Mask, Tensor]:
    """Draw the pixels to hide, and say what replaces them.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, [Z,] Y, X)
        Normalised images.
    config : MaskConfig
        How many pixels, in which channels, and what replaces them.
    generator : torch.Generator
        Source of randomness, on the device of `x`.

    Returns
    -------
    mask : Mask
        The hidden pixels.
    values : Tensor, shape (masked,)
        What replaces them.
    """
    mask = stratified_mask(
        tuple(x.shape),
        config.percentage,
        generator=generator,
        independent_channels=config.independent_channels,
    )
    return mask, replacement_values(x, mask, config.replacement, generator=generator)
