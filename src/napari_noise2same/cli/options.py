"""Arguments and options that several commands share. What is not given is None."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

__all__ = [
    "AsJson",
    "Axes",
    "Channels",
    "Device",
    "DomainName",
    "Images",
    "LambdaInv",
    "Seconds",
    "Seed",
    "Steps",
]

_STRATEGIES = ("adaptive", "calibrated", "noise2info", "staged")


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


Images = Annotated[
    list[Path], typer.Argument(metavar="IMAGE...", help="Noisy images: TIFF, Zarr, NumPy, PNG.")
]
Axes = Annotated[
    str | None,
    typer.Option(
        metavar="ZYX",
        help="One letter of T, Z, C, Y, X, S (RGB) per dimension, if the file's are wrong.",
    ),
]
Steps = Annotated[
    int | None, typer.Option(min=1, help="Steps of training; by default chosen from the images.")
]
Seconds = Annotated[
    float | None, typer.Option(help="Seconds of training, instead of a number of steps.")
]
LambdaInv = Annotated[
    dict[str, Any] | None,
    typer.Option(
        parser=_parse_lambda_inv,
        metavar=f"[{'|'.join(_STRATEGIES)}|NUMBER]",
        help="Weight of the invariance term; by default calibrated.",
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
Device = Annotated[
    str | None, typer.Option(metavar="D", help="auto (default), cpu, cuda, cuda:1 or mps.")
]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of all random choices; 0 by default.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object as the last line of the output.")
]
