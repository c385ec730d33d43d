"""Records of a benchmark, as JSON and as tables."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from statistics import fmean
from typing import Any

__all__ = ["Record", "as_json", "as_markdown"]

_PACKAGES = ("napari-noise2same", "torch", "numpy", "scikit-image", "bm3d")
_MIB = 1024**2


@dataclass(frozen=True)
class Record:
    """One method on one image.

    Attributes
    ----------
    collection, image, method : str
        Which.
    affine_psnr : float or None
        Decibels, after an affine fit to the ground truth. None, as all that follows, if the
        method failed.
    ssim : float or None
        Structural similarity, after the same fit.
    training_seconds, denoising_seconds : float or None
        Time spent.
    peak_memory : int or None
        Largest resident size of the process, in bytes.
    error : str or None
        Why the method failed.
    """

    collection: str
    image: str
    method: str
    affine_psnr: float | None = None
    ssim: float | None = None
    training_seconds: float | None = None
    denoising_seconds: float | None = None
    peak_memory: int | None = None
    error: str | None = None


@dataclass(frozen=True)
class _Column:
    """A field of a record as a table shows it."""

    title: str
    field: str
    digits: int
    unit: float = 1.0


_TABLES = (
    _Column("Affine-fit PSNR (dB)", "affine_psnr", 2),
    _Column("SSIM after the affine fit", "ssim", 4),
    _Column("Training or calibration (s)", "training_seconds", 1),
    _Column("Denoising (s)", "denoising_seconds", 1),
    _Column("Peak memory (MiB)", "peak_memory", 0, _MIB),
)


def as_json(records: Iterable[Record], seed: int) -> dict[str, Any]:
    """Return the records, and on what they were made, as data for JSON.

    Parameters
    ----------
    records : iterable of Record
        The records.
    seed : int
        Seed of all methods.

    Returns
    -------
    dict
        ``machine``, ``versions``, ``seed`` and ``records``.
    """
    return {
        "machine": {
            "system": platform.platform(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "versions": {package: _version(package) for package in _PACKAGES},
        "seed": seed,
        "records": [asdict(record) for record in records],
    }


def as_markdown(records: Sequence[Record]) -> str:
    """Return one table for each thing measured: images down, methods across, with means.

    Parameters
    ----------
    records : sequence of Record
        The records.

    Returns
    -------
    str
        Markdown.
    """
    return "\n".join(f"### {column.title}\n\n{_table(records, column)}\n" for column in _TABLES)


def _table(records: Sequence[Record], column: _Column) -> str:
    """Return a table of one field, with a mean for each set and one over all images."""
    methods = list(dict.fromkeys(record.method for record in records))
    rows = [["image", *methods], ["---", *["---:"] * len(methods)]]
    for collection in dict.fromkeys(record.collection for record in records):
        members = [record for record in records if record.collection == collection]
        for image in dict.fromkeys(record.image for record in members):
            of_image = [record for record in members if record.image == image]
            rows.append([f"{collection}/{image}", *_cells(of_image, methods, column)])
        rows.append([f"*{collection}: mean*", *_cells(members, methods, column)])
    rows.append(["**mean of all images**", *_cells(records, methods, column)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(records: Sequence[Record], methods: Sequence[str], column: _Column) -> list[str]:
    """Return each method's mean; a dash where an image is missing from it."""
    cells = []
    for method in methods:
        values = [getattr(record, column.field) for record in records if record.method == method]
        complete = values and None not in values
        mean = fmean(values) / column.unit if complete else math.nan
        cells.append(f"{mean:.{column.digits}f}" if complete else "–")
    return cells


def _version(package: str) -> str | None:
    """Return a package's version, or None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
