"""A network that learns: one optimiser step at a time, with all the state that this has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from napari_noise2same.core.device import has_fast_bfloat16, keep_freed_memory
from napari_noise2same.core.errors import TrainingError
from napari_noise2same.core.model import join_groups, members
from napari_noise2same.core.networks import build_network
from napari_noise2same.core.objective import Mask, Terms, noise2same_loss
from napari_noise2same.core.settings import NetworkConfig, TrainingConfig
from napari_noise2same.core.training.adamw import AdamW
from napari_noise2same.core.training.averaging import AveragedWeights
from napari_noise2same.core.training.parallel import Ranks
from napari_noise2same.core.training.teacher import Lesson

__all__ = ["LearnedStep", "Learner"]

# So many non-finite losses in a row, at ever smaller rates, are no accident.
MAX_RECOVERIES = 8


@dataclass(frozen=True)
class LearnedStep:
    """What a step has found, before it changed the weights.

    Attributes
    ----------
    terms : Terms
        The terms of the loss.
    lambda_inv : float
        Weight of the invariance term.
    loss : float
        The loss.
    """

    terms: Terms
    lambda_inv: float
    loss: float


class Learner:
    """Network, optimiser and averaged weights.

    Parameters
    ----------
    network : NetworkConfig
        What to train.
    config : TrainingConfig
        Optimiser, averaging and seed.
    device : torch.device
        Where.
    weights : mapping of str to Tensor, optional
        First weights; random ones by default.
    ranks : Ranks, optional
        The processes that do each step together; by default this one alone.

    Attributes
    ----------
    network : torch.nn.Module
        The network with its latest weights.
    average : AveragedWeights
        Its averaged weights.
    rate_scale : float
        Factor on every learning rate, halved by each recovery.
    """

    def __init__(
        self,
        network: NetworkConfig,
        config: TrainingConfig,
        device: torch.device,
        *,
        weights: Mapping[str, Tensor] | None = None,
        ranks: Ranks | None = None,
    ) -> None:
        keep_freed_memory()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            built = build_network(network)
        if weights is not None:
            built.load_state_dict(dict(weights))
        layout = torch.channels_last if network.spatial_dims == 2 else torch.contiguous_format
        self.network: nn.Module = built.to(device=device, memory_format=layout)  # type: ignore[call-overload]
        self.average = AveragedWeights(self.network, config.averaging)
        self.rate_scale = 1.0
        self._failures = 0
        self._steps = 0
        self._config = config
        self._optimiser = self._new_optimiser()
        self._device = device
        self._ranks = ranks or Ranks()
        # Of the network alone: losses stay in float32.
        self._mixed = config.mixed_precision and has_fast_bfloat16(device)

    def learn(
        self,
        x: Tensor,
        mask: Mask,
        values: Tensor,
        *,
        lambda_inv: Callable[[Terms], float | Tensor],
        rate: float,
        lesson: Lesson | None = None,
    ) -> LearnedStep | None:
        """Do one step.

        Parameters
        ----------
        x : Tensor, shape (batch, channels, [Z,] Y, X)
            Noisy normalised patches.
        mask : Mask
            The masked pixels.
        values : Tensor, shape (masked,)
            What replaces them.
        lambda_inv : callable
            Weight of the invariance term, which may depend on the terms.
        rate : float
            Learning rate, before `rate_scale`.
        lesson : Lesson, optional
            What a teacher says of the patches as they are.

        Returns
        -------
        LearnedStep or None
            What was found before the step; None if the loss or its gradient was not finite. Then
            the network is back at its averaged weights, with half the rate.

        Raises
        ------
        TrainingError
            After eight such failures in a row.
        """
        answer, teaching = lesson or (None, 0.0)
        self.network.zero_grad()
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._mixed):
            terms = self._ranks.terms(self.network, x, mask, values, answer)
        weight = lambda_inv(terms)
        loss = noise2same_loss(terms, weight) + teaching * terms.disagreement
        loss.backward()  # type: ignore[no-untyped-call]
        self._ranks.add_gradients(self.network.parameters())
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self._config.gradient_clip)
        if not torch.isfinite(loss + norm):
            self._recover()
            return None
        self._optimiser.step(rate * self.rate_scale)
        self.average.update(self.network, self._steps)
        self._steps += 1
        self._failures = 0
        number = weight.item() if isinstance(weight, Tensor) else weight
        return LearnedStep(terms, number, loss.item())

    def tensors(self) -> dict[str, Tensor]:
        """Return all tensors that a resumed run needs, copied to the CPU."""
        groups = {
            "network": self.network.state_dict(),
            "average": self.average.weights,
            "optimiser": self._optimiser.tensors(),
        }
        return join_groups(groups)

    def values(self) -> dict[str, float]:
        """Return all numbers that a resumed run needs."""
        return {
            "learner_steps": self._steps,
            "rate_scale": self.rate_scale,
            "failures": self._failures,
        }

    def restore(self, tensors: Mapping[str, Tensor], values: Mapping[str, float]) -> None:
        """Go on from the state that `tensors` and `values` have returned.

        Parameters
        ----------
        tensors : mapping of str to Tensor
            The tensors.
        values : mapping of str to float
            The numbers.
        """
        self.network.load_state_dict(members(tensors, "network"))
        self.average.restore(members(tensors, "average"))
        self._optimiser.restore(members(tensors, "optimiser"))
        self._steps = int(values["learner_steps"])
        self.rate_scale = float(values["rate_scale"])
        self._failures = int(values["failures"])

    def _new_optimiser(self) -> AdamW:
        """Return an optimiser that remembers nothing."""
        return AdamW(self.network.parameters(), self._config.weight_decay)

    def _recover(self) -> None:
        """Leave the place where the loss is not finite, and go on more carefully."""
        self._failures += 1
        if self._failures >= MAX_RECOVERIES:
            raise TrainingError(
                f"Expected a finite loss, found none in {MAX_RECOVERIES} steps in a row although "
                "the learning rate was halved each time: start with a smaller learning rate."
            )
        self.network.load_state_dict(dict(self.average.weights))
        self._optimiser = self._new_optimiser()
        self.rate_scale /= 2
