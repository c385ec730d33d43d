"""The measure by which weights are compared: blind-spot error on fixed patches, fixed mask."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from napari_noise2same.core.objective import (
    replacement_values,
    stratified_mask,
)
from napari_noise2same.core.settings import MaskConfig
from napari_noise2same.core.training.patches import PatchSampler

__all__ = ["Validation"]

# Enough masked pixels that the error's own noise is below the differences that matter.
_PIXELS = 200_000


class Validation:
    """Blind-spot error of any weights, always on the same masked pixels.

    Parameters
    ----------
    sampler : PatchSampler
        Where patches come from.
    mask : MaskConfig
        Percentage and replacement of the masked pixels.
    batch : int
        Patches in one forward pass.
    device : torch.device
        Where the network is.
    sigma : float
        Standard deviation of the noise, in normalised units.
    seed : int
        Seed of the patches and of the mask.
    """

    def __init__(
        self,
        sampler: PatchSampler,
        mask: MaskConfig,
        *,
        batch: int,
        device: torch.device,
        sigma: float,
        seed: int,
    ) -> None:
        choice = torch.Generator().manual_seed(seed)
        noise = torch.Generator(device).manual_seed(seed)
        one = sampler.draw(1, "none", choice)
        rounds = max(1, round(_PIXELS / (one[0].numel() * batch)))
        self._rounds = []
        for _ in range(rounds):
            x = sampler.draw(batch, "none", choice)
            hidden = stratified_mask(tuple(x.shape), mask.percentage, generator=noise)
            values = replacement_values(x, hidden, mask.replacement, sigma=sigma, generator=noise)
            self._rounds.append((hidden.replace(x, values), hidden, hidden.gather(x)))

    @torch.no_grad()
    def error(self, network: nn.Module, weights: Mapping[str, Tensor]) -> float:
        """Return the mean of ``(f(x_masked) − x)²`` over the masked pixels.

        Parameters
        ----------
        network : torch.nn.Module
            The network; its own weights are neither used nor changed.
        weights : mapping of str to Tensor
            The weights to try.

        Returns
        -------
        float
            The error, in squared normalised units.
        """
        squared, count = 0.0, 0
        for masked, hidden, target in self._rounds:
            prediction = hidden.gather(functional_call(network, dict(weights), (masked,)))
            squared += float((prediction.float() - target).square().sum())
            count += len(hidden)
        return squared / count
