"""An optimiser for convolutions that needs fewer steps than AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Muon"]

# Newton and Schulz's iteration, tuned to bring all singular values near 1 within five rounds.
_COEFFICIENTS, _ROUNDS = (3.4445, -4.7750, 2.0315), 5
# Root mean square of AdamW's steps at rate 1, so that its rates serve here.
_SIZE = 0.2


class Muon(torch.optim.Optimizer):
    """Momentum whose steps change all directions of a kernel alike.

    Each kernel counts as a matrix from what it sees to what it says, and its step as the nearest
    orthogonal matrix of the momentum. (`torch.optim.Muon` takes matrices only.)

    Parameters
    ----------
    parameters : iterable of nn.Parameter
        Kernels of convolutions.
    rate : float
        Learning rate, on the scale of AdamW's.
    momentum : float
        Share of the old momentum in each step.

    Notes
    -----
    K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; the size of
    steps after J. Liu et al., "Muon is scalable for LLM training", 2025.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], rate: float = 1e-3, momentum: float = 0.95
    ) -> None:
        super().__init__(parameters, {"lr": rate, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # noqa: ARG002
        """Change the weights."""
        for group in self.param_groups:
            for kernel in group["params"]:
                state = self.state[kernel]
                if not state:
                    state["momentum"] = torch.zeros_like(kernel)
                momentum = state["momentum"]
                momentum.lerp_(kernel.grad, 1 - group["momentum"])
                ahead = kernel.grad.lerp(momentum, group["momentum"])
                change = orthogonal(ahead.reshape(len(kernel), -1))
                size = _SIZE * max(change.shape) ** 0.5
                kernel.sub_(change.reshape(kernel.shape), alpha=size * group["lr"])


def orthogonal(matrix: Tensor) -> Tensor:
    """Bring all singular values of a matrix near 1.

    Parameters
    ----------
    matrix : Tensor, shape (rows, columns)
        The matrix.

    Returns
    -------
    Tensor
        One with the same singular vectors.
    """
    a, b, c = _COEFFICIENTS
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(_ROUNDS):
        square = wide @ wide.T
        wide = a * wide + (b * square + c * square @ square) @ wide
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T
