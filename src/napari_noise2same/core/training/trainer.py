"""The training loop: an iterator of events."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Literal

import torch
from torch import Tensor

from napari_noise2same.core.device import device_errors, resolve_device
from napari_noise2same.core.io import Image, no_image
from napari_noise2same.core.model import History, ResumeState, TrainedModel, check_model
from napari_noise2same.core.networks import count_parameters
from napari_noise2same.core.objective import build_strategy
from napari_noise2same.core.settings import (
    Augmentation,
    CovarianceLambda,
    StagedLambda,
    TrainingConfig,
)
from napari_noise2same.core.training.best import BestWeights
from napari_noise2same.core.training.events import (
    Finished,
    Recovered,
    Started,
    StepDone,
    TrainingEvent,
    Validated,
)
from napari_noise2same.core.training.learner import LearnedStep
from napari_noise2same.core.training.parallel import rank_device
from napari_noise2same.core.training.preparation import prepare
from napari_noise2same.core.training.schedule import learning_rate
from napari_noise2same.core.training.start import incomplete_state, own_config, resumable_state
from napari_noise2same.core.training.teacher import Lesson, Teacher

__all__ = ["Trainer", "train"]

_PACKAGES = ("napari-noise2same", "torch", "numpy")


def train(
    images: Sequence[Image],
    config: TrainingConfig | None = None,
    *,
    resume: TrainedModel | None = None,
    start: TrainedModel | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[TrainingEvent]:
    """Train a denoiser on noisy images alone.

    Parameters
    ----------
    images : sequence of Image
        One or several noisy images of the same kind.
    config : TrainingConfig, optional
        How to train.
    resume : TrainedModel, optional
        Go on where this model's training stopped, on the same images. Without a `config`, the
        model's own is used, and the run ends as if it had never been interrupted. A model does not
        know its images: others are taken too, in its domains, if they have as many channels and
        their noise is not ten times weaker or stronger.
    start : TrainedModel, optional
        Start a new run at the weights of this model, rather than at those of the configuration.
    stop : callable, optional
        Asked before every step; training ends with the best model when it returns True. The
        images are read in any case: a `Trainer` can be told to stop while it reads them.

    Returns
    -------
    iterator of TrainingEvent
        `Started`, then `StepDone` for each step with a `Validated` now and then, and at last
        `Finished` with the model.

    Raises
    ------
    ImageError
        If an image is too small, constant, empty, not finite anywhere, or lost in single precision.
    ConfigurationError
        If these are no images, the settings do not fit them, or the model is none or cannot be
        resumed.
    DeviceError
        If the device is missing or its memory does not suffice.
    TrainingError
        If the loss never becomes finite.
    UnreadableError
        If pixels of an image cannot be read.
    """
    return Trainer(images, config, resume=resume, start=start).events(stop)


def _check_images(given: object) -> None:
    """Refuse one image, arrays and names of files in the place of a list of images."""
    others = [given]
    if isinstance(given, Sequence):
        others = [one for one in given if not isinstance(one, Image)]
    if others:
        raise no_image("a list of images", others[0])


class Trainer:
    """One training run: `events` runs it, `snapshot` looks at it between two events.

    Parameters
    ----------
    images : sequence of Image
        As in `train`.
    config : TrainingConfig, optional
        As in `train`.
    resume : TrainedModel, optional
        As in `train`.
    start : TrainedModel, optional
        As in `train`.
    stop : callable, optional
        Asked before every read of the images and after the last, while this is made.

    Attributes
    ----------
    config : TrainingConfig
        The settings, those of the resumed run if none are given.
    device : torch.device
        Where training runs.
    plan : TrainingPlan
        What is chosen for these images.
    domains : tuple of Domain
        The normalisation and noise of each channel.
    noise_source : {"model", "image"}
        Whether these are the domains of all images, or each image has its own.
    step : int
        Steps done so far, those before a resumed run included.
    seconds : float
        The time that they have taken, with validation.

    Raises
    ------
    Noise2SameError
        As `train` does.
    StoppedError
        If `stop` has returned True: there is no model yet.
    """

    # Training needs gradients, whatever it is called within: torch.no_grad() leaves none.
    @torch.inference_mode(False)
    def __init__(
        self,
        images: Sequence[Image],
        config: TrainingConfig | None = None,
        *,
        resume: TrainedModel | None = None,
        start: TrainedModel | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        _check_images(images)
        for model in (resume, start):
            if model is not None:
                check_model(model)
        config = config or own_config(resume)
        self.device = rank_device(resolve_device(config.device))
        state = None if resume is None else resumable_state(resume, config)
        parts = prepare(images, config, self.device, resume=resume, start=start, stop=stop)
        self.config = parts.config
        self.plan, self.domains, self.noise_source = parts.plan, parts.domains, parts.noise
        self._axes, self._ranks = parts.axes, parts.ranks
        self._batches, self._validation = parts.batches, parts.validation
        self._learner, self._sigma = parts.learner, parts.sigma
        self._knows_sigma = isinstance(parts.lambda_inv, CovarianceLambda)
        self._strategy = build_strategy(parts.lambda_inv, sigma=parts.sigma)
        self._teacher = None if self.plan.start.fresh else Teacher(self._learner.network)
        self._best = BestWeights(self._learner.average.copy())
        self._history = [] if resume is None else resume.history.rows()
        self.step = 0
        self.seconds = 0.0
        if state is not None:
            self._go_on_from(state)

    @torch.inference_mode(False)
    def events(self, stop: Callable[[], bool] = lambda: False) -> Iterator[TrainingEvent]:
        """Train, step by step.

        Parameters
        ----------
        stop : callable
            Asked before every step.

        Yields
        ------
        TrainingEvent
            As `train` does.
        """
        parameters = count_parameters(self._learner.network)
        yield Started(self.plan, str(self.device), parameters, self.step)
        if self.step == 0 and self.plan.steps != 0 and not self.plan.start.fresh:
            yield self._validate()
        while self._progress() < 1 and not self._ranks.agree(stop()):
            with device_errors(self.device):
                yield self._advance()
            if self.step % self.config.validate_every == 0 or self._progress() >= 1:
                yield self._validate()
        if self._progress() >= 1:
            yield self._finish(self._best.weights, "completed")
        else:
            yield from self._end_early()

    def snapshot(self) -> TrainedModel:
        """Return the model as it is now, to preview it: it cannot be resumed."""
        return self._model(self._learner.average.copy(), resume=None)

    def _end_early(self) -> Iterator[TrainingEvent]:
        """End before the budget is used up, with the best weights so far."""
        weights = self._best.weights
        if self.plan.start.fresh and self.step % self.config.validate_every:
            # From scratch every step counts: a last look, which leaves no trace in a resumed run.
            # Good first weights change slowly, and whoever stops waits for nothing.
            latest = self._learner.average.copy()
            error = self._error(latest)
            improved = self._best.beaten_by(error)
            yield Validated(self.step, error, improved)
            weights = latest if improved else weights
        yield self._finish(weights, "stopped")

    def _advance(self) -> StepDone | Recovered:
        """Do one step."""
        begun = time.perf_counter()
        progress = self._progress()
        lambda_inv = partial(self._strategy.value, progress)
        rate, augmentation = self._rate(progress)
        x, mask, values = self._batches.draw(augmentation)
        learned = self._learner.learn(
            x,
            mask,
            values,
            lambda_inv=lambda_inv,
            rate=rate,
            lesson=self._lesson(augmentation),
        )
        self._take_time(begun)
        self.step += 1
        if learned is None:
            return Recovered(self.step, self._learner.rate_scale)
        self._strategy.update(learned.terms, self._batches.noise)
        return self._report(learned, rate)

    def _lesson(self, augmentation: Augmentation) -> Lesson | None:
        """Return what good weights say of the patches, turned; random ones have nothing to say."""
        if self._teacher is None:
            return None
        way = self._batches.draw_turn(augmentation)
        return self._teacher.lesson(self.step, self._learner.average.weights, way)

    def _rate(self, progress: float) -> tuple[float, Augmentation]:
        """Learning rate and augmentation, which a staged schedule sets itself."""
        strategy = self.config.lambda_inv
        if isinstance(strategy, StagedLambda):
            stage, _ = strategy.at(progress)
            return stage.learning_rate, stage.augmentation
        rate = learning_rate(progress, self.plan.learning_rate, self.config.warm_up)
        return rate, self.config.augmentation

    def _report(self, learned: LearnedStep, rate: float) -> StepDone:
        """Write a step down, and say so."""
        terms, loss, lambda_inv = learned.terms, learned.loss, learned.lambda_inv
        rec, inv, blind_spot = terms.rec.item(), terms.inv.item(), terms.blind_spot.item()
        self._history.append((self.step, loss, rec, inv, blind_spot, lambda_inv))
        progress = self._progress()
        return StepDone(
            step=self.step,
            progress=progress,
            loss=loss,
            rec=rec,
            inv=inv,
            blind_spot=blind_spot,
            lambda_inv=lambda_inv,
            learning_rate=rate * self._learner.rate_scale,
            seconds=self.seconds,
            remaining=self.seconds * (1 - progress) / progress,
        )

    def _validate(self) -> Validated:
        """Try the latest weights, and keep them if they are the best."""
        begun = time.perf_counter()
        weights = self._learner.average.copy()
        error = self._error(weights)
        improved = self._best.beaten_by(error)
        if improved:
            self._best.replace(weights, error)
        self._take_time(begun)
        return Validated(self.step, error, improved)

    def _take_time(self, begun: float) -> None:
        """Count the time of a piece of work, by the first process' clock."""
        self.seconds = self._ranks.agree(self.seconds + time.perf_counter() - begun)

    def _error(self, weights: Mapping[str, Tensor]) -> float:
        """Error of weights: of the result where σ is known, else of the blind pass.

        The latter says nothing about what the pixel itself contributes.
        """
        with device_errors(self.device):
            if self._knows_sigma:
                return self._validation.risk(weights, self._sigma)
            return self._validation.error(weights)

    def _finish(
        self, weights: dict[str, Tensor], reason: Literal["completed", "stopped"]
    ) -> Finished:
        """Hand over the model, and say what training has changed."""
        return Finished(self._model(weights, resume=self._state()), reason, self._change(weights))

    def _change(self, weights: Mapping[str, Tensor]) -> float:
        """Return how far the result has moved from that of the first weights, in σ if any."""
        if self._teacher is None:
            return math.nan
        if self.step == self.plan.steps == 0:
            return 0.0
        if not self._sigma:
            return math.nan
        with device_errors(self.device):
            return self._validation.change(self._teacher.first, weights) / self._sigma

    def _progress(self) -> float:
        """Share of the budget that is used."""
        if self.plan.seconds is not None:
            return min(self.seconds / self.plan.seconds, 1.0)
        return min(self.step / self.plan.steps, 1.0) if self.plan.steps else 1.0

    def _model(self, weights: dict[str, Tensor], resume: ResumeState | None) -> TrainedModel:
        """Return a model with all that is known about it."""
        return TrainedModel(
            network=self.plan.network,
            weights=weights,
            domains=self.domains,
            noise=self.noise_source,
            axes=self._axes,
            joint_channels=self.config.joint_channels,
            depth_axis=self.config.depth_axis,
            noise_distance=self.plan.noise_distance,
            start=self.plan.start.kind,
            settings=self.config.model_dump(mode="json"),
            seed=self.config.seed,
            versions={name: version(name) for name in _PACKAGES},
            history=History.from_rows(self._history),
            resume=resume,
        )

    def _state(self) -> ResumeState:
        """Return all that another run needs to go on exactly here."""
        tensors = self._learner.tensors() | self._batches.tensors() | self._best.tensors()
        if self._teacher is not None:
            tensors |= self._teacher.tensors()
        values = {
            "step": self.step,
            "steps": self.plan.steps,
            "seconds": self.seconds,
            "sigma": self._sigma,
            "best_error": self._best.error,
            "learner": self._learner.values(),
            "strategy": self._strategy.state(),
        }
        return ResumeState(tensors, values)

    def _go_on_from(self, state: ResumeState) -> None:
        """Go on where another run has stopped, if its file has all that this needs."""
        tensors, values = state.tensors, state.values
        try:
            with device_errors(self.device):
                self._learner.restore(tensors, values["learner"])
                self._strategy.restore(values["strategy"])
                self._batches.restore(tensors)
                self._best.restore(tensors, values["best_error"])
                if self._teacher is not None:
                    self._teacher.restore(tensors)
        except (LookupError, RuntimeError, TypeError) as error:
            raise incomplete_state(error) from error
        self.step, self.seconds = values["step"], values["seconds"]
