"""What stands in for a masked pixel."""

from __future__ import annotations

from itertools import product
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from napari_noise2same.core.objective.masks import Mask

__all__ = ["donut_mean", "replacement_values"]

# Standard deviation of the published Gaussian replacement, in normalised units.
GAUSSIAN_SCALE = 0.2


def replacement_values(
    x: Tensor,
    mask: Mask,
    kind: Literal["gaussian", "donut"],
    *,
    generator: torch.Generator,
) -> Tensor:
    """Return what replaces the masked values.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, [Z,] Y, X)
        Normalised images.
    mask : Mask
        The masked pixels.
    kind : {"gaussian", "donut"}
        A draw from N(0, 0.2²), as published, or the mean of the neighbours.
    generator : torch.Generator
        Source of randomness, on the device of `x`.

    Returns
    -------
    Tensor, shape (masked,)
        The replacing values.

    Notes
    -----
    Xie, Wang and Ji, "Noise2Same", NeurIPS 2020 (gaussian); Batson and Royer, "Noise2Self",
    ICML 2019 (donut).
    """
    if kind == "donut":
        return mask.gather(donut_mean(x))
    noise = torch.randn(len(mask), generator=generator, device=x.device, dtype=x.dtype)
    return GAUSSIAN_SCALE * noise


def donut_mean(x: Tensor) -> Tensor:
    """Return the weighted mean of each pixel's neighbours, the pixel itself excluded.

    Neighbours along an axis weigh 1, and half as much for each further axis they differ in.
    Each channel is averaged by itself; borders are reflected.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, [Z,] Y, X)
        Images.

    Returns
    -------
    Tensor, same shape
        The means.
    """
    ndim = x.ndim - 2
    kernel = torch.zeros((3,) * ndim, device=x.device, dtype=x.dtype)
    for offset in product((-1, 0, 1), repeat=ndim):
        steps = sum(map(abs, offset))
        if steps:
            kernel[tuple(o + 1 for o in offset)] = 0.5 ** (steps - 1)
    kernel /= kernel.sum()
    channels = x.shape[1]
    weight = kernel.expand(channels, 1, *kernel.shape)
    # A single plane has nothing to reflect: its own value stands for the missing neighbours.
    mode = "reflect" if min(x.shape[2:]) > 1 else "replicate"
    padded = functional.pad(x, (1, 1) * ndim, mode=mode)
    convolve = functional.conv2d if ndim == 2 else functional.conv3d
    return convolve(padded, weight, groups=channels)
