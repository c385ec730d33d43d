"""Throughput of denoising into a Zarr folder by one worker process and by several.

python benchmarks/scaling.py --json scaling.json

The image is generated. One worker may use one processor, N workers use N of them, so that the ratio
says what sharing the work costs. Needs the extra ``dask``; processors are chosen on Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import zarr

from napari_noise2same.core import DenoiseConfig, Image, TrainedModel, denoise_to_zarr, train
from napari_noise2same.core import Finished as TrainingFinished
from napari_noise2same.core.settings import Preset
from napari_noise2same.samples import cells

__all__ = ["main"]

_SAMPLE = 512


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Command line, without the program's name.

    Returns
    -------
    int
        0.
    """
    options = _parser().parse_args(arguments)
    processors = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image, model = _image(folder, options.side), _model()
        seconds: dict[int, list[float]] = {1: [], options.workers: []}
        # In turn, so that a machine that slows down slows both.
        for _ in range(options.repeats):
            for workers, times in seconds.items():
                os.sched_setaffinity(0, processors[:workers])
                times.append(_seconds(image, model, folder / "out.zarr", workers))
    pixels = options.side**2 / 1e6
    rates = {workers: pixels / median(times) for workers, times in seconds.items()}
    ratio = rates[options.workers] / rates[1]
    found = {"megapixels_per_second": rates, "ratio": ratio, "seconds": seconds}
    options.json.write_text(json.dumps(found | {"options": vars(options)}, default=str) + "\n")
    sys.stdout.write("| workers | megapixels per second |\n|---:|---:|\n")
    sys.stdout.writelines(f"| {workers} | {rate:.2f} |\n" for workers, rate in rates.items())
    sys.stdout.write(f"\n{options.workers} workers do {ratio:.2f} times the work of one.\n")
    return 0


def _image(folder: Path, side: int) -> Image:
    """Write a large image that repeats a small one."""
    noisy = cells(side=_SAMPLE).noisy
    array = zarr.create_array(
        folder / "in.zarr", shape=(side, side), chunks=(_SAMPLE, _SAMPLE), dtype=noisy.dtype
    )
    for y in range(0, side, _SAMPLE):
        for x in range(0, side, _SAMPLE):
            array[y : y + _SAMPLE, x : x + _SAMPLE] = noisy[: side - y, : side - x]
    return Image(array, "YX")


def _model() -> TrainedModel:
    """Return the shipped weights, with the noise of the image."""
    *_, last = train([Image(cells(side=_SAMPLE).noisy, "YX")], Preset.INSTANT.config(device="cpu"))
    assert isinstance(last, TrainingFinished)
    return last.model


def _seconds(image: Image, model: TrainedModel, path: Path, workers: int) -> float:
    """Denoise once, the start of the workers included."""
    begun = time.perf_counter()
    config = DenoiseConfig(device="cpu")
    denoise_to_zarr(image, model, path, config, scheduler=f"local:{workers}", overwrite=True)
    return time.perf_counter() - begun


def _parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--side", type=int, default=12_288, help="of the image, in pixels")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, required=True, help="file for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
