"""Train on a scene whose truth is known, denoise it, and leave files and figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.batch import create_folder
from napari_noise2same.core.denoising import denoise
from napari_noise2same.core.io import Image, write_image
from napari_noise2same.core.metrics import psnr
from napari_noise2same.core.model import TrainedModel, save_model
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.core.training import Finished, TrainingEvent, train
from napari_noise2same.demo.figures import draw_comparison, draw_training, require_matplotlib
from napari_noise2same.samples import Sample, cells

__all__ = ["DemoReport", "run_demo"]


@dataclass(frozen=True)
class DemoReport:
    """What the demo has come to.

    Attributes
    ----------
    psnr_noisy, psnr_denoised : float
        Peak signal-to-noise ratio before and after, in dB.
    files : tuple of Path
        What was written.
    completed : bool
        Whether training was not stopped early.
    """

    psnr_noisy: float
    psnr_denoised: float
    files: tuple[Path, ...]
    completed: bool


def run_demo(
    output: str | Path,
    *,
    sample: Sample | None = None,
    config: TrainingConfig | None = None,
    watch: Callable[[TrainingEvent], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> DemoReport:
    """Train, denoise, and write images, model and figures.

    Parameters
    ----------
    output : str or Path
        Folder to write to; files of an earlier run are replaced.
    sample : Sample, optional
        A scene of one plane; generated cells by default.
    config : TrainingConfig, optional
        How to train.
    watch : callable
        Told every event of the training.
    stop : callable
        Asked before every step; training ends with the best model when it returns True.

    Returns
    -------
    DemoReport
        Scores and files.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    FileError
        If the folder cannot be written to.
    """
    require_matplotlib()
    folder = Path(output)
    create_folder(folder)
    sample = sample or cells()
    noisy = Image(sample.noisy, sample.axes, sample.spacing, sample.units)
    finished = _train(noisy, config, watch, stop)
    denoised = denoise(noisy, finished.model)
    pictures = {"noisy": sample.noisy, "denoised": denoised, "clean": sample.clean}
    scores = {name: psnr(pixels, sample.clean) for name, pixels in pictures.items()}
    return DemoReport(
        psnr_noisy=scores["noisy"],
        psnr_denoised=scores["denoised"],
        files=_write(folder, pictures, scores, noisy, finished.model),
        completed=finished.reason == "completed",
    )


def _train(
    image: Image,
    config: TrainingConfig | None,
    watch: Callable[[TrainingEvent], None],
    stop: Callable[[], bool],
) -> Finished:
    """Train, and pass all events on."""
    for event in train([image], config, stop=stop):
        watch(event)
    assert isinstance(event, Finished)
    return event


def _write(
    folder: Path,
    pictures: dict[str, NDArray[np.generic]],
    scores: dict[str, float],
    like: Image,
    model: TrainedModel,
) -> tuple[Path, ...]:
    """Write everything, and return the names of the files."""
    images = [folder / f"{name}.tif" for name in pictures]
    for path, pixels in zip(images, pictures.values(), strict=True):
        write_image(path, pixels, like)
    others = [folder / "model.safetensors", folder / "comparison.png", folder / "training.png"]
    save_model(model, others[0])
    draw_comparison(pictures, scores, others[1])
    draw_training(model.history, others[2])
    return (*images, *others)
