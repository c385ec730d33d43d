"""The model file: safetensors with JSON in its header. Reading one never runs code from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from napari_noise2same.core.array import DepthAxis, validate_axes
from napari_noise2same.core.errors import ModelFileError
from napari_noise2same.core.io import replacing
from napari_noise2same.core.model.groups import join_groups, members
from napari_noise2same.core.model.trained import (
    HISTORY_COLUMNS,
    History,
    ResumeState,
    StartKind,
    TrainedModel,
    check_model,
)
from napari_noise2same.core.networks import outline_network
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import NetworkConfig, NoiseDistance, NoiseSource

__all__ = ["is_model", "load_model", "save_model"]

HEADER_KEY = "napari-noise2same"
FORMAT = 1
# What building a model raises from JSON that is of another kind than expected.
_UNLIKE_A_HEADER = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def save_model(model: TrainedModel, path: str | Path) -> None:
    """Write a model file, whole or not at all.

    Parameters
    ----------
    model : TrainedModel
        The model.
    path : str or Path
        Where to; an existing file is replaced only once the new one is complete.

    Raises
    ------
    ConfigurationError
        If it is no model.
    ModelFileError
        If the file cannot be written.
    """
    check_model(model)
    path = Path(path)
    content = save(_tensors(model), metadata={HEADER_KEY: json.dumps(_header(model))})
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise ModelFileError(
            f"The model cannot be written to {path} ({error.strerror}): choose another place."
        ) from error


def is_model(path: Path) -> bool:
    """Tell whether a file says that `save_model` has written it.

    Parameters
    ----------
    path : Path
        A file.

    Returns
    -------
    bool
        Whether its header says so; the weights are not looked at.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return HEADER_KEY in (file.metadata() or {})
    except (SafetensorError, OSError):
        return False


def load_model(path: str | Path) -> TrainedModel:
    """Read a model file.

    Parameters
    ----------
    path : str or Path
        A file that `save_model` has written.

    Returns
    -------
    TrainedModel
        The model, on the CPU.

    Raises
    ------
    ModelFileError
        If the file is missing, truncated, made by a newer version or by something else.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelFileError(f"Expected a model file, found none at {path}: check the path.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelFileError(
            f"Expected a model file of Noise2Same, found that {path} is damaged or another kind "
            f"of file ({error}): choose another file."
        ) from error
    return _parse(path, metadata, tensors)


def _header(model: TrainedModel) -> dict[str, Any]:
    """Return all of a model that is not a tensor."""
    return {
        "format": FORMAT,
        **model.describe(),
        "resume": None if model.resume is None else dict(model.resume.values),
    }


def _tensors(model: TrainedModel) -> dict[str, Tensor]:
    """Return all tensors of a model under the names they have in the file."""
    resume = {} if model.resume is None else model.resume.tensors
    groups = {
        "weights": model.weights,
        "resume": resume,
        "history": {k: torch.from_numpy(v) for k, v in model.history.columns.items()},
    }
    return {k: v.contiguous() for k, v in join_groups(groups).items()}


def _parse(path: Path, metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> TrainedModel:
    """Build a model from the content of a file, and nothing from a file that is not one."""
    if HEADER_KEY not in metadata:
        raise ModelFileError(
            f"Expected a model file of Noise2Same, found tensors of another program in {path}: "
            "choose another file."
        )
    try:
        header = json.loads(metadata[HEADER_KEY])
        if header["format"] > FORMAT:
            raise ModelFileError(
                f"Expected a model file of format {FORMAT} or older, found format "
                f"{header['format']} in {path}: update napari-noise2same to read it."
            )
        model = _from_header(header, tensors)
    except _UNLIKE_A_HEADER as error:
        raise ModelFileError(
            f"Expected a complete model file, found a damaged header in {path} "
            f"({_reason(error)}): choose another file."
        ) from error
    _check_weights(path, model)
    return model


def _reason(error: Exception) -> str:
    """Say in a few words what is wrong with a header."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'settings'}: {first['msg']}"
    return f"{type(error).__name__}: {error}"


def _from_header(header: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> TrainedModel:
    """Build a model; whatever does not fit raises."""
    columns = members(tensors, "history")
    resume = header["resume"]
    network, noise_distance = _network(header)
    if network.channels != (len(header["domains"]) if header["joint_channels"] else 1):
        raise ValueError(f"{network.channels} channels for {len(header['domains'])} domains")
    if not header["domains"]:
        raise ValueError("no domain")
    if {columns[name].shape for name in HISTORY_COLUMNS} != {(len(columns["step"]),)}:
        raise ValueError("columns of the history differ")
    # Denoising looks at it.
    float(header["settings"].get("effort", 1.0))
    validate_axes(header["axes"], (1,) * len(header["axes"]))
    return TrainedModel(
        network=network,
        weights=members(tensors, "weights"),
        domains=tuple(Domain.from_dict(domain) for domain in header["domains"]),
        axes=str(header["axes"]),
        joint_channels=bool(header["joint_channels"]),
        depth_axis=_choice(header, "depth_axis", DepthAxis, "Z"),
        noise_distance=noise_distance,
        noise=_choice(header, "noise", NoiseSource, "model"),
        settings=dict(header["settings"]),
        start=_choice(header, "start", StartKind, "scratch"),
        seed=int(header["seed"]),
        versions=dict(header["versions"]),
        history=History({n: columns[n].numpy().astype(np.float64) for n in HISTORY_COLUMNS}),
        resume=None if resume is None else ResumeState(members(tensors, "resume"), dict(resume)),
    )


def _network(header: Mapping[str, Any]) -> tuple[NetworkConfig, tuple[int, int]]:
    """Return the network, and the distance that once was one number and a part of it."""
    network = dict(header["network"])
    once = network.pop("dilation", 1)
    distance = header.get("noise_distance", (once, once))
    return (
        NetworkConfig.model_validate(network),
        TypeAdapter(NoiseDistance).validate_python(distance),
    )


def _choice(header: Mapping[str, Any], name: str, choices: Any, only: str) -> Any:
    """Return a choice; files from before there was one mean the `only` thing there was."""
    value = header.get(name, only)
    if value not in get_args(choices):
        raise ValueError(f"{name} of {value!r}")
    return value


def _check_weights(path: Path, model: TrainedModel) -> None:
    """Refuse weights that are not those of the network that the header describes, or no numbers."""
    # A header could describe a network that no machine can hold.
    expected = {k: v.shape for k, v in outline_network(model.network).state_dict().items()}
    found = {k: v.shape for k, v in model.weights.items()}
    if expected != found:
        odd = sorted(k for k in expected.keys() | found.keys() if expected.get(k) != found.get(k))
        raise ModelFileError(
            f"Expected the weights of the network that {path} describes, found {len(odd)} that "
            f"do not fit ({odd[0]} first): the file is damaged, choose another."
        )
    odd = [k for k, v in model.weights.items() if not torch.isfinite(v).all()]
    if odd:
        raise ModelFileError(
            f"Expected weights that are numbers, found some in {path} that are not ({odd[0]} "
            "first): the file is damaged, choose another."
        )
