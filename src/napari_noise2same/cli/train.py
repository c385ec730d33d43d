"""``napari-noise2same train``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from napari_noise2same.cli.images import prepare_training
from napari_noise2same.cli.interrupt import INTERRUPTED
from napari_noise2same.cli.options import (
    AsJson,
    Axes,
    Channels,
    DepthAxisName,
    Device,
    DomainName,
    Images,
    LambdaInv,
    ModelToTrain,
    NoiseDistance,
    Overwrite,
    PresetName,
    Resume,
    Seconds,
    Seed,
    Settings,
    Start,
    Steps,
)
from napari_noise2same.cli.output import emit, note
from napari_noise2same.cli.places import check_folder, keep_elsewhere
from napari_noise2same.cli.ranks import is_first
from napari_noise2same.cli.settings import resumed_settings, take_model, training_settings
from napari_noise2same.core.batch import find_images
from napari_noise2same.core.errors import FileError
from napari_noise2same.core.settings import TrainingConfig

if TYPE_CHECKING:
    from napari_noise2same.core.model import TrainedModel

__all__ = ["train"]


def train(
    images: Images,
    model: ModelToTrain,
    *,
    axes: Axes = None,
    start: Start = None,
    preset: PresetName = None,
    steps: Steps = None,
    seconds: Seconds = None,
    lambda_inv: LambdaInv = None,
    domain: DomainName = None,
    channels: Channels = None,
    depth_axis: DepthAxisName = None,
    noise_distance: NoiseDistance = None,
    device: Device = None,
    seed: Seed = None,
    settings: Settings = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train a model on noisy images of one kind.

    Ctrl-C ends the training: the best model so far is saved, the exit code is 130, and --resume
    goes on from there. So does SIGTERM, as from a cluster, and a terminal that is closed. A second
    Ctrl-C ends the program at once.

    On several GPUs or processes: torchrun --nproc-per-node 2 -m napari_noise2same train ...
    """
    from napari_noise2same.cli.running import run_training, training_results
    from napari_noise2same.core.training import join_ranks

    chosen = training_settings(
        further=settings,
        start=start,
        preset=preset,
        steps=steps,
        seconds=seconds,
        lambda_inv=lambda_inv,
        domain=domain,
        channels=channels,
        depth_axis=depth_axis,
        noise_distance=noise_distance,
        device=device,
        seed=seed,
    )
    paths = [source.path for source in find_images(images)]
    _check_place(model, paths, replaced=resume or overwrite)
    config, first, unfinished = _start(chosen, model if resume else None)
    with join_ranks():
        trainer = prepare_training(paths, axes, config, start=first, resume=unfinished)
        done_before = trainer.step
        finished = run_training(trainer)
    if resume and finished.reason == "completed" and trainer.step == done_before:
        note(
            f"Nothing was left to do after {done_before} steps, which count: ask for more with "
            "--steps or --seconds."
        )
    if is_first():
        _save(finished.model, model)
    results = training_results(trainer, finished)
    emit(results, _summary(results, model), as_json=as_json)
    if finished.reason == "stopped":
        raise typer.Exit(INTERRUPTED)


def _check_place(path: Path, images: Sequence[Path], *, replaced: bool) -> None:
    """Refuse, before any work is done, to write where it would fail or lose something."""
    from napari_noise2same.core.model import is_model

    if path.is_dir():
        raise FileError(f"Expected the name of a file for the model, found the folder {path}.")
    if os.path.realpath(path) in map(os.path.realpath, images):
        raise FileError(
            f"Expected another file for the model than the images, found {path}: choose another "
            "name."
        )
    if path.exists() and not replaced:
        raise FileError(
            f"Expected the name of a new file, found {path} there already: go on with it "
            "(--resume), replace it (--overwrite) or choose another name."
        )
    if path.exists() and not is_model(path):
        raise FileError(
            f"Expected a model file to go on with or to replace, found {path}, which is none: "
            "choose another name."
        )
    if not path.parent.is_dir():
        raise FileError(f"Expected a folder for the model, found none at {path.parent}: create it.")
    check_folder(path.parent, "the model")


def _save(model: TrainedModel, path: Path) -> None:
    """Save a model, elsewhere if need be."""
    from napari_noise2same.core.model import save_model

    try:
        save_model(model, path)
    except FileError as error:
        rescued = keep_elsewhere(model, path.name)
        if rescued is None:
            raise
        raise FileError(f"{error} The model is at {rescued} for now: move it.") from error


def _start(
    settings: dict[str, Any], resumed: Path | None
) -> tuple[TrainingConfig, TrainedModel | None, TrainedModel | None]:
    """Return the configuration of the run, a model to start from, and one to resume."""
    from napari_noise2same.core.model import load_model

    if resumed is None:
        base = take_model(settings)
        return TrainingConfig(**settings), base, None
    model = load_model(resumed)
    return TrainingConfig(**resumed_settings(model.settings, settings)), None, model


def _summary(results: dict[str, Any], path: Path) -> str:
    """Say where the model is, how good, and how far from where it started."""
    if not results["steps"]:
        return f"{path}: no steps of training, the weights of the start as they are"
    change = f", changed by {results['change']:.2f} σ" if results["change"] >= 0 else ""
    return (
        f"{path}: {results['steps']} steps in {results['seconds']:.1f} s, loss "
        f"{results['loss']:.4f}, blind-spot error {results['blind_spot']:.4f}, lambda_inv "
        f"{results['lambda_inv']:.3f}{change}"
    )
