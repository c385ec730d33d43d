"""``napari-noise2same denoise``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from napari_noise2same.cli.images import Check, prepare_training
from napari_noise2same.cli.interrupt import INTERRUPTED
from napari_noise2same.cli.options import (
    AsJson,
    Averaging,
    Axes,
    DepthAxisName,
    Device,
    Format,
    Images,
    ModelToUse,
    NoiseDistance,
    NoiseName,
    Output,
    OutputType,
    Overlap,
    OverwriteResults,
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
from napari_noise2same.cli.places import check_folder, keep_elsewhere
from napari_noise2same.cli.settings import given, take_model, training_settings
from napari_noise2same.core.batch import (
    BatchDenoiser,
    Job,
    check_target,
    create_folders,
    find_images,
    is_file_name,
    is_finished,
    is_streamed,
    plan_jobs,
)
from napari_noise2same.core.errors import ConfigurationError, FileError
from napari_noise2same.core.io import is_unfinished
from napari_noise2same.core.settings import DenoiseConfig, TrainingConfig

if TYPE_CHECKING:
    from napari_noise2same.cli.batch import BatchReport
    from napari_noise2same.core.io import Image
    from napari_noise2same.core.model import TrainedModel

__all__ = ["denoise"]

# What a trained model has decided.
_OF_TRAINING = {"start", "effort", "steps", "seconds", "seed", "depth_axis", "noise_distance"}


def denoise(
    images: Images,
    output: Output,
    *,
    format: Format = None,
    overwrite: OverwriteResults = False,
    model: ModelToUse = None,
    axes: Axes = None,
    tile: Tile = None,
    overlap: Overlap = None,
    dtype: OutputType = None,
    noise: NoiseName = None,
    precision: PrecisionName = None,
    averaging: Averaging = None,
    start: Start = None,
    preset: PresetName = None,
    steps: Steps = None,
    seconds: Seconds = None,
    depth_axis: DepthAxisName = None,
    noise_distance: NoiseDistance = None,
    device: Device = None,
    seed: Seed = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Denoise images, with a trained model or with one trained on all of them together.

    In a folder, images that have a result already are skipped, so that the same command goes on
    where it ended. An image that cannot be denoised does not stop the others: the exit code is
    then 1.

    Results in .zarr may be larger than memory.

    Ctrl-C during training goes on to denoise with the best model so far. Ctrl-C while denoising
    ends the program: the same command goes on with an unfinished .zarr, if its model is the same
    (give a --model where training would not repeat itself: with --seconds, or on a GPU), while
    other images that are not done leave no file. The exit code is 130 in both cases.
    """
    training = training_settings(
        start=start,
        preset=preset,
        steps=steps,
        seconds=seconds,
        depth_axis=depth_axis,
        noise_distance=noise_distance,
        device=device,
        seed=seed,
    )
    _check_training(training, model)
    settings = given(
        tile=tile,
        overlap=overlap,
        dtype=dtype,
        noise=noise,
        precision=precision,
        averaging=averaging,
        device=device,
    )
    config = DenoiseConfig(**settings)
    found = find_images(images, leave_out=output)
    jobs = plan_jobs(found, output, format=format, dtype=config.dtype)
    _check_target(output, config, overwrite=overwrite)
    _check_scheduler(jobs, scheduler)
    left = _left_to_do(jobs, overwrite=overwrite)
    _prepare_folders(left)
    sources = [job.source for job in jobs] if left else []
    check = _check_of_targets(left, config, overwrite=overwrite)
    learned = _learn(model, sources, axes, training, check)
    try:
        batch = _batch(left, learned.model, config, axes, scheduler, overwrite=overwrite)
        report = _denoise(jobs, left, batch)
    except KeyboardInterrupt:
        _keep(learned)
        raise
    _tell(report, learned, as_json=as_json)


class _Learned(NamedTuple):
    """The model to use, and what its training has come to if there was one."""

    model: TrainedModel | None
    results: dict[str, Any]
    interrupted: bool


def _check_training(settings: dict[str, Any], model: Path | None) -> None:
    """Refuse settings of a training that there will not be."""
    if model is not None and _OF_TRAINING & settings.keys():
        raise typer.BadParameter(
            "Expected --start, --preset, --steps, --seconds, --seed, --depth-axis or "
            "--noise-distance only without --model."
        )


