"""A run as text: a Python script, or a line for the shell, that does the same."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

from napari_noise2same.core.settings import TrainingConfig

__all__ = ["as_command", "as_script"]

_SCRIPT = """\
from napari_noise2same.core import Finished, TrainingConfig, denoise, read_image, save_model
from napari_noise2same.core import train, write_image

paths = {paths}
images = [read_image(path, axes={axes!r}) for path in paths]
config = TrainingConfig.model_validate_json(
    {settings!r}
)
for event in train(images, config):
    if isinstance(event, Finished):
        model = event.model
save_model(model, "model.safetensors")
for path, image in zip(paths, images):
    write_image(f"{{path}}.n2s.tif", denoise(image, model), like=image)
"""


def as_script(paths: Sequence[str], axes: str, config: TrainingConfig) -> str:
    """Write a run as a Python script.

    Parameters
    ----------
    paths : sequence of str
        Files of the images.
    axes : str
        Their axes.
    config : TrainingConfig
        How they are trained on.

    Returns
    -------
    str
        A script that trains on them, saves the model and denoises them.
    """
    return _SCRIPT.format(paths=list(paths), axes=axes, settings=json.dumps(_changed(config)))


def as_command(paths: Sequence[str], axes: str, config: TrainingConfig) -> str:
    """Write a run as a line for the shell.

    Parameters
    ----------
    paths : sequence of str
        Files of the images.
    axes : str
        Their axes.
    config : TrainingConfig
        How they are trained on.

    Returns
    -------
    str
        A command that trains on them and saves the model.
    """
    words = ["napari-noise2same", "train", *paths, "--model", "model.safetensors", "--axes", axes]
    settings = _changed(config)
    if settings:
        words += ["--settings", json.dumps(settings)]
    return shlex.join(words)


def _changed(config: TrainingConfig) -> dict[str, Any]:
    """Return the settings that are not the defaults, as data for JSON."""
    default = TrainingConfig().model_dump(mode="json")
    settings = config.model_dump(mode="json")
    return {name: value for name, value in settings.items() if value != default[name]}
