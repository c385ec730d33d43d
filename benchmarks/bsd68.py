"""Natural pictures with added Gaussian noise: the published protocol, or each picture alone.

python benchmarks/bsd68.py --train DIR --test DIR --method noise2same-paper --steps 50000
python benchmarks/bsd68.py --single --test DIR --methods bm3d,ours@60
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from methods import parse_choices
from numpy.typing import NDArray
from ours import CONFIGS
from outcome import Task
from quality import tell
from report import Record, as_json, as_markdown, table
from running import Pythons, add_peer_option, peer_versions, run

from napari_noise2same.core import Finished, TrainedModel, Validated, denoise, train
from napari_noise2same.core.io import Image, read_image
from napari_noise2same.core.metrics import psnr
from napari_noise2same.core.settings import DenoiseConfig

__all__ = ["main"]

# BSD68, σ = 25, as published: Noise2Same in the paper and in PyTorch; the others in its tables.
_PUBLISHED = {
    "Noise2Same": 27.95,
    "Noise2Same, in PyTorch": 28.11,
    "Noise2Self, donut": 28.33,
    "Noise2Void": 27.71,
    "BM3D": 28.59,
}
_SUFFIXES = {".png", ".tif", ".tiff", ".jpg", ".bmp"}
_REPORT_SECONDS = 10.0

Pictures = dict[str, NDArray[np.float64]]


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Command line, without the program's name.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.single and options.train is None:
        parser.error("expected --train DIR or --single")
    test = _read(options.test, options.limit)
    pythons: Pythons = dict(options.peer_python)
    if options.single:
        records = _single(test, options, pythons)
    else:
        records = _published_protocol(test, options)
    versions = peer_versions(pythons)
    result = as_json(records, options.seed, versions) | {"options": vars(options)}
    options.json.write_text(json.dumps(result, indent=2, default=str) + "\n")
    sys.stdout.write(as_markdown(records))
    if not options.single:
        sys.stdout.write(f"### Published for BSD68, σ = 25\n\n{_published()}\n")


def _single(test: Pictures, options: argparse.Namespace, pythons: Pythons) -> list[Record]:
    """Denoise each picture by itself; methods that take σ are told the true one."""
    records = []
    for sigma in options.sigma or (15.0, 25.0, 50.0):
        for (name, clean), noisy in zip(
            test.items(), _noisy(test, sigma, options.seed), strict=True
        ):
            for choice in options.methods:
                task = Task(noisy, "YX", options.seed, sigma=sigma)
                result = run(choice, task, pythons)
                record = Record(f"σ = {sigma:g}", name, choice.label, **result.measured)
                if result.prediction is not None:
                    score = psnr(result.prediction, clean, data_range=255)
                    record = replace(record, psnr=score)
                records.append(record)
                tell(record)
    return records


def _published_protocol(test: Pictures, options: argparse.Namespace) -> list[Record]:
    """Train once on pictures whose noise is drawn once, then denoise those of another folder."""
    sigma = (options.sigma or (25.0,))[0]
    clean = _read(options.train, None)
    images = [Image(noisy, "YX") for noisy in _noisy(clean, sigma, options.seed)]
    begun = time.perf_counter()
    model = _train(images, options)
    seconds = time.perf_counter() - begun
    records = []
    # Another seed: the test's noise is not that of the training.
    for (name, truth), noisy in zip(
        test.items(), _noisy(test, sigma, options.seed + 1), strict=True
    ):
        begun = time.perf_counter()
        prediction = denoise(Image(noisy, "YX"), model, DenoiseConfig(device=options.device))
        record = Record(
            f"σ = {sigma:g}",
            name,
            options.method,
            psnr=psnr(prediction, truth, data_range=255),
            training_seconds=seconds,
            denoising_seconds=time.perf_counter() - begun,
        )
        records.append(record)
        tell(record)
    return records


def _train(images: list[Image], options: argparse.Namespace) -> TrainedModel:
    """Train, and say now and then how far it is."""
    changes = {
        "steps": options.steps,
        "seconds": options.seconds,
        "batch": options.batch,
        "device": options.device,
        "seed": options.seed,
    }
    told = begun = time.perf_counter()
    for event in train(images, CONFIGS[options.method].model_copy(update=changes)):
        now = time.perf_counter()
        if isinstance(event, Validated) and now - told > _REPORT_SECONDS:
            told = now
            spent = f"{now - begun:.0f} s"
            sys.stderr.write(f"{spent}: step {event.step}, error {event.error:.4f}\n")
        if isinstance(event, Finished):
            return event.model
    raise RuntimeError("training ended without a model")


def _read(folder: Path, limit: int | None) -> Pictures:
    """Read all pictures of a folder, in sorted order."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise SystemExit(f"Expected pictures in {folder}, found none.")
    return {path.stem: np.asarray(read_image(path).data, np.float64) for path in paths[:limit]}


def _noisy(pictures: Pictures, sigma: float, seed: int) -> list[NDArray[np.float64]]:
    """Add Gaussian noise, not clipped; it depends on seed, σ and the place in the folder only."""
    generators = [np.random.default_rng([seed, round(sigma), i]) for i in range(len(pictures))]
    return [
        clean + generator.normal(0, sigma, clean.shape)
        for clean, generator in zip(pictures.values(), generators, strict=True)
    ]


def _published() -> str:
    """Return the published figures as a table."""
    rows = [[name, f"{decibels:.2f}"] for name, decibels in _PUBLISHED.items()]
    return table([["method", "PSNR (dB)"], *rows])


def _parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--test", type=Path, required=True, help="folder of clean pictures")
    parser.add_argument("--train", type=Path, help="folder of clean pictures to train on")
    parser.add_argument("--sigma", type=float, nargs="+", help="default 25; single 15 25 50")
    parser.add_argument("--method", choices=list(CONFIGS), default="ours")
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--steps", type=int)
    budget.add_argument("--seconds", type=float)
    parser.add_argument("--batch", type=int, help="patches a step; 64 were published")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--single", action="store_true", help="train on each test picture alone")
    parser.add_argument("--methods", type=parse_choices, default="bm3d,ours@60", help="of --single")
    parser.add_argument("--json", type=Path, required=True, help="file for the results")
    parser.add_argument("--limit", type=int, help="take the first so many test pictures")
    parser.add_argument("--seed", type=int, default=0)
    add_peer_option(parser)
    return parser


if __name__ == "__main__":
    main()
