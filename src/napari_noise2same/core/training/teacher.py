"""Good weights that training learns from beside the image, and does not leave far behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call

from napari_noise2same.core.model import join_groups, members
from napari_noise2same.core.networks import Turn, turn, turn_back

__all__ = ["Lesson", "Teacher"]

# Step before which the teacher takes over what is learnt, and its weight before and after: were it
# not to weigh more then, one image in seventeen would teach wrong things within 300 steps.
_RENEWAL = 100
_BEFORE, _AFTER = 8.0, 32.0


class Lesson(NamedTuple):
    """What the network is to agree with in one step.

    Attributes
    ----------
    answer : callable
        Returns what the network should say to patches.
    weight : float
        Weight of the mean squared disagreement.
    """

    answer: Callable[[Tensor], Tensor]
    weight: float


class Teacher:
    """Earlier weights of a network, asked about patches that are seen another way round.

    The mean of a network's answers to all turns of an image is better than one answer. A network
    that is asked to agree with what its teacher says of another turn each time learns that mean,
    and so to give it at once.

    Parameters
    ----------
    network : torch.nn.Module
        The network; its present weights are the teacher's first.

    Attributes
    ----------
    first : mapping of str to Tensor
        Weights that training began at.

    Notes
    -----
    After Tarvainen and Valpola, "Mean teachers are better role models", NeurIPS 2017.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self.first: Mapping[str, Tensor] = _copies(network.state_dict())
        self._weights = _copies(network.state_dict())

    def lesson(self, step: int, learnt: Mapping[str, Tensor], way: Turn) -> Lesson:
        """Prepare a step, before the hundredth by taking over what is learnt.

        Parameters
        ----------
        step : int
            Steps done before.
        learnt : mapping of str to Tensor
            Averaged weights of the network.
        way : Turn
            How patches are turned for the teacher.

        Returns
        -------
        Lesson
            The teacher's answer, and its weight.
        """
        if step == _RENEWAL:
            self._renew(learnt)
        return Lesson(partial(self.answer, way=way), _BEFORE if step < _RENEWAL else _AFTER)

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

    def tensors(self) -> dict[str, Tensor]:
        """Return all that a resumed run needs, copied to the CPU."""
        return join_groups({"first": self.first, "teacher": self._weights})

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from the state that `tensors` has returned.

        Parameters
        ----------
        tensors : mapping of str to Tensor
            The tensors, among others.

        Raises
        ------
        KeyError
            If some are missing.
        """
        first = members(tensors, "first")
        self.first = {name: first[name] for name in self.first}
        self._renew(members(tensors, "teacher"))

    @torch.no_grad()
    def _renew(self, weights: Mapping[str, Tensor]) -> None:
        """Take over other weights."""
        for name, own in self._weights.items():
            own.copy_(weights[name])


def _copies(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights that nobody else changes."""
    return {name: tensor.clone() for name, tensor in weights.items()}
