"""Averaged weights: calmer than the last ones, and better."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from napari_noise2same.core.training.schedule import averaging_decay

__all__ = ["AveragedWeights"]


class AveragedWeights:
    """Exponential moving average of a network's weights.

    Parameters
    ----------
    network : torch.nn.Module
        The network; its present weights are the first average.
    decay : float
        Share of the old average in each step, once enough steps are done.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._decay = decay
        self._weights = {k: v.clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after a step."""
        share = 1 - averaging_decay(step, self._decay)
        for name, value in network.state_dict().items():
            self._weights[name].lerp_(value, share)

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """The average, on the network's device: read it, do not write to it."""
        return self._weights

    def copy(self) -> dict[str, Tensor]:
        """Return the average, copied to the CPU."""
        return {k: v.cpu().clone() for k, v in self._weights.items()}

    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """Set the average; a KeyError says which weights are missing."""
        for name, average in self._weights.items():
            average.copy_(weights[name])
