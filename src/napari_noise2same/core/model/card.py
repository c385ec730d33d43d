"""What is told of a model wherever its results go: into layers, files and reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from napari_noise2same.core.model.trained import TrainedModel
from napari_noise2same.core.settings import DenoiseConfig

__all__ = ["card_lines", "model_card"]


def model_card(model: TrainedModel, denoising: DenoiseConfig | None = None) -> dict[str, Any]:
    """Say how a model was made, and how it was applied, so that a result can be made again.

    Parameters
    ----------
    model : TrainedModel
        The model.
    denoising : DenoiseConfig, optional
        How it was applied.

    Returns
    -------
    dict
        Data for JSON: ``steps`` and the numbers of the last of them (``loss``, ``rec``, ``inv``,
        ``blind_spot``, ``lambda_inv``; none without training), ``network``, ``axes``,
        ``joint_channels``, ``depth_axis``, ``noise_distance``, ``noise``, ``start``, ``domains``
        (normalisation and noise of each channel), ``seed``, ``versions``, ``settings`` of the
        training, and ``denoising`` if given.
    """
    last = model.history.last()
    steps = int(last.pop("step", 0))
    card = {"steps": steps, **last, **model.describe()}
    return card if denoising is None else card | {"denoising": denoising.model_dump(mode="json")}


def card_lines(card: Mapping[str, Any]) -> dict[str, str]:
    """Write a card for the description of a file, where each entry is a line.

    Parameters
    ----------
    card : mapping
        What `model_card` returns.

    Returns
    -------
    dict of str to str
        The same as texts, each of which holds no line break: numbers with six digits, and JSON
        for what has parts.
    """
    return {"denoised_by": "Noise2Same", **{name: _text(value) for name, value in card.items()}}


def _text(value: Any) -> str:
    """Write a value in one line."""
    if isinstance(value, str):
        return value
    return f"{value:.6g}" if isinstance(value, float) else json.dumps(value)
