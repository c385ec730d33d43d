"""``napari-noise2same denoise``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from napari_noise2same.cli.interrupt import INTERRUPTED
from napari_noise2same.cli.options import AsJson, Axes, Device, Images, Seconds, Seed, Steps
from napari_noise2same.cli.output import emit
from napari_noise2same.cli.settings import given, training_settings
from napari_noise2same.core.io import Image, output_paths, read_image, write_image
from napari_noise2same.core.settings import DenoiseConfig, Precision, TrainingConfig

if TYPE_CHECKING:
    from napari_noise2same.core.model import TrainedModel

__all__ = ["denoise"]


def denoise(
    images: Images,
    output: Annotated[
        Path,
        typer.Option(
            metavar="FILE_OR_FOLDER",
            help="File for one result (.tif, .ome.tif, .zarr, .npy, .png), or a folder.",
            show_default=False,
        ),
    ],
    *,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="M.safetensors",
            help="Trained model; without one, a model is trained on the images first.",
        ),
    ] = None,
    axes: Axes = None,
    tile: Annotated[int | None, typer.Option(min=8, help="Side of a tile in pixels.")] = None,
    overlap: Annotated[
        int | None, typer.Option(min=0, help="Pixels by which neighbouring tiles overlap.")
    ] = None,
    dtype: Annotated[
        Literal["float32", "keep"] | None,
        typer.Option(help="Type of the result: float32 (default), or that of the image."),
    ] = None,
    precision: Annotated[
        Precision | None,
        typer.Option(help="Precision inside the network; float32 by default."),
    ] = None,
    averaging: Annotated[
        bool, typer.Option("--averaging", help="Average 8 flips and turns: better, slower.")
    ] = False,
    steps: Steps = None,
    seconds: Seconds = None,
    device: Device = None,
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Denoise images, with a trained model or with one trained on all of them together.

    Ctrl-C during training goes on to denoise with the best model so far. Ctrl-C while denoising
    ends the program; images that are not done leave no file. The exit code is 130 in both cases.
    """
    from napari_noise2same.core.model import load_model

    training = training_settings(steps=steps, seconds=seconds, device=device, seed=seed)
    if model is not None and {"steps", "seconds"} & training.keys():
        raise typer.BadParameter("Expected --steps or --seconds only without --model.")
    config = DenoiseConfig(
        **given(
            tile=tile,
            overlap=overlap,
            dtype=dtype,
            precision=precision,
            averaging=averaging,
            device=device,
        )
    )
    targets = output_paths(images, output)
    learned: dict[str, Any] = {}
    if model is None:
        trained, learned, completed = _train(images, axes, TrainingConfig(**training))
    else:
        trained, completed = load_model(model), True
    runs = [
        _denoise(read_image(path, axes=axes), trained, config, target)
        for path, target in zip(images, targets, strict=True)
    ]
    emit(_results(runs) | learned, "\n".join(map(str, targets)), as_json=as_json)
    if not completed:
        raise typer.Exit(INTERRUPTED)


class _Run(NamedTuple):
    """One denoised image, without its pixels."""

    pixels: int
    seconds: float
    tile: tuple[int, ...]
    device: str


def _train(
    paths: Sequence[Path], axes: str | None, config: TrainingConfig
) -> tuple[TrainedModel, dict[str, Any], bool]:
    """Return a model, what training says about it, and whether Ctrl-C did not cut it short."""
    from napari_noise2same.cli.running import run_training, training_results
    from napari_noise2same.core.training import Trainer

    images = [read_image(path, axes=axes) for path in paths]
    trainer = Trainer(images, config)
    finished = run_training(trainer)
    results = training_results(trainer, finished.model)
    return finished.model, {"training": results}, finished.reason == "completed"


def _denoise(image: Image, model: TrainedModel, config: DenoiseConfig, target: Path) -> _Run:
    """Denoise one image and write it."""
    from napari_noise2same.cli.card import model_card
    from napari_noise2same.cli.running import run_denoiser
    from napari_noise2same.core.denoising import Denoiser

    finished = run_denoiser(Denoiser(image, model, config), target.name)
    if finished is None:
        raise typer.Exit(INTERRUPTED)
    write_image(target, finished.image, image, description=model_card(model, config))
    return _Run(finished.image.size, finished.seconds, finished.tile, finished.device)


def _results(runs: Sequence[_Run]) -> dict[str, Any]:
    """Sum up all images; the tile is the largest."""
    seconds = sum(run.seconds for run in runs)
    return {
        "seconds": seconds,
        "megapixels_per_second": sum(run.pixels for run in runs) / 1e6 / seconds,
        "tile": max((run.tile for run in runs), key=math.prod),
        "device": runs[0].device,
    }
