"""``napari-noise2same demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_noise2same.cli.interrupt import INTERRUPTED

__all__ = ["demo"]


def demo(
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder for images, model and figures.")
    ] = Path("demo-output"),
) -> None:
    """Train on a generated image, denoise it, and compare with the truth: a minute or two.

    Ctrl-C ends the training early; the exit code is then 130.
    """
    from napari_noise2same.cli.running import watch_training
    from napari_noise2same.demo import run_demo

    with watch_training() as (watch, stop):
        report = run_demo(output, watch=watch, stop=stop)
    before, after = report.psnr_noisy, report.psnr_denoised
    typer.echo(f"PSNR {before:.2f} dB before, {after:.2f} dB after denoising.")
    typer.echo("\n".join(map(str, report.files)))
    if not report.completed:
        raise typer.Exit(INTERRUPTED)
