"""Quality, time and memory of denoising methods on pairs of noisy and clean images.

python benchmarks/quality.py --data DIR --methods noisy,ours,bm3d-vst --json results.json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from data import Pair, find_pairs
from methods import METHODS
from numpy.typing import NDArray
from report import Record, as_json, as_markdown

from napari_noise2same.core.io import read_image
from napari_noise2same.core.metrics import affine_psnr, ssim

_MEASURE = Path(__file__).with_name("measure.py")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Command line, without the program's name.

    Returns
    -------
    int
        0 if every method denoised every image, else 1.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        pairs = find_pairs(options.data, options.sets, options.limit)
    except FileNotFoundError as error:
        parser.error(str(error))
    records: list[Record] = []
    for pair in pairs:
        for method in options.methods:
            records.append(measure(pair, method, options.seed))
            _tell(records[-1])
            # After each run: an interruption loses nothing.
            options.json.write_text(json.dumps(as_json(records, options.seed), indent=2) + "\n")
    sys.stdout.write(as_markdown(records))
    return int(any(record.error for record in records))


def measure(pair: Pair, method: str, seed: int) -> Record:
    """Run one method on one image in a process of its own, and score the result.

    Parameters
    ----------
    pair : Pair
        The image.
    method : str
        Name of the method.
    seed : int
        Seed.

    Returns
    -------
    Record
        Scores and costs, or the error.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(_MEASURE), method, str(pair.noisy), folder, str(seed)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            error = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            return Record(pair.collection, pair.name, method, error=error[0])
        measured = json.loads((Path(folder) / "measured.json").read_text())
        prediction = np.load(Path(folder) / "prediction.npy")
    truth = np.asarray(read_image(pair.truth).data)
    return Record(
        pair.collection,
        pair.name,
        method,
        affine_psnr=affine_psnr(prediction, truth),
        ssim=ssim(fit_to(prediction, truth), truth),
        **measured,
    )


def fit_to(prediction: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.float64]:
    """Return s·prediction + t, s and t fitted to the ground truth by least squares.

    Parameters
    ----------
    prediction, truth : ndarray
        Images of the same shape, whose units differ in scale and offset.

    Returns
    -------
    ndarray of float64
        The prediction in the units of the ground truth.
    """
    values = np.asarray(prediction, np.float64)
    slope, intercept = np.polyfit(values.ravel(), np.asarray(truth, np.float64).ravel(), 1)
    return np.asarray(slope * values + intercept)


def _tell(record: Record) -> None:
    """Write a line about a finished run."""
    where = f"{record.collection}/{record.image} {record.method}"
    what = record.error or (
        f"{record.affine_psnr:.2f} dB, trained {record.training_seconds:.1f} s, "
        f"denoised {record.denoising_seconds:.1f} s"
    )
    sys.stderr.write(f"{where}: {what}\n")


def _parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds pairs/")
    parser.add_argument(
        "--methods",
        type=_method_names,
        default=["noisy", "ours"],
        help=f"names, separated by commas, out of {', '.join(METHODS)} (default: noisy,ours)",
    )
    parser.add_argument("--json", type=Path, required=True, help="file for the results")
    parser.add_argument("--sets", type=_names, help="names of sets, separated by commas")
    parser.add_argument("--limit", type=int, help="take the first so many images of each set")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _names(text: str) -> list[str]:
    """Split a list of names."""
    return [name.strip() for name in text.split(",") if name.strip()]


def _method_names(text: str) -> list[str]:
    """Split a list of methods, all of which must be known."""
    names = _names(text)
    unknown = [name for name in names if name not in METHODS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(
            f"expected methods out of {', '.join(METHODS)}, found {', '.join(unknown) or 'none'}"
        )
    return names


if __name__ == "__main__":
    sys.exit(main())
