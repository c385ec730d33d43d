"""All that there is before the first step: what is planned, read, measured and built."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch

from napari_noise2same.core.device import device_errors
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.sampling import load_blocks, planes_are_alike
from napari_noise2same.core.settings import (
    CalibratedLambda,
    CovarianceLambda,
    LambdaConfig,
    NoiseSource,
    TrainingConfig,
)
from napari_noise2same.core.training.batches import BatchSource
from napari_noise2same.core.training.learner import Learner
from napari_noise2same.core.training.loading import Loaded, patches_of
from napari_noise2same.core.training.parallel import Ranks, choose_ranks
from napari_noise2same.core.training.planning import TrainingPlan, plan_training, view_image
from napari_noise2same.core.training.validation import Noise, Validation

__all__ = ["Preparation", "prepare"]

# Of independent noise a good denoiser leaves at most 0.035 between neighbours, even in fine
# structure. Beyond 0.05, all images that were tried became worse by training.
_CORRELATED = 0.045
_PLANE_BY_PLANE = (
    "Neighbouring planes share their noise, as where a stack was enlarged along Z: it is denoised "
    "plane by plane."
)
_ORDINALS = {2: "second", 3: "third", 4: "fourth"}


@dataclass(frozen=True, eq=False)
class Preparation:
    """The parts of a training run.

    Attributes
    ----------
    config : TrainingConfig
        How to train.
    plan : TrainingPlan
        What is chosen for the images.
    axes : str
        Axes of the first image.
    domains : tuple of Domain
        The normalisation and noise of each channel.
    noise : {"model", "image"}
        Whether these are the domains of all images, or each has its own.
    ranks : Ranks
        The processes that do each step together.
    batches : BatchSource
        Where batches come from.
    validation : Validation
        By what weights are compared.
    learner : Learner
        The network, at its first weights.
    sigma : float
        Standard deviation of the noise, in normalised units.
    lambda_inv : LambdaConfig
        The strategy for λ_inv.
    """

    config: TrainingConfig
    plan: TrainingPlan
    axes: str
    domains: tuple[Domain, ...]
    noise: NoiseSource
    ranks: Ranks
    batches: BatchSource
    validation: Validation
    learner: Learner
    sigma: float
    lambda_inv: LambdaConfig


def prepare(
    images: Sequence[Image],
    config: TrainingConfig,
    device: torch.device,
    *,
    resume: TrainedModel | None = None,
    start: TrainedModel | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Preparation:
    """Plan a run, read its images, measure their noise and build what learns.

    Parameters
    ----------
    images : sequence of Image
        The images, of the same kind.
    config : TrainingConfig
        How to train.
    device : torch.device
        Where.
    resume : TrainedModel, optional
        A model whose training goes on.
    start : TrainedModel, optional
        A model to start from.
    stop : callable
        Asked before every read of the images and after the last.

    Returns
    -------
    Preparation
        The parts.

    Raises
    ------
    Noise2SameError
        As `train` does.
    StoppedError
        If `stop` has returned True.
    """
    seen = config if resume is None else _of_dims(config, resume.network.spatial_dims)
    views = [view_image(image, seen) for image in images]
    plan = plan_training(views, seen, device, model=start, resume=resume)
    ranks = choose_ranks(device, plan.batch)
    blocks = load_blocks(views, config.max_pixels, config.seed, patch=plan.patch, stop=stop)
    if _may_be_flat(config, start or resume) and planes_are_alike(blocks):
        flat = prepare(images, _of_dims(config, 2), device, stop=stop)
        return replace(flat, plan=flat.plan.noting(_PLANE_BY_PLANE))
    known = config.noise_distance if resume is None else resume.noise_distance
    loaded = patches_of(blocks, views, config, plan.patch, device, distance=known, resume=resume)
    plan = _as_loaded(plan, loaded, known)
    source = partial(
        BatchSource,
        loaded.sampler,
        config.mask,
        batch=plan.batch,
        device=device,
        seed=config.seed,
    )
    learner = Learner(plan.network, config, device, weights=plan.start.weights, ranks=ranks)
    validation = Validation(learner.network, source())
    # Patches of a channel without noise are not learnt from, unless all channels go together.
    noisy = [d for d in loaded.domains if d.sigma or config.joint_channels] or loaded.domains
    with device_errors(device):
        domains = loaded.domains
        if resume is None:
            domains = _knowing_detail(domains, plan, loaded.noise, validation)
        left = _noise_left(_mean_sigma(noisy), plan, validation, resume)
    plan = _keep_if_correlated(plan, config, ranks.agree(left.correlation))
    return Preparation(
        config=config,
        plan=plan,
        axes=images[0].axes,
        domains=domains,
        noise=loaded.noise,
        ranks=ranks,
        batches=source(),
        validation=validation,
        learner=learner,
        sigma=ranks.agree(left.sigma),
        lambda_inv=config.lambda_inv or _best_strategy(noisy, fresh=plan.start.fresh),
    )


def _of_dims(config: TrainingConfig, dims: int) -> TrainingConfig:
    """Return the settings for a network of so many spatial axes."""
    patch = config.patch and config.patch[-dims:]
    return config.model_copy(update={"spatial_dims": dims, "patch": patch})


def _may_be_flat(config: TrainingConfig, model: TrainedModel | None) -> bool:
    """Tell whether nobody has asked for a 3D network, by itself or for time as its third axis."""
    asked = config.spatial_dims or config.network or model
    return asked is None and config.depth_axis == "Z"


def _as_loaded(plan: TrainingPlan, loaded: Loaded, known: tuple[int, int] | None) -> TrainingPlan:
    """Take into the plan what the pixels have shown."""
    plan = replace(plan, patch=loaded.patch, noise_distance=loaded.distance)
    if plan.noise_distance not in (known, (1, 1)):
        plan = plan.noting(_taken_apart(plan.noise_distance))
    if loaded.noise == "image":
        plan = plan.noting("The noise of the images differs: each is normalised by its own.")
    return plan


def _taken_apart(distance: tuple[int, int]) -> str:
    """Say what is done about noise that neighbours share."""
    names = zip(distance, ("row", "column"), strict=True)
    which = " and ".join(f"{_ORDINALS[n]} {name}" for n, name in names if n > 1)
    return (
        "Neighbouring pixels share their noise, as where an image was enlarged or smoothed: "
        f"every {which} is denoised as an image of its own. (Where they do not, ask for 1, 1 as "
        "the distance of noise.)"
    )


def _keep_if_correlated(
    plan: TrainingPlan, config: TrainingConfig, correlation: float
) -> TrainingPlan:
    """Plan no steps where noise has structure, unless somebody asks for them."""
    asked = config.steps is not None or config.seconds is not None
    if asked or correlation <= _CORRELATED:
        return plan
    return replace(plan, steps=0).noting(
        f"Training would take noise that neighbouring pixels share (correlation {correlation:.2f}) "
        "for signal: the first weights are kept as they are. "
        "Give a number of steps to train nevertheless."
    )


def _best_strategy(domains: Sequence[Domain], *, fresh: bool) -> LambdaConfig:
    """Return the best strategy for where training starts, and for its domains."""
    stabilised = all(domain.kind == "stabilised" for domain in domains)
    return CovarianceLambda() if stabilised and not fresh else CalibratedLambda()


def _noise_left(
    sigma: float, plan: TrainingPlan, validation: Validation, resume: TrainedModel | None
) -> Noise:
    """Measure the noise in what good weights take out, if there are any to learn with."""
    if resume is not None and resume.resume is not None:
        return Noise(float(resume.resume.values["sigma"]), 0.0)
    if plan.start.weights is None or plan.steps == 0:
        return Noise(sigma, 0.0)
    left = validation.noise(plan.start.weights)
    # Texture that the first weights have missed can only add to the residual.
    return left._replace(sigma=min(sigma, left.sigma))


def _knowing_detail(
    domains: tuple[Domain, ...], plan: TrainingPlan, noise: NoiseSource, validation: Validation
) -> tuple[Domain, ...]:
    """Know from what good weights take out, if there are any, how much is noise, shared or not.

    No detail is given back where noise is shared or differs. Patches do not tell of which channel
    they are: none is looked for if several have noise.
    """
    first = plan.start.weights
    alike = noise == "model" and sum(domain.sigma > 0 for domain in domains) <= 1
    if first is None or not alike or plan.noise_distance != (1, 1):
        return tuple(replace(domain, detail=None) for domain in domains)

    def measured(domain: Domain) -> Domain:
        if domain.detail is None:
            return domain
        plain = validation.plain_noise(first, domain.sigma)
        return replace(domain, detail=max(domain.detail, plain))

    return tuple(map(measured, domains))


def _mean_sigma(domains: Sequence[Domain]) -> float:
    """Root mean square of the channels' noise."""
    return math.sqrt(sum(domain.sigma**2 for domain in domains) / len(domains))
