"""Where training starts: at the shipped weights, at a model of the user's, or at random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError
from torch import Tensor

from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.model import (
    ResumeState,
    StartKind,
    TrainedModel,
    load_pretrained,
)
from napari_noise2same.core.settings import NetworkConfig, TrainingConfig

__all__ = [
    "Start",
    "check_network",
    "choose_start",
    "incomplete_state",
    "own_config",
    "resumable_state",
    "resumed_steps",
]

_VALUES = {"step", "steps", "seconds", "sigma", "best_error", "learner", "strategy"}


@dataclass(frozen=True, eq=False)
class Start:
    """Where training starts.

    Attributes
    ----------
    kind : {"pretrained", "scratch", "model"}
        The shipped weights, random ones, or those of a model.
    network : NetworkConfig
        The network.
    weights : mapping of str to Tensor, optional
        Its first weights; None for random ones.
    reason : str
        Why training starts at random although it was not asked to, or nothing.
    """

    kind: StartKind
    network: NetworkConfig
    weights: Mapping[str, Tensor] | None = None
    reason: str = ""

    @property
    def fresh(self) -> bool:
        """Whether the first weights are random ones."""
        return self.weights is None


def choose_start(
    config: TrainingConfig,
    dims: Literal[2, 3],
    channels: int,
    *,
    model: TrainedModel | None = None,
    resume: TrainedModel | None = None,
) -> Start:
    """Choose the first weights for images of a kind.

    Parameters
    ----------
    config : TrainingConfig
        What is asked for.
    dims : {2, 3}
        Spatial axes of the images.
    channels : int
        Channels that the network takes at once.
    model : TrainedModel, optional
        A model to start from; counts before what the configuration says.
    resume : TrainedModel, optional
        A model whose training goes on; counts before all else.

    Returns
    -------
    Start
        The start; at random where the shipped weights do not fit.

    Raises
    ------
    ConfigurationError
        If the network asked for, or that of the model, does not fit the images.
    """
    before = resume or model
    if before is not None:
        check_network(before.network, dims, channels)
        kind = "model" if resume is None else resume.start
        return Start(kind, before.network, None if kind == "scratch" else before.weights)
    if config.network is not None:
        check_network(config.network, dims, channels)
    own = config.network or NetworkConfig.small(dims, channels)
    if config.start == "scratch":
        return Start("scratch", own)
    shipped = load_pretrained(dims)
    if channels != 1:
        return Start("scratch", own, reason="The shipped weights are for channels one by one")
    if config.network not in (None, shipped.network):
        return Start("scratch", own, reason="The shipped weights are for another network")
    return Start("pretrained", shipped.network, shipped.weights)


def check_network(network: NetworkConfig, dims: int, channels: int) -> None:
    """Refuse a network that does not fit the images.

    Parameters
    ----------
    network : NetworkConfig
        The network.
    dims : int
        Spatial axes of the images.
    channels : int
        Channels that the network takes at once.

    Raises
    ------
    ConfigurationError
        If it is for other images.
    """
    if (network.spatial_dims, network.channels) != (dims, channels):
        raise ConfigurationError(
            f"Expected a {dims}D network of {channels} channel(s) for these images, found a "
            f"{network.spatial_dims}D one of {network.channels}: choose a network or a model that "
            "fits, or other images."
        )


def own_config(model: TrainedModel | None) -> TrainingConfig:
    """Return the settings that a model was trained with.

    Parameters
    ----------
    model : TrainedModel, optional
        The model.

    Returns
    -------
    TrainingConfig
        Its settings; the defaults without a model.

    Raises
    ------
    ConfigurationError
        If they are those of another version.
    """
    if model is None:
        return TrainingConfig()
    try:
        return TrainingConfig.model_validate(model.settings)
    except ValidationError as error:
        odd = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
        raise ConfigurationError(
            f"Expected a model with settings of this version to go on with, found others ({odd}): "
            "train anew."
        ) from error


def resumable_state(model: TrainedModel, config: TrainingConfig) -> ResumeState:
    """Return where a model's training stopped, if a run can go on from there.

    Parameters
    ----------
    model : TrainedModel
        The model.
    config : TrainingConfig
        What the run is to be.

    Returns
    -------
    ResumeState
        Where it stopped.

    Raises
    ------
    ConfigurationError
        If the model has no such state or not all of it, or was trained in another way.
    """
    if model.resume is None or config.network not in (None, model.network):
        raise ConfigurationError(
            "Expected a model with the state of its training and the same network to go on from, "
            "found another: train anew."
        )
    before = own_config(model)
    kept = ("lambda_inv", "domain", "depth_axis", "noise_distance")
    if any(getattr(before, name) != getattr(config, name) for name in kept):
        raise ConfigurationError(
            "Expected the λ_inv strategy, the domain, the third axis and the distance of noise of "
            "the model that training goes on from, found others: leave them as they are, or train "
            "anew."
        )
    missing = sorted(_VALUES - model.resume.values.keys())
    if missing:
        raise incomplete_state(", ".join(missing))
    return model.resume


def incomplete_state(missing: object) -> ConfigurationError:
    """Say that a run cannot go on because parts of its state are missing.

    Parameters
    ----------
    missing : object
        What is missing, or the error that told.

    Returns
    -------
    ConfigurationError
        The error to raise.
    """
    return ConfigurationError(
        "Expected a model with the whole state of its training to go on from, found parts missing "
        f"({missing}): train anew, or start at this model."
    )


def resumed_steps(model: TrainedModel, config: TrainingConfig) -> int | None:
    """Return how many steps a run was to have that goes on with the budget that it had.

    What was chosen then counts, whatever the size of the images now: no step at all for an instant
    model, or where noise has structure.

    Parameters
    ----------
    model : TrainedModel
        The model.
    config : TrainingConfig
        What the run is to be.

    Returns
    -------
    int, optional
        The steps; None if another budget is asked for, or the model has no state to go on from.
    """
    before = own_config(model)
    same = (before.steps, before.effort, before.seconds) == (
        config.steps,
        config.effort,
        config.seconds,
    )
    return model.resume.values["steps"] if same and model.resume is not None else None
