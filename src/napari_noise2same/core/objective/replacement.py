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
    kind: Literal["donut", "gaussian"],
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
    kind : {"donut", "gaussian"}
        The mean of the neighbours, or a draw from N(0, 0.2²), as published.
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
    # An axis of length 1 has no neighbours to offer: any padding would repeat the pixel itself.
    reach = [int(length > 1) for length in x.shape[2:]]
    kernel = torch.zeros([2 * r + 1 for r in reach], device=x.device, dtype=x.dtype)
    for offset in product(*(range(-r, r + 1) for r in reach)):
        steps = sum(map(abs, offset))
        if steps:
            kernel[tuple(o + r for o, r in zip(offset, reach, strict=True))] = 0.5 ** (steps - 1)
    kernel /= kernel.sum().clamp(min=1)
    channels = x.shape[1]
    weight = kernel.expand(channels, 1, *kernel.shape)
    margins = [r for r in reversed(reach) for _ in range(2)]
    padded = functional.pad(x, margins, mode="reflect")
    convolve = functional.conv2d if x.ndim == 4 else functional.conv3d
    return convolve(padded, weight, groups=channels)