def _check_target(output: Path, config: DenoiseConfig, *, overwrite: bool) -> None:
    """Refuse, before any work is done, what could not be written in the end or would be lost."""
    if not is_file_name(output):
        return
    if output.suffix.lower() == ".png" and config.dtype == "float32":
        raise ConfigurationError(
            f"Expected a format that holds float32, found {output.name}: add --dtype keep or "
            "choose the name of a .tif file."
        )
    if output.exists() and not is_unfinished(output) and not overwrite:
        raise FileError(
            f"Expected the name of a new file, found {output} there already: replace it "
            "(--overwrite) or choose another name."
        )


def _check_scheduler(jobs: Sequence[Job], scheduler: str | None) -> None:
    """Refuse, before any work is done, to share out what only one process can write."""
    if scheduler is None:
        return
    from napari_noise2same.core.streaming import check_scheduler

    check_scheduler(scheduler)
    others = [job.target.name for job in jobs if not is_streamed(job.target)]
    if others:
        raise ConfigurationError(
            f"Expected --scheduler only for results in .zarr, found {others[0]}: choose the name "
            "of a .zarr or --format zarr, or leave --scheduler out."
        )


def _left_to_do(jobs: Sequence[Job], *, overwrite: bool) -> list[Job]:
    """Leave out what is done already, and say so."""
    left = [job for job in jobs if overwrite or not is_finished(job.target)]
    if done := len(jobs) - len(left):
        note(f"{done} of {len(jobs)} were done already: --overwrite makes them anew.")
    return left


def _prepare_folders(left: Sequence[Job]) -> None:
    """Create the folders of results, and refuse those in which nothing can be written."""
    create_folders(left)
    for folder in {job.target.parent for job in left}:
        check_folder(folder, "results")


def _check_of_targets(left: Sequence[Job], config: DenoiseConfig, *, overwrite: bool) -> Check:
    """Return what refuses an image whose result could not be written."""
    targets = {job.source: job.target for job in left}

    def check(path: Path, image: Image) -> None:
        if path in targets:
            check_target(targets[path], image, config, overwrite=overwrite)

    return check


def _learn(
    path: Path | None,
    images: Sequence[Path],
    axes: str | None,
    settings: dict[str, Any],
    check: Check,
) -> _Learned:
    """Take a model that was trained before, or train one on all images together."""
    if not images:
        return _Learned(None, {}, interrupted=False)
    if path is not None:
        from napari_noise2same.core.model import load_model

        return _Learned(load_model(path), {}, interrupted=False)
    return _train(images, axes, settings, check)


def _train(
    images: Sequence[Path], axes: str | None, settings: dict[str, Any], check: Check
) -> _Learned:
    """Train a model on all images together that will have results."""
    from napari_noise2same.cli.running import run_training, training_results

    base = take_model(settings)
    trainer = prepare_training(images, axes, TrainingConfig(**settings), start=base, check=check)
    finished = run_training(trainer)
    interrupted = finished.reason == "stopped"
    if interrupted and not trainer.step:
        raise KeyboardInterrupt  # no training to end, but what comes next
    results = {"training": training_results(trainer, finished)}
    return _Learned(finished.model, results, interrupted=interrupted)


def _batch(
    left: Sequence[Job],
    model: TrainedModel | None,
    config: DenoiseConfig,
    axes: str | None,
    scheduler: str | None,
    *,
    overwrite: bool,
) -> BatchDenoiser | None:
    """Plan what is left to do; without a model that is nothing."""
    if model is None:
        return None
    return BatchDenoiser(
        left,
        model,
        config,
        axes=axes,
        overwrite=overwrite,
        scheduler=scheduler or "threads",
    )


def _denoise(jobs: Sequence[Job], left: Sequence[Job], batch: BatchDenoiser | None) -> BatchReport:
    """Denoise what is left to do."""
    from napari_noise2same.cli.batch import BatchReport, run_batch

    targets = {job.target for job in left}
    report = BatchReport([job for job in jobs if job.target not in targets])
    if batch is not None:
        run_batch(batch, report)
    return report


def _keep(learned: _Learned) -> None:
    """Save the model of a training that has come to nothing else."""
    if learned.model is None or not learned.results.get("training", {}).get("steps"):
        return
    if path := keep_elsewhere(learned.model, "model.safetensors"):
        note(f"The model is at {path} for now: denoise with it (--model), or move it.")


def _tell(report: BatchReport, learned: _Learned, *, as_json: bool) -> None:
    """Print what has been done and what has not, and leave with the exit code that says so."""
    names = "\n".join(str(job.target) for job in report.done)
    if names or as_json:
        emit(report.results() | learned.results, names, as_json=as_json)
    report.tell_problems()
    if report.failed and not report.done:
        _keep(learned)
    if report.interrupted or learned.interrupted:
        raise typer.Exit(INTERRUPTED)
    if report.failed:
        raise typer.Exit(1)
