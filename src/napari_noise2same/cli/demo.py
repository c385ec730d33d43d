"""``napari-noise2same demo``."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

from napari_noise2same.cli.interrupt import INTERRUPTED
from napari_noise2same.cli.output import note

__all__ = ["demo"]


def demo(
    output: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", help="Folder for images, model and figures of a run without a window."
        ),
    ] = Path("demo-output"),
    headless: Annotated[
        bool, typer.Option("--headless", help="Open no window, and write files instead.")
    ] = False,
) -> None:
    """Train on a generated image, denoise it, and compare with the truth: a minute or two.

    Happens in napari, which then stays open, where there is a display and napari is installed with
    a Qt binding. Elsewhere, or with --headless, images, model and figures are written to a folder;
    Ctrl-C ends the training early, and the exit code is then 130.
    """
    from napari_noise2same.demo import window_obstacle

    obstacle = "it was asked for" if headless else window_obstacle()
    if obstacle is None:
        note("Running the demo in napari: close its window to end.")
        _in_window()
    else:
        note(f"Running the demo without a window, because {obstacle}.")
        _in_terminal(output)


def _in_window() -> None:
    """Show the demo in napari, which ends as windows do when it is told to by SIGTERM."""
    from napari_noise2same._napari.demo_window import open_demo

    # There is nothing to keep, and as long as nothing happens Qt runs no Python that would hear it.
    if signal.getsignal(signal.SIGTERM) == signal.default_int_handler:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    open_demo()


def _in_terminal(output: Path) -> None:
    """Run the demo, write its files, and say what came out."""
    from napari_noise2same.cli.running import watch_training
    from napari_noise2same.demo import run_demo

    with watch_training() as (watch, stop):
        report = run_demo(output, watch=watch, stop=stop)
    before, after = report.psnr_noisy, report.psnr_denoised
    typer.echo(f"PSNR {before:.2f} dB before, {after:.2f} dB after denoising.")
    typer.echo("\n".join(map(str, report.files)))
    if not report.completed:
        raise typer.Exit(INTERRUPTED)
