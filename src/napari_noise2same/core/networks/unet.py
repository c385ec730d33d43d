"""A pre-activation residual U-Net without normalisation layers."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from napari_noise2same.core.networks.blocks import (
    Down,
    ResidualBlock,
    Up,
    activate,
    conv,
    crop_to,
    fold,
    full_precision,
    pad_to_multiple,
    unfold,
)
from napari_noise2same.core.settings import NetworkConfig

__all__ = ["UNet"]

HEAD_SCALE = 0.1


class UNet(nn.Module):
    """Residual U-Net over ``(batch, channels, [Z,] Y, X)``, any spatial size.

    Parameters
    ----------
    config : NetworkConfig
        What it looks like. Z is never downsampled.

    Attributes
    ----------
    multiple : int
        Y and X positions at multiples of this see the same grid of cells: tiles start there.
    receptive_radius : tuple of int
        For each spatial axis, how far away a pixel may be to change the output here.
    grid_radius : tuple of int
        The same for a region that begins and ends at multiples of `multiple` in Y and X.

    Notes
    -----
    After Ronneberger, Fischer and Brox, "U-Net", MICCAI 2015, and the residual variant of Xie,
    Wang and Ji, "Noise2Same", NeurIPS 2020.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        spatial_dims, widths, blocks = config.spatial_dims, config.widths, config.blocks
        bias, gated = config.bias, config.skip == "gated"
        self.unshuffle = config.unshuffle
        self.multiple = self.unshuffle * 2 ** (len(widths) - 1)
        counts = (blocks,) * len(widths) if isinstance(blocks, int) else blocks
        self.receptive_radius = self._radius(spatial_dims, counts)
        in_plane = self._radius_on_grid(counts)
        self.grid_radius = (*self.receptive_radius[:-2], in_plane, in_plane)
        folded = config.channels * self.unshuffle**2

        def level(width: int, count: int) -> nn.Sequential:
            stack = [ResidualBlock(spatial_dims, width, bias=bias) for _ in range(count)]
            return nn.Sequential(*stack)

        pairs = list(pairwise(widths))
        self.stem = conv(spatial_dims, folded, widths[0], bias=bias)
        self.encoder = nn.ModuleList(map(level, widths, counts))
        self.down = nn.ModuleList([Down(spatial_dims, a, b, bias=bias) for a, b in pairs])
        self.up = nn.ModuleList([Up(spatial_dims, b, a, gated=gated, bias=bias) for a, b in pairs])
        self.decoder = nn.ModuleList(map(level, widths[:-1], counts[:-1]))
        self.head = conv(spatial_dims, widths[0], folded, bias=bias)
        # A start near zero: the sum of all levels would begin ten times as loud as the image.
        with torch.no_grad():
            self.head.weight.mul_(HEAD_SCALE)

    def forward(self, x: Tensor) -> Tensor:
        """Return the denoised batch, of the shape of `x`."""
        with full_precision(x):
            features = self.stem(fold(pad_to_multiple(x, self.multiple), self.unshuffle))
        skips = []
        for block, down in zip(self.encoder, self.down, strict=False):
            features = block(features)
            skips.append(features)
            features = down(features)
        features = self.encoder[-1](features)
        for up, block in zip(reversed(self.up), reversed(self.decoder), strict=True):
            features = block(up(features, skips.pop()))
        with full_precision(x):
            folded = self.head(activate(features, inplace=True))
        return crop_to(unfold(folded, self.unshuffle), x)

    def _radius(self, spatial_dims: int, counts: tuple[int, ...]) -> tuple[int, ...]:
        """Sum of the reach of every convolution, plus the reach of the deepest cell itself."""
        # Two convolutions in each block, on the way down and, but for the deepest, up again.
        per_level = [4 * count for count in counts]
        per_level[-1] //= 2
        per_level[0] += 2  # stem and head
        cells = self._cells(counts)
        in_plane = sum(n * cell for n, cell in zip(per_level, cells, strict=True)) + cells[-1] - 1
        depth = (sum(per_level),) * (spatial_dims - 2)
        return (*depth, in_plane, in_plane)

    def _radius_on_grid(self, counts: tuple[int, ...]) -> int:
        """Follow the border of a region down the decoder and up the encoder.

        At each level it moves by what the convolutions reach, and out to the grid of the next.
        """
        cells = self._cells(counts)
        reaches = [2 * count * cell for count, cell in zip(counts, cells, strict=True)]
        radius = cells[0]  # the head
        for cell, reach in zip(cells[:-1], reaches, strict=False):
            radius = -(-(radius + reach) // (2 * cell)) * 2 * cell
        return radius + sum(reaches) + cells[0]  # the stem

    def _cells(self, counts: tuple[int, ...]) -> list[int]:
        """Side of each level's cells, in pixels."""
        return [self.unshuffle * 2**i for i in range(len(counts))]
