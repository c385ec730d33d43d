"""Arguments and options of training and denoising. What is not given is None."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from napari_noise2same.core.array import DepthAxis
from napari_noise2same.core.settings import (
    STRATEGIES,
    NoiseSource,
    Precision,
    Preset,
    ResultFormat,
)

__all__ = [
    "AsJson",
    "Averaging",
    "Axes",
    "Channels",
    "DepthAxisName",
    "Device",
    "DomainName",
    "Format",
    "Images",
    "LambdaInv",
    "ModelToTrain",
    "ModelToUse",
    "NoiseDistance",
    "NoiseName",
    "Output",
    "OutputType",
    "Overlap",
    "Overwrite",
    "OverwriteResults",
    "PrecisionName",
    "PresetName",
    "Resume",
    "Scheduler",
    "Seconds",
    "Seed",
    "Start",
    "Steps",
    "Tile",
]

# A fixed value is given as a number.
_STRATEGIES = [kind for kind in STRATEGIES if kind != "fixed"]


def _parse_lambda_inv(text: str) -> dict[str, Any]:
    """Return the settings of a strategy, given by its name or as a constant."""
    if text in _STRATEGIES:
        return {"kind": text}
    try:
        return {"kind": "fixed", "value": float(text)}
    except ValueError as error:
        raise typer.BadParameter(
            f"Expected {', '.join(_STRATEGIES)} or a number, found {text!r}."
        ) from error


def _parse_settings(text: str) -> dict[str, Any]:
    """Return settings written as a JSON object."""
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"Expected a JSON object, found {text!r}.") from error
    if not isinstance(settings, dict):
        raise typer.BadParameter(f"Expected a JSON object, found {text!r}.")
    return settings


def _parse_output(text: str) -> Path:
    """Return where results go; an empty name, as of a variable that is not set, is not here."""
    if not text:
        raise typer.BadParameter("Expected a file or a folder, found an empty name: give its name.")
    return Path(text)


Images = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGE",
        help="Noisy images (TIFF, Zarr, NumPy, PNG), folders of them, or patterns ('day*/*.tif').",
    ),
]
Axes = Annotated[
    str | None,
    typer.Option(
        metavar="ZYX",
        help="One letter of T, Z, C, Y, X, S (RGB) per dimension, if the file's are wrong.",
    ),
]
ModelToTrain = Annotated[
    Path,
    typer.Option(
        "--model", metavar="M.safetensors", help="File for the model.", show_default=False
    ),
]
ModelToUse = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="M.safetensors",
        help="Trained model; without one, a model is trained on the images first.",
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        parser=_parse_output,
        metavar="FILE_OR_FOLDER",
        help="File for one result (.tif, .ome.tif, .zarr, .npy, .png), or a folder, which becomes "
        "like that of the images.",
        show_default=False,
    ),
]
Format = Annotated[
    ResultFormat | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="Format of the results in a folder: tif, ome.tif or zarr; by default that of each "
        "image.",
    ),
]
OverwriteResults = Annotated[
    bool, typer.Option("--overwrite", help="Make results anew that are there already.")
]
Start = Annotated[
    str | None,
    typer.Option(
        metavar="START",
        help="Where training starts: pretrained (at the shipped weights, by default), scratch (at "
        "random ones), or the file of a model.",
    ),
]
PresetName = Annotated[
    Preset | None,
    typer.Option(
        "--preset",
        metavar="PRESET",
        help="How long to train: instant (the first weights as they are), quick, balanced (by "
        "default) or best.",
    ),
]
Steps = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="Steps of training; by default chosen from the images."),
]
Seconds = Annotated[
    float | None, typer.Option(help="Seconds of training, instead of a number of steps.")
]
LambdaInv = Annotated[
    dict[str, Any] | None,
    typer.Option(
        parser=_parse_lambda_inv,
        metavar="LAMBDA",
        help=f"Weight of the invariance term: {', '.join(_STRATEGIES)} or a number; by default "
        "chosen by where training starts.",
    ),
]
Settings = Annotated[
    dict[str, Any] | None,
    typer.Option(
        parser=_parse_settings,
        metavar="JSON",
        help="Any further settings of training, as the plugin copies them.",
    ),
]
DomainName = Annotated[
    Literal["stabilised", "linear"] | None,
    typer.Option(help="Train on pixels of equal noise (default), or as they are."),
]
Channels = Annotated[
    Literal["independent", "joint"] | None,
    typer.Option(help="Denoise channels one by one (default), or all at once."),
]
DepthAxisName = Annotated[
    DepthAxis | None,
    typer.Option(
        "--depth-axis",
        help="Third axis of a 3D network: Z (default), or T for movies of what stays in place.",
    ),
]
NoiseDistance = Annotated[
    tuple[int, int] | None,
    typer.Option(
        "--noise-distance",
        metavar="Y X",
        help="How far apart rows and columns have noise of their own: 1 1 unless an image was "
        "enlarged or smoothed; found by default.",
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on where the training of the model stopped, on the same images: others are only "
        "told by their channels, or by noise ten times weaker or stronger.",
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a model that is there already.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="WHO",
        help="Who denoises into a .zarr: threads (this process, by default), local:N (N "
        "processes), or the dask scheduler at an address such as tcp://host:8786.",
    ),
]
Tile = Annotated[int | None, typer.Option(metavar="N", min=8, help="Side of a tile in pixels.")]
Overlap = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="Pixels that a tile is given on each side as context."),
]
OutputType = Annotated[
    Literal["float32", "keep"] | None,
    typer.Option(help="Type of the result: float32 (default), or that of the image."),
]
PrecisionName = Annotated[
    Precision | None,
    typer.Option(
        metavar="TYPE",
        help="Precision inside the network: float32, float16 or bfloat16; by default bfloat16 "
        "where that is faster (GPUs of NVIDIA, processors with AMX), else float32.",
    ),
]
NoiseName = Annotated[
    NoiseSource | None,
    typer.Option(
        "--noise",
        help="Noise to go by: that of the training images (default), or that of the image, for "
        "another camera or exposure.",
    ),
]
Averaging = Annotated[
    bool | None,
    typer.Option(
        help="Average 8 flips and turns: better, slower; by default after --preset best.",
        show_default=False,
    ),
]
Device = Annotated[
    str | None, typer.Option(metavar="D", help="auto (default), cpu, cuda, cuda:1 or mps.")
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="Seed of all random choices; 0 by default."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object as the last line of the output.")
]
