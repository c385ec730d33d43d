"""Batches of patches with hidden pixels, and the chance that they depend on."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from napari_noise2same.core.networks import FLIPS, TURNS, UNTURNED, Turn
from napari_noise2same.core.objective import Mask, hide
from napari_noise2same.core.settings import Augmentation, MaskConfig
from napari_noise2same.core.training.patches import PatchSampler

__all__ = ["BatchSource"]


class BatchSource:
    """Draws the batches of a run, and goes on exactly where another one was.

    Parameters
    ----------
    sampler : PatchSampler
        Where patches come from.
    mask : MaskConfig
        Which pixels to hide, and what replaces them.
    batch : int
        Patches in a batch.
    device : torch.device
        Where the patches are.
    seed : int
        Seed of all that is left to chance.

    Attributes
    ----------
    choice : torch.Generator
        Chance on the CPU, of which patches are drawn and how they are turned.
    noise : torch.Generator
        Chance on the device, which the λ_inv strategies share.
    """

    def __init__(
        self,
        sampler: PatchSampler,
        mask: MaskConfig,
        *,
        batch: int,
        device: torch.device,
        seed: int,
    ) -> None:
        self.sampler, self.batch, self._mask = sampler, batch, mask
        self.choice = torch.Generator().manual_seed(seed)
        self.noise = torch.Generator(device).manual_seed(seed)

    def draw(self, augmentation: Augmentation) -> tuple[Tensor, Mask, Tensor]:
        """Draw patches, hide some of their pixels, and say what replaces them.

        Parameters
        ----------
        augmentation : {"full", "flips", "none"}
            As in `PatchSampler.draw`.

        Returns
        -------
        x : Tensor, shape (batch, channels, [Z,] Y, X)
            The patches, in normalised units.
        mask : Mask
            The hidden pixels.
        values : Tensor, shape (masked,)
            What replaces them.
        """
        x = self.sampler.draw(self.batch, augmentation, self.choice)
        return x, *hide(x, self._mask, generator=self.noise)

    def draw_turn(self, augmentation: Augmentation) -> Turn:
        """Draw a way to look at a batch.

        Parameters
        ----------
        augmentation : {"full", "flips", "none"}
            What is allowed of it.

        Returns
        -------
        Turn
            The way.
        """
        ways = {"full": TURNS, "flips": FLIPS, "none": (UNTURNED,)}[augmentation]
        return ways[int(torch.randint(len(ways), (), generator=self.choice))]

    def tensors(self) -> dict[str, Tensor]:
        """Return the state of chance, for a run that goes on here."""
        return {"random.choice": self.choice.get_state(), "random.noise": self.noise.get_state()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from the state that `tensors` has returned.

        Parameters
        ----------
        tensors : mapping of str to Tensor
            The state, among others.
        """
        self.choice.set_state(tensors["random.choice"])
        self.noise.set_state(tensors["random.noise"])
