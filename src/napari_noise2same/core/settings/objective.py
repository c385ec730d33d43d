"""Settings of the masks and of λ_inv."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import Field

from napari_noise2same.core.settings.base import Settings

__all__ = [
    "STRATEGIES",
    "AdaptiveLambda",
    "Augmentation",
    "CalibratedLambda",
    "CovarianceLambda",
    "FixedLambda",
    "LambdaConfig",
    "MaskConfig",
    "Noise2InfoLambda",
    "Stage",
    "StagedLambda",
]

Augmentation = Literal["none", "flips", "full"]
Positive = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
Decay = Annotated[float, Field(ge=0, lt=1)]


class MaskConfig(Settings):
    """Which pixels are masked, and by what they are replaced.

    Attributes
    ----------
    percentage : float
        Percentage of the pixels that the second pass does not see.
    replacement : {"donut", "gaussian"}
        The mean of the neighbours, or a draw from N(0, 0.2²) as published.
    independent_channels : bool
        Whether several channels of one network are masked at different places.
    """

    percentage: Annotated[float, Field(gt=0, le=25)] = 3.0
    replacement: Literal["donut", "gaussian"] = "donut"
    independent_channels: bool = False


class FixedLambda(Settings):
    """A constant λ_inv.

    The default of 2 is the published one: a standardised image has σ ≤ 1 (Xie, Wang and Ji,
    NeurIPS 2020).

    Attributes
    ----------
    value : float
        λ_inv in normalised units.
    """

    kind: Literal["fixed"] = "fixed"
    value: Weight = 2.0


class AdaptiveLambda(Settings):
    """λ_inv = 2·sqrt(B), B a running blind-spot error: an upper bound of σ that tightens.

    Attributes
    ----------
    decay : float
        Share of the old value in each step of the running mean.
    """

    kind: Literal["adaptive"] = "adaptive"
    decay: Decay = 0.98


class CalibratedLambda(Settings):
    """λ_inv = 2σ²/q, q² the running mean of (x − replacement)² over the masked pixels.

    The proof's covariance term equals this multiple of sqrt(inv) where the network is locally
    linear; Cauchy–Schwarz is then tight.

    Attributes
    ----------
    sigma : {"blind_spot", "noise"}
        Take σ² from the running blind-spot error, or from the noise estimate of the image.
    decay : float
        Share of the old value in each step of the running means.
    """

    kind: Literal["calibrated"] = "calibrated"
    sigma: Literal["blind_spot", "noise"] = "blind_spot"
    decay: Decay = 0.98


class CovarianceLambda(Settings):
    """λ_inv that estimates the covariance in the proof, rather than bound it.

    The theorem bounds the covariance of noise and output by Cauchy–Schwarz. In a domain where σ
    is known, both passes estimate it instead: 2σ²·mean(w·(x − r)·(f(x) − f(x_masked)))/q² over the
    masked pixels, r the replacement and q² the mean of w·(x − r)². The weights w limit what pixels
    count that stick out far. λ_inv is that over sqrt(inv).
    Nothing is smoothed that the noise does not ask for; but a wrong σ is not forgiven.
    """

    kind: Literal["covariance"] = "covariance"


class Noise2InfoLambda(Settings):
    """λ_inv = 2σ, σ an upper bound that only ever decreases, from sorted residuals.

    Wang, Di, Chen and Ng, "Noise2Info: Noisy image to information of noise for self-supervised
    image denoising", ICCV 2023.

    Attributes
    ----------
    every : int
        Steps between two estimates.
    draws : int
        Random samples of the residuals that are sorted for one estimate.
    """

    kind: Literal["noise2info"] = "noise2info"
    every: Annotated[int, Field(ge=1)] = 20
    draws: Annotated[int, Field(ge=1)] = 4


class Stage(Settings):
    """One stage of a staged schedule.

    Attributes
    ----------
    share : float
        Share of all steps; the shares of the stages are scaled to sum to 1.
    lambda_start, lambda_stop : float
        λ_inv at the first and last step of the stage, linear between.
    learning_rate : float
        Learning rate during the stage.
    augmentation : {"none", "flips", "full"}
        Flips, flips and 90° turns, or neither.
    """

    share: Positive
    lambda_start: Weight
    lambda_stop: Weight
    learning_rate: Positive
    augmentation: Augmentation


_STAGES = (
    Stage(share=1 / 6, lambda_start=0.1, lambda_stop=1, learning_rate=1e-4, augmentation="flips"),
    Stage(share=1 / 2, lambda_start=1, lambda_stop=3, learning_rate=3e-4, augmentation="full"),
    Stage(share=1 / 3, lambda_start=3, lambda_stop=5, learning_rate=1e-5, augmentation="none"),
)


class StagedLambda(Settings):
    """Warm-up, main training and fine-tuning, each with its own λ_inv, rate and augmentation.

    Attributes
    ----------
    stages : tuple of Stage
        The stages, in order.
    """

    kind: Literal["staged"] = "staged"
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=20)] = _STAGES

    def at(self, progress: float) -> tuple[Stage, float]:
        """Return the stage at `progress` in [0, 1], and how much of it is over, in [0, 1]."""
        total = sum(stage.share for stage in self.stages)
        start = 0.0
        for stage in self.stages:
            share = stage.share / total
            if progress < start + share:
                return stage, (progress - start) / share
            start += share
        return self.stages[-1], 1.0


LambdaConfig = Annotated[
    FixedLambda
    | AdaptiveLambda
    | CalibratedLambda
    | CovarianceLambda
    | Noise2InfoLambda
    | StagedLambda,
    Field(discriminator="kind"),
]

STRATEGIES: Mapping[str, type[Settings]] = {
    model.model_fields["kind"].default: model for model in get_args(get_args(LambdaConfig)[0])
}
"""The settings of each strategy by its kind."""
