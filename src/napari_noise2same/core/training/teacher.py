"""Good weights that training learns from beside the image, and does not leave far behind."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from napari_noise2same.core.networks.turns import Turn, turn, turn_back

__all__ = ["Teacher"]


class Teacher:
    """Earlier weights of a network, asked about patches that are seen another way round.

    The mean of a network's answers to all turns of an image is better than one answer. A network
    that is asked to agree with what its teacher says of another turn each time learns that mean,
    and so to give it at once.

    Parameters
    ----------
    network : torch.nn.Module
        The network; its present weights are the teacher's first.

    Notes
    -----
    After Tarvainen and Valpola, "Mean teachers are better role models", NeurIPS 2017.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._weights = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """Its weights, on the network's device: read them, do not write to them."""
        return self._weights

    @torch.no_grad()
    def answer(self, x: Tensor, way: Turn) -> Tensor:
        """Denoise patches that are turned, and turn them back.

        Parameters
        ----------
        x : Tensor, shape (batch, channels, [Z,] Y, X)
            Noisy normalised patches.
        way : Turn
            How to turn them.

        Returns
        -------
        Tensor, float32, shape of `x`
            Denoised patches, without gradient.
        """
        answer: Tensor = functional_call(self._network, self._weights, (turn(x, way),))
        return turn_back(answer.float(), way)

    @torch.no_grad()
    def renew(self, weights: Mapping[str, Tensor]) -> None:
        """Take over other weights.

        Parameters
        ----------
        weights : mapping of str to Tensor
            The weights; copied.
        """
        for name, tensor in weights.items():
            self._weights[name].copy_(tensor)
