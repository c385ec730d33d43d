"""The optimiser: Adam with decoupled weight decay."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

__all__ = ["AdamW"]

# Decay of the two moments, and what keeps a vanishing one from dividing.
_FIRST, _SECOND, _EPSILON = 0.9, 0.999, 1e-8


class AdamW:
    """Adam with decoupled weight decay, step for step that of torch.

    That one loads torch's compiler with its first step, which takes longer than the training of a
    small image.

    Parameters
    ----------
    weights : iterable of torch.nn.Parameter
        What to learn.
    weight_decay : float
        Share of a weight that a step at the rate 1 would take away.

    Notes
    -----
    Sources: D. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015; I.
    Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """

    def __init__(self, weights: Iterable[nn.Parameter], weight_decay: float) -> None:
        self._weights = list(weights)
        self._decay = weight_decay
        self._first = [torch.zeros_like(weight) for weight in self._weights]
        self._second = [torch.zeros_like(weight) for weight in self._weights]
        self._steps = 0

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Change the weights by their gradients.

        Parameters
        ----------
        rate : float
            Learning rate.
        """
        self._steps += 1
        size = rate / (1 - _FIRST**self._steps)
        scale = math.sqrt(1 - _SECOND**self._steps)
        for weight, first, second in zip(self._weights, self._first, self._second, strict=True):
            gradient = weight.grad
            if gradient is None:
                continue
            weight.mul_(1 - rate * self._decay)
            first.lerp_(gradient, 1 - _FIRST)
            second.mul_(_SECOND).addcmul_(gradient, gradient, value=1 - _SECOND)
            weight.addcdiv_(first, (second.sqrt() / scale).add_(_EPSILON), value=-size)

    def tensors(self) -> dict[str, Tensor]:
        """Return the moments, and how many steps they have seen; nothing before the first."""
        if not self._steps:
            return {}
        moments = {
            f"{index}.{name}": tensor
            for name, tensors in self._moments().items()
            for index, tensor in enumerate(tensors)
        }
        return {"step": torch.tensor(float(self._steps)), **moments}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on with what `tensors` has returned.

        Parameters
        ----------
        tensors : mapping of str to Tensor
            The moments and the steps, or nothing.
        """
        if not tensors:
            return
        self._steps = int(tensors["step"])
        for name, own in self._moments().items():
            for index, tensor in enumerate(own):
                tensor.copy_(tensors[f"{index}.{name}"])

    def _moments(self) -> dict[str, list[Tensor]]:
        """Return the moments by their names in files."""
        return {"exp_avg": self._first, "exp_avg_sq": self._second}
