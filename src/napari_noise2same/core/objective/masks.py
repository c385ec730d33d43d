"""Stratified masks, drawn on the device, kept as coordinates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Mask", "stratified_mask"]


@dataclass(frozen=True)
class Mask:
    """The masked pixels of a batch.

    Coordinates are kept, because comparing the masked input with the original loses every
    pixel whose replacement happens to be its own value.

    Attributes
    ----------
    index : tuple of Tensor
        One integer tensor of shape (masked,) for each dimension of the batch.
    """

    index: tuple[Tensor, ...]

    def __len__(self) -> int:
        """Return the number of masked values."""
        return int(self.index[0].numel())

    def gather(self, x: Tensor) -> Tensor:
        """Return the masked values of `x`, shape (masked,)."""
        return x[self.index]

    def replace(self, x: Tensor, values: Tensor) -> Tensor:
        """Return a copy of `x` with the masked values replaced by `values` of shape (masked,)."""
        return x.index_put(self.index, values)


def stratified_mask(
    shape: tuple[int, ...],
    percentage: float,
    *,
    generator: torch.Generator,
    independent_channels: bool = False,
) -> Mask:
    """Draw one pixel from each box of a grid.

    The side of a box is ``(100 / percentage)^(1 / ndim)`` in every number of dimensions, and
    need not be whole: a continuous position in each box is rounded down to its pixel, so the
    density is right for any percentage (a pixel on the border of two boxes may be drawn by both).
    Where this draws no pixel at all, one is drawn from each patch.
    Stratification keeps the masked pixels apart, so that each is predicted from unmasked
    neighbours.

    Parameters
    ----------
    shape : tuple of int
        Shape (batch, channels, [Z,] Y, X) of what is to be masked.
    percentage : float
        Percentage of the pixels to mask.
    generator : torch.Generator
        Source of randomness; the mask lies on its device.
    independent_channels : bool
        Draw the positions anew for each channel. By default a pixel is masked in all of them.

    Returns
    -------
    Mask
        The masked pixels.

    Notes
    -----
    Krull, Buchholz and Jug, "Noise2Void", CVPR 2019, for the stratified draw.
    """
    batch, channels, *size = shape
    ndim = len(size)
    device = generator.device
    side = (100.0 / percentage) ** (1.0 / ndim)
    boxes = [math.ceil(length / side) for length in size]
    planes = batch * channels if independent_channels else batch
    corner = torch.stack(
        torch.meshgrid([torch.arange(n, device=device) for n in boxes], indexing="ij")
    ).reshape(1, ndim, -1)
    jitter = torch.rand((planes, ndim, corner.shape[-1]), generator=generator, device=device)
    position = ((corner + jitter) * side).long()
    limits = torch.tensor(size, device=device).reshape(1, ndim, 1)
    inside = (position < limits).all(dim=1)
    if not inside.any():
        # Boxes larger than small patches: without a hidden pixel there is no loss.
        jitter = torch.rand((planes, ndim, 1), generator=generator, device=device)
        position = (jitter * limits).long()
        inside = (position < limits).all(dim=1)
    plane, box = inside.nonzero(as_tuple=True)
    spatial = tuple(position[plane, axis, box] for axis in range(ndim))
    if independent_channels:
        return Mask((plane // channels, plane % channels, *spatial))
    repeated = [t.repeat(channels) for t in (plane, *spatial)]
    channel = torch.arange(channels, device=device).repeat_interleave(plane.numel())
    return Mask((repeated[0], channel, *repeated[1:]))
