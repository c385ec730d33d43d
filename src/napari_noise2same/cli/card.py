"""What a denoised file says about how it was made."""

from __future__ import annotations

import json

from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.settings import DenoiseConfig

__all__ = ["model_card"]


def model_card(model: TrainedModel, config: DenoiseConfig) -> dict[str, str]:
    """Describe a model and its use, so that a result can be made again.

    Parameters
    ----------
    model : TrainedModel
        The model.
    config : DenoiseConfig
        How it was applied.

    Returns
    -------
    dict of str to str
        Versions, start, seed, steps, last numbers and all settings.
    """
    last = model.history.last()
    return {
        "denoised_by": "Noise2Same",
        "versions": json.dumps(dict(model.versions)),
        "start": model.start,
        "seed": str(model.seed),
        "steps": str(int(last.get("step", 0))),
        "loss": f"{last['loss']:.6g}" if last else "",
        "blind_spot": f"{last['blind_spot']:.6g}" if last else "",
        "network": model.network.model_dump_json(),
        "training": json.dumps(dict(model.settings)),
        "denoising": config.model_dump_json(),
    }
