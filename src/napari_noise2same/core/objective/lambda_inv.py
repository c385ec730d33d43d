"""How large λ_inv is at each step: one small object per strategy.

A strategy is asked for the value in a step, and told the step's terms once it is done. Its state
is a mapping of numbers, so that a resumed run goes on exactly where it was.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor

from napari_noise2same.core.objective.loss import Terms, discrepancy, slope
from napari_noise2same.core.settings import (
    AdaptiveLambda,
    CalibratedLambda,
    CovarianceLambda,
    FixedLambda,
    LambdaConfig,
    Noise2InfoLambda,
    StagedLambda,
)

__all__ = ["LambdaStrategy", "build_strategy"]

State = dict[str, float]

# Before anything is known: a standardised image has σ ≤ 1.
INITIAL_LAMBDA = 2.0


class LambdaStrategy(ABC):
    """What training asks of a strategy, and the answers of one that learns nothing from steps."""

    @abstractmethod
    def value(self, progress: float, terms: Terms) -> float | Tensor:
        """Return λ_inv for the step at `progress` in [0, 1], which has found these terms."""

    def update(self, terms: Terms, generator: torch.Generator) -> None:  # noqa: B027
        """Take in what a step found."""

    def state(self) -> State:
        """Return all that a resumed run needs."""
        return {}

    def restore(self, state: Mapping[str, float]) -> None:  # noqa: B027
        """Go on from a state."""


def build_strategy(config: LambdaConfig, *, sigma: float) -> LambdaStrategy:
    """Return the strategy that a configuration describes.

    Parameters
    ----------
    config : LambdaConfig
        Which strategy, with its settings.
    sigma : float
        Estimated standard deviation of the noise, in normalised units.

    Returns
    -------
    LambdaStrategy
        A fresh strategy.
    """
    match config:
        case FixedLambda():
            return _Fixed(config)
        case AdaptiveLambda():
            return _Adaptive(config)
        case CalibratedLambda():
            return _Calibrated(config, sigma)
        case CovarianceLambda():
            return _Covariance(sigma)
        case Noise2InfoLambda():
            return _Noise2Info(config)
        case StagedLambda():
            return _Staged(config)


class _RunningMean:
    """Exponential mean, corrected for its start at zero (as in Adam)."""

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.total = 0.0
        self.weight = 0.0

    def update(self, value: float) -> None:
        self.total = self.decay * self.total + (1 - self.decay) * value
        self.weight = self.decay * self.weight + (1 - self.decay)

    @property
    def mean(self) -> float | None:
        return self.total / self.weight if self.weight else None


class _Fixed(LambdaStrategy):
    def __init__(self, config: FixedLambda) -> None:
        self._value = config.value

    def value(self, progress: float, terms: Terms) -> float:  # noqa: ARG002
        return self._value


class _Staged(LambdaStrategy):
    def __init__(self, config: StagedLambda) -> None:
        self._config = config

    def value(self, progress: float, terms: Terms) -> float:  # noqa: ARG002
        stage, done = self._config.at(progress)
        return stage.lambda_start + done * (stage.lambda_stop - stage.lambda_start)


class _Averaging(LambdaStrategy):
    """A strategy that lives on the running means of the blind-spot error and of q²."""

    def __init__(self, decay: float) -> None:
        self.blind_spot = _RunningMean(decay)
        self.replaced = _RunningMean(decay)

    def update(self, terms: Terms, generator: torch.Generator) -> None:  # noqa: ARG002
        self.blind_spot.update(terms.blind_spot.item())
        self.replaced.update(terms.replaced.item())

    @property
    def bound(self) -> float | None:
        """Running upper bound of σ².

        The replacement is a blind prediction too. While the network is still worse than that,
        its own error would make λ_inv so large that a constant output minimises the loss.
        """
        error, replaced = self.blind_spot.mean, self.replaced.mean
        return None if error is None or replaced is None else min(error, replaced)

    def state(self) -> State:
        return {
            "blind_spot_total": self.blind_spot.total,
            "blind_spot_weight": self.blind_spot.weight,
            "replaced_total": self.replaced.total,
            "replaced_weight": self.replaced.weight,
        }

    def restore(self, state: Mapping[str, float]) -> None:
        self.blind_spot.total = state["blind_spot_total"]
        self.blind_spot.weight = state["blind_spot_weight"]
        self.replaced.total = state["replaced_total"]
        self.replaced.weight = state["replaced_weight"]


class _Adaptive(_Averaging):
    def __init__(self, config: AdaptiveLambda) -> None:
        super().__init__(config.decay)

    def value(self, progress: float, terms: Terms) -> float:  # noqa: ARG002
        bound = self.bound
        return INITIAL_LAMBDA if bound is None else 2 * math.sqrt(bound)


class _Calibrated(_Averaging):
    def __init__(self, config: CalibratedLambda, sigma: float) -> None:
        super().__init__(config.decay)
        self._variance = sigma**2 if config.sigma == "noise" else None

    def value(self, progress: float, terms: Terms) -> float:  # noqa: ARG002
        bound, replaced = self.bound, self.replaced.mean
        if bound is None or not replaced:
            return INITIAL_LAMBDA
        variance = bound if self._variance is None else self._variance
        return 2 * variance / math.sqrt(replaced)


class _Covariance(LambdaStrategy):
    """λ_inv such that the whole term is 2σ² times the slope, whose gradient is unbiased."""

    def __init__(self, sigma: float) -> None:
        self._variance = sigma**2

    def value(self, progress: float, terms: Terms) -> Tensor:  # noqa: ARG002
        return 2 * self._variance * slope(terms) / discrepancy(terms)


class _Noise2Info(LambdaStrategy):
    def __init__(self, config: Noise2InfoLambda) -> None:
        self._config = config
        self._sigma = INITIAL_LAMBDA / 2
        self._step = 0

    def value(self, progress: float, terms: Terms) -> float:  # noqa: ARG002
        return 2 * self._sigma

    def update(self, terms: Terms, generator: torch.Generator) -> None:
        self._step += 1
        if self._step % self._config.every:
            return
        residual = terms.residual.flatten(1)
        spread = _order_statistics_error(residual, self._config.draws, generator)
        inv = terms.inv.item()
        bound = math.sqrt(inv) + math.sqrt(max(inv + terms.rec.item() - spread, 0.0))
        self._sigma = min(self._sigma, bound)

    def state(self) -> State:
        return {"sigma": self._sigma, "step": self._step}

    def restore(self, state: Mapping[str, float]) -> None:
        self._sigma = state["sigma"]
        self._step = int(state["step"])


def _order_statistics_error(residual: Tensor, draws: int, generator: torch.Generator) -> float:
    """Mean squared distance of each sorted patch of residuals to sorted draws from all of them."""
    pool = residual.flatten()
    ordered = residual.sort(dim=1).values
    errors = []
    for _ in range(draws):
        chosen = torch.randint(
            pool.numel(), (residual.shape[1],), generator=generator, device=pool.device
        )
        errors.append((pool[chosen].sort().values - ordered).square().mean())
    return float(torch.stack(errors).mean())
