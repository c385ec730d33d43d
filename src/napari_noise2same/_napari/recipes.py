"""A run as text: a Python script, or a line for the shell, that does the same."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from napari_noise2same._napari.model_files import file_name
from napari_noise2same.core.settings import Preset, TrainingConfig

__all__ = ["as_command", "as_script"]

_SCRIPT = """\
from napari_noise2same.core import Finished, TrainingConfig, denoise, read_image, save_model
from napari_noise2same.core import {more}train, write_image

paths = {paths}
images = [read_image(path, axes={axes!r}) for path in paths]
config = TrainingConfig.model_validate_json(
    {settings!r}
)
for event in train(images, config{start}):
    if isinstance(event, Finished):
        model = event.model
save_model(model, "model.safetensors")
for path, image in zip(paths, images):
    write_image(f"{{path}}.n2s.tif", denoise(image, model), like=image)
"""


def as_script(
    paths: Sequence[str],
    axes: str,
    config: TrainingConfig,
    model: str | None = None,
    file: str = "",
) -> str:
    """Write a run as a Python script.

    Parameters
    ----------
    paths : sequence of str
        Files of the images.
    axes : str
        Their axes.
    config : TrainingConfig
        How they are trained on.
    model : str, optional
        Name of a model to start from.
    file : str
        Its file; by default the one that the dock would save it in, in the current folder.

    Returns
    -------
    str
        A script that trains on them, saves the model and denoises them.
    """
    return _SCRIPT.format(
        paths=list(paths),
        axes=axes,
        settings=json.dumps(config.changes()),
        more="" if model is None else "load_model, ",
        start="" if model is None else f", start=load_model({file or file_name(model)!r})",
    )


def as_command(
    paths: Sequence[str],
    axes: str,
    config: TrainingConfig,
    model: str | None = None,
    file: str = "",
) -> str:
    """Write a run as a line for the shell.

    Parameters
    ----------
    paths : sequence of str
        Files of the images.
    axes : str
        Their axes.
    config : TrainingConfig
        How they are trained on.
    model : str, optional
        Name of a model to start from.
    file : str
        Its file; by default the one that the dock would save it in, in the current folder.

    Returns
    -------
    str
        A command that trains on them and saves the model.
    """
    words = ["napari-noise2same", "train", *paths, "--model", "model.safetensors", "--axes", axes]
    settings = config.changes()
    start = settings.pop("start", None) if model is None else file or file_name(model)
    if start is not None:
        words += ["--start", start]
    if "depth_axis" in settings:
        words += ["--depth-axis", settings.pop("depth_axis")]
    preset = _preset(config)
    if preset is not None and "effort" in settings:
        del settings["effort"]
        words += ["--preset", preset]
    if settings:
        words += ["--settings", json.dumps(settings)]
    return shlex.join(words)


def _preset(config: TrainingConfig) -> Preset | None:
    """Return the preset of this effort, where nothing else gives the length."""
    if config.steps is not None or config.seconds is not None:
        return None
    return next((p for p in Preset if p.config().effort == config.effort), None)
