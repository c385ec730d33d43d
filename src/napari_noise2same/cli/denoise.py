"""``napari-noise2same denoise``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from napari_noise2same.cli.interrupt import INTERRUPTED
from napari_noise2same.cli.options import (
    AsJson,
    Averaging,
    Axes,
    Device,
    Images,
    ModelToUse,
    Output,
    OutputType,
    Overlap,
    Overwrite,
    PrecisionName,
    PresetName,
    Scheduler,
    Seconds,
    Seed,
    Start,
    Steps,
    Tile,
)
from napari_noise2same.cli.output import emit, note
from napari_noise2same.cli.settings import given, take_model, training_settings
from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.io import output_paths, read_image, write_image
from napari_noise2same.core.settings import DenoiseConfig, TrainingConfig

if TYPE_CHECKING:
    from napari_noise2same.core.model import TrainedModel
    from napari_noise2same.core.streaming import StreamDenoiser

__all__ = ["denoise"]


def denoise(
    images: Images,
    output: Output,
    *,
    model: ModelToUse = None,
    axes: Axes = None,
    tile: Tile = None,
    overlap: Overlap = None,
    dtype: OutputType = None,
    precision: PrecisionName = None,
    averaging: Averaging = False,
    start: Start = None,
    preset: PresetName = None,
    steps: Steps = None,
    seconds: Seconds = None,
    device: Device = None,
    seed: Seed = None,
    scheduler: Scheduler = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Denoise images, with a trained model or with one trained on all of them together.

    Ctrl-C during training goes on to denoise with the best model so far. Ctrl-C while denoising
    ends the program: the same command goes on with an unfinished .zarr, while other images that
    are not done leave no file. The exit code is 130 in both cases.

    Results in .zarr may be larger than memory.
    """
    training = training_settings(
        start=start, preset=preset, steps=steps, seconds=seconds, device=device, seed=seed
    )
    if model is not None and {"start", "effort", "steps", "seconds"} & training.keys():
        raise typer.BadParameter(
            "Expected --start, --preset, --steps or --seconds only without --model."
        )
    settings = given(tile=tile, overlap=overlap, dtype=dtype, precision=precision, device=device)
    config = DenoiseConfig(averaging=averaging, **settings)
    targets = output_paths(images, output)
    _check_formats(targets, config)
    _check_scheduler(targets, scheduler)
    learned = _load(model) if model else _train(images, axes, training)
    runs = [
        _denoise(path, axes, learned.model, config, target, scheduler, overwrite=overwrite)
        for path, target in zip(images, targets, strict=True)
    ]
    emit(_results(runs) | learned.results, "\n".join(map(str, targets)), as_json=as_json)
    if learned.interrupted:
        raise typer.Exit(INTERRUPTED)


class _Learned(NamedTuple):
    """The model to use, and what its training has come to if there was one."""

    model: TrainedModel
    results: dict[str, Any]
    interrupted: bool


class _Run(NamedTuple):
    """One denoised image, without its pixels."""

    pixels: int
    seconds: float
    tile: tuple[int, ...]
    device: str


def _check_formats(targets: Sequence[Path], config: DenoiseConfig) -> None:
    """Refuse, before any work is done, what could not be written in the end."""
    pictures = [path.name for path in targets if path.suffix.lower() == ".png"]
    if pictures and config.dtype == "float32":
        raise ConfigurationError(
            f"Expected a format that holds float32, found {pictures[0]}: add --dtype keep or "
            "choose the name of a .tif file."
        )


def _check_scheduler(targets: Sequence[Path], scheduler: str | None) -> None:
    """Refuse, before any work is done, to share out what only one process can write."""
    if scheduler is None:
        return
    from napari_noise2same.core.streaming import check_scheduler

    check_scheduler(scheduler)
    others = [path.name for path in targets if path.suffix.lower() != ".zarr"]
    if others:
        raise ConfigurationError(
            f"Expected --scheduler only for results in .zarr, found {others[0]}: choose the name "
            "of a .zarr, or leave --scheduler out."
        )


def _load(path: Path) -> _Learned:
    """Take a model that was trained before."""
    from napari_noise2same.core.model import load_model

    return _Learned(load_model(path), {}, interrupted=False)


def _train(paths: Sequence[Path], axes: str | None, settings: dict[str, Any]) -> _Learned:
    """Train a model on all images together."""
    from napari_noise2same.cli.running import run_training, training_results
    from napari_noise2same.core.training import Trainer

    base = take_model(settings)
    config = TrainingConfig(**settings)
    trainer = Trainer([read_image(path, axes=axes) for path in paths], config, start=base)
    finished = run_training(trainer)
    results = {"training": training_results(trainer, finished)}
    return _Learned(finished.model, results, interrupted=finished.reason == "stopped")


def _denoise(
    source: Path,
    axes: str | None,
    model: TrainedModel,
    config: DenoiseConfig,
    target: Path,
    scheduler: str | None,
    *,
    overwrite: bool,
) -> _Run:
    """Denoise one image and write it."""
    from napari_noise2same.cli.card import model_card
    from napari_noise2same.cli.running import run_denoiser
    from napari_noise2same.core.denoising import Denoiser
    from napari_noise2same.core.streaming import StreamDenoiser

    image, card = read_image(source, axes=axes), model_card(model, config)
    if target.suffix.lower() == ".zarr":
        job = StreamDenoiser(
            image,
            model,
            target,
            config,
            scheduler=scheduler or "threads",
            overwrite=overwrite,
            description=card,
        )
        return _stream(job)
    finished = run_denoiser(Denoiser(image, model, config), target.name)
    if finished is None:
        raise typer.Exit(INTERRUPTED)
    write_image(target, finished.image, image, description=card)
    return _Run(finished.image.size, finished.seconds, finished.tile, finished.device)


def _stream(job: StreamDenoiser) -> _Run:
    """Denoise one image into a Zarr folder, all of it or what an earlier run has left to do."""
    from napari_noise2same.cli.running import run_denoiser

    share = 1 - job.done / len(job.plan)
    finished = run_denoiser(job, job.path.name)
    if finished is None:
        note(f"{job.path.name} is not finished: the same command goes on with it.")
        raise typer.Exit(INTERRUPTED)
    pixels = round(share * math.prod(job.plan.shape))
    return _Run(pixels, finished.seconds, finished.tile, finished.device)


def _results(runs: Sequence[_Run]) -> dict[str, Any]:
    """Sum up all images; the tile is the largest."""
    seconds = sum(run.seconds for run in runs)
    return {
        "seconds": seconds,
        "megapixels_per_second": sum(run.pixels for run in runs) / 1e6 / seconds,
        "tile": max((run.tile for run in runs), key=math.prod),
        "device": runs[0].device,
    }
