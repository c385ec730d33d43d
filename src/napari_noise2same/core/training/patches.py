"""Random patches, augmented."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

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
    """

    def __init__(self, blocks: Sequence[Tensor], patch: tuple[int, ...]) -> None:
        self._blocks = list(blocks)
        self._patch = patch
        sizes = torch.tensor([float(block.numel()) for block in blocks])
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
        for axis, side in enumerate(self._patch, start=1):
            start = _below(values.shape[axis] - side + 1, generator)
            values = values.narrow(axis, start, side)
        if augmentation == "none":
            return values
        flipped = [axis for axis in range(1, values.ndim) if _below(2, generator)]
        values = values.flip(flipped)
        square = self._patch[-1] == self._patch[-2]
        if augmentation == "full" and square and _below(2, generator):
            values = values.transpose(-1, -2)
        return values


def _below(limit: int, generator: torch.Generator) -> int:
    """Draw a whole number from 0 to `limit` − 1."""
    return int(torch.randint(limit, (), generator=generator))
