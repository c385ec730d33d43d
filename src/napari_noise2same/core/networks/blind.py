"""A network whose output never depends on the pixel at its own place."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_noise2same.core.networks.blocks import activate, conv, full_precision
from napari_noise2same.core.settings import NetworkConfig

__all__ = ["BlindNet"]

# Each branch: (side of the centre-masked kernel, dilation of all that follow).
_BRANCHES = ((3, 2), (5, 3))


class _CentreMaskedConv(nn.Module):
    """Convolution whose kernel has no centre weight."""

    def __init__(
        self, spatial_dims: int, inputs: int, outputs: int, kernel: int, *, bias: bool
    ) -> None:
        super().__init__()
        self.conv = conv(spatial_dims, inputs, outputs, kernel, bias=bias)
        self._centre: tuple[Any, ...] = (..., *(kernel // 2,) * spatial_dims)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve with the centre weight held at zero."""
        layer = self.conv
        weight = layer.weight.clone()
        weight[self._centre] = 0
        convolve = functional.conv2d if x.ndim == 4 else functional.conv3d
        with full_precision(x):
            return convolve(x, weight, layer.bias, padding=layer.padding)


class _DilatedBlock(nn.Module):
    """Residual block that only reaches multiples of its dilation."""

    def __init__(self, spatial_dims: int, width: int, dilation: int, *, bias: bool) -> None:
        super().__init__()
        self.spread = conv(spatial_dims, width, width, dilation=dilation, bias=bias)
        self.mix = conv(spatial_dims, width, width, kernel=1, bias=bias)
        nn.init.zeros_(self.mix.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the block makes of `x`."""
        inner: Tensor = self.mix(activate(self.spread(activate(x))))
        return x + inner


class BlindNet(nn.Module):
    """Strictly blind (J-invariant for single pixels) network, any spatial size.

    A kernel of side 2d−1 without its centre is followed by convolutions that reach only
    multiples of the dilation d. No sum of such multiples cancels an offset of the first kernel,
    so that no path leads from a pixel to the output at its own place. Two branches (d = 2, 3)
    see different neighbours.

    Parameters
    ----------
    config : NetworkConfig
        What it looks like. The first of the widths is the number of features, their count the
        number of dilated blocks; a pixel is hidden in all channels.

    Attributes
    ----------
    multiple : int
        1: no grid.
    receptive_radius : tuple of int
        For each spatial axis, how far away a pixel may be to change the output here.
    grid_radius : tuple of int
        The same, as there is no grid.

    Notes
    -----
    After Wu et al., "Unpaired learning of deep image denoising", ECCV 2020 (D-BSN).
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        spatial_dims, channels, bias = config.spatial_dims, config.channels, config.bias
        width, depth = config.widths[0], len(config.widths)
        self.multiple = 1
        reach = max(kernel // 2 + depth * dilation for kernel, dilation in _BRANCHES)
        self.receptive_radius = self.grid_radius = (reach,) * spatial_dims
        self.branches = nn.ModuleList(
            nn.Sequential(
                _CentreMaskedConv(spatial_dims, channels, width, kernel, bias=bias),
                *(_DilatedBlock(spatial_dims, width, dilation, bias=bias) for _ in range(depth)),
            )
            for kernel, dilation in _BRANCHES
        )
        self.merge = conv(spatial_dims, width * len(_BRANCHES), width, kernel=1, bias=bias)
        self.head = conv(spatial_dims, width, channels, kernel=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the denoised batch, of the shape of `x`."""
        features = torch.cat([branch(x) for branch in self.branches], dim=1)
        with full_precision(x):
            merged = activate(self.merge(activate(features)))
            result: Tensor = self.head(merged)
        return result
