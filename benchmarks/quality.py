"""Quality, time and memory of denoising methods on pairs of noisy and clean images.

python benchmarks/quality.py --data DIR --methods noisy,ours,bm3d-vst --json results.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from data import Pair, find_pairs
from methods import Choice, method_names, parse_choices
from numpy.typing import NDArray
from outcome import Task
from report import Record, as_json, as_markdown
from running import Pythons, add_peer_option, peer_versions, run

from napari_noise2same.core.io import read_image
from napari_noise2same.core.metrics import affine_psnr, ssim

__all__ = ["fit_to", "main", "measure", "tell"]


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
    pythons = dict(options.peer_python)
    versions = peer_versions(pythons)
    records: list[Record] = []
    for pair in pairs:
        pictures = {}
        for choice in options.methods:
            record, prediction = measure(pair, choice, options.seed, pythons)
            records.append(record)
            tell(record)
            if prediction is not None:
                pictures[choice.label] = prediction
            # After each run: an interruption loses nothing.
            result = as_json(records, options.seed, versions)
            options.json.write_text(json.dumps(result, indent=2) + "\n")
        if options.gallery is not None:
            _draw(pair, pictures, options.gallery)
    sys.stdout.write(as_markdown(records))
    return int(any(record.error for record in records))


def measure(
    pair: Pair, choice: Choice, seed: int, pythons: Pythons
) -> tuple[Record, NDArray[np.float64] | None]:
    """Run one method on one image in a process of its own, and score the result.

    Parameters
    ----------
    pair : Pair
        The image.
    choice : Choice
        The method.
    seed : int
        Seed.
    pythons : dict of str to str
        Interpreters of the peers.

    Returns
    -------
    Record
        Scores and costs, or the error.
    ndarray of float64 or None
        The prediction in the units of the ground truth; None if the method failed.
    """
    noisy, truth = read_image(pair.noisy), np.asarray(read_image(pair.truth).data)
    result = run(choice, Task(np.asarray(noisy.data), noisy.axes, seed), pythons)
    where = (pair.collection, pair.name, choice.label)
    if result.prediction is None:
        return Record(*where, **result.measured), None
    fitted = fit_to(result.prediction, truth)
    score = affine_psnr(result.prediction, truth)
    record = Record(*where, affine_psnr=score, ssim=ssim(fitted, truth), **result.measured)
    return record, fitted


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


def tell(record: Record) -> None:
    """Write a line about a finished run to standard error."""
    where = f"{record.collection}/{record.image} {record.method}"
    score = record.psnr if record.affine_psnr is None else record.affine_psnr
    what = record.error or (
        f"{score:.2f} dB, trained {record.training_seconds:.1f} s, "
        f"denoised {record.denoising_seconds:.1f} s"
    )
    sys.stderr.write(f"{where}: {what}\n")


def _draw(pair: Pair, pictures: dict[str, NDArray[np.float64]], folder: Path) -> None:
    """Draw crops of all results of an image, of volumes those of the middle plane."""
    from figures import draw_gallery

    truth = np.asarray(read_image(pair.truth).data, np.float64)
    noisy = np.asarray(read_image(pair.noisy).data, np.float64)
    # Fitted the other way round: noise on the abscissa would flatten the line.
    slope, intercept = np.polyfit(truth.ravel(), noisy.ravel(), 1)
    noisy = (noisy - intercept) / slope
    planes = {name: _middle_plane(values) for name, values in pictures.items() if name != "noisy"}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{pair.collection}-{pair.name}.png"
    draw_gallery(_middle_plane(noisy), planes, _middle_plane(truth), path)


def _middle_plane(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle one of all planes."""
    planes = values.reshape(-1, *values.shape[-2:])
    return np.asarray(planes[len(planes) // 2])


def _parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds pairs/")
    parser.add_argument(
        "--methods",
        type=parse_choices,
        default="noisy,ours",
        help=f"names out of {', '.join(method_names())}, separated by commas; name@60 trains for "
        "60 seconds (default: noisy,ours)",
    )
    parser.add_argument("--json", type=Path, required=True, help="file for the results")
    parser.add_argument("--gallery", type=Path, help="folder for crops of all results (PNG)")
    parser.add_argument("--sets", type=_names, help="names of sets, separated by commas")
    parser.add_argument("--limit", type=int, help="take the first so many images of each set")
    parser.add_argument("--seed", type=int, default=0)
    add_peer_option(parser)
    return parser


def _names(text: str) -> list[str]:
    """Split a list of names."""
    return [name.strip() for name in text.split(",") if name.strip()]


if __name__ == "__main__":
    sys.exit(main())
