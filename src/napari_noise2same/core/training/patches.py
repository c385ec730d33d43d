"""Random patches, augmented."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_noise2same.core.sampling import Positions, patch_starts
from napari_noise2same.core.settings import Augmentation

__all__ = ["PatchSampler"]


class PatchSampler:
    """Draws batches of random crops from blocks, larger blocks more often.

    Parameters
    ----------
    blocks : sequence of Tensor, shape (channels, [Z,] Y, X)
        Normalised pixels, on the device.
    patch : tuple of int
        Spatial shape of a patch; no block is smaller.
    masks : sequence of (ndarray of bool, shape ([Z,] Y, X)) or None, optional
        For each block the pixels to train on, None for all. A patch then has its centre on such a
        pixel, or as near to one as the block's border lets it, and all such places are alike.
    pixel_weights : sequence of float, optional
        How much a pixel of each block counts; by default those of all blocks are alike.
    """

    def __init__(
        self,
        blocks: Sequence[Tensor],
        patch: tuple[int, ...],
        masks: Sequence[NDArray[np.bool_] | None] | None = None,
        pixel_weights: Sequence[float] | None = None,
    ) -> None:
        self._blocks = list(blocks)
        self._patch = patch
        masks = masks or [None] * len(self._blocks)
        self._starts = [
            None if mask is None else Positions(patch_starts(mask, patch)) for mask in masks
        ]
        pairs = zip(self._blocks, masks, strict=True)
        sizes = torch.tensor([_size(block, mask) for block, mask in pairs])
        if pixel_weights is not None:
            sizes = sizes * torch.tensor(pixel_weights)
        self._weights = sizes / sizes.sum()

    def draw(self, batch: int, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
        """Draw a batch.

        Parameters
        ----------
        batch : int
            Number of patches.
        augmentation : {"full", "flips", "none"}
            Flips of every spatial axis and in-plane 90° turns, flips alone, or neither. Turns
            need square patches, and are left out for others.
        generator : torch.Generator
            Source of randomness, on the CPU.

        Returns
        -------
        Tensor, shape (batch, channels, [Z,] Y, X)
            The patches.
        """
        chosen = torch.multinomial(self._weights, batch, replacement=True, generator=generator)
        return torch.stack([self._crop(int(block), augmentation, generator) for block in chosen])

    def _crop(self, block: int, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
        """Cut one patch out of a block, and flip and turn it."""
        values = self._blocks[block]
        starts = self._start(block, generator)
        for axis, (start, side) in enumerate(zip(starts, self._patch, strict=True), start=1):
            values = values.narrow(axis, start, side)
        if augmentation == "none":
            return values
        flipped = [axis for axis in range(1, values.ndim) if _below(2, generator)]
        values = values.flip(flipped)
        square = self._patch[-1] == self._patch[-2]
        if augmentation == "full" and square and _below(2, generator):
            values = values.transpose(-1, -2)
        return values

    def _start(self, block: int, generator: torch.Generator) -> tuple[int, ...]:
        """Draw the first pixel of a patch."""
        starts = self._starts[block]
        if starts is not None:
            return starts[_below(len(starts), generator)]
        lengths = self._blocks[block].shape[1:]
        ends = [length - side + 1 for length, side in zip(lengths, self._patch, strict=True)]
        return tuple(_below(end, generator) for end in ends)


def _size(block: Tensor, mask: NDArray[np.bool_] | None) -> float:
    """Return the number of values to train on."""
    pixels = math.prod(block.shape[1:]) if mask is None else np.count_nonzero(mask)
    return float(block.shape[0] * pixels)


def _below(limit: int, generator: torch.Generator) -> int:
    """Draw a whole number from 0 to `limit` − 1."""
    return int(torch.randint(limit, (), generator=generator))
