"""What training tells whoever watches: frozen data, no callbacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.training.planning import TrainingPlan

__all__ = ["Finished", "Recovered", "Started", "StepDone", "TrainingEvent", "Validated"]


@dataclass(frozen=True)
class Started:
    """Training begins or goes on.

    Attributes
    ----------
    plan : TrainingPlan
        What was chosen for the images and the device.
    device : str
        Where the network is trained.
    parameters : int
        Number of weights.
    step : int
        Steps done before, in a resumed run.
    """

    plan: TrainingPlan
    device: str
    parameters: int
    step: int


@dataclass(frozen=True)
class StepDone:
    """One step is done.

    Attributes
    ----------
    step : int
        Steps done so far.
    progress : float
        Share of the budget that is used, 0 to 1.
    loss, rec, inv, blind_spot : float
        The total loss and its terms, in squared normalised units.
    lambda_inv : float
        Weight of ``sqrt(inv)`` in this step.
    learning_rate : float
        Learning rate of this step.
    seconds, remaining : float
        Time spent so far, and estimated time to go, in seconds.
    """

    step: int
    progress: float
    loss: float
    rec: float
    inv: float
    blind_spot: float
    lambda_inv: float
    learning_rate: float
    seconds: float
    remaining: float


@dataclass(frozen=True)
class Validated:
    """The latest weights were tried on fixed patches with a fixed mask.

    Attributes
    ----------
    step : int
        Steps done so far.
    error : float
        Estimated mean squared error of the result where σ is known (λ_inv by `CovarianceLambda`),
        else the blind-spot error; in squared normalised units.
    improved : bool
        Whether these weights are the best so far, and kept.
    """

    step: int
    error: float
    improved: bool


@dataclass(frozen=True)
class Recovered:
    """A loss or gradient was not finite: back to the averaged weights, at half the rate.

    Attributes
    ----------
    step : int
        Steps done so far.
    rate_scale : float
        Factor on the learning rate from now on.
    """

    step: int
    rate_scale: float


@dataclass(frozen=True)
class Finished:
    """Training is over.

    Attributes
    ----------
    model : TrainedModel
        The best model.
    reason : {"completed", "stopped"}
        Whether the budget was used up.
    change : float
        Root mean square of what training has changed in the result of the weights that it
        started at, interruptions or not, in standard deviations of the noise; NaN if it started
        at random.
    """

    model: TrainedModel
    reason: Literal["completed", "stopped"]
    change: float


TrainingEvent = Started | StepDone | Validated | Recovered | Finished
