"""Records of a benchmark, as JSON and as tables."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from statistics import fmean, median
from typing import Any

__all__ = ["Record", "as_json", "as_markdown", "surroundings", "table"]

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
        Decibels, after an affine fit to the ground truth. None, as all that follows, if it was
        not measured or the method failed.
    ssim : float or None
        Structural similarity, after the same fit.
    psnr : float or None
        Decibels, range 255, without any fit.
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
    psnr: float | None = None
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
    _Column("PSNR, range 255 (dB)", "psnr", 2),
    _Column("Training or calibration (s)", "training_seconds", 1),
    _Column("Denoising (s)", "denoising_seconds", 1),
    _Column("Peak memory (MiB)", "peak_memory", 0, _MIB),
)


def as_json(
    records: Iterable[Record], seed: int, peer_versions: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the records, and on what they were made, as data for JSON.

    Parameters
    ----------
    records : iterable of Record
        The records.
    seed : int
        Seed of all methods.
    peer_versions : mapping of str to str, optional
        Versions in the interpreters of the peers.

    Returns
    -------
    dict
        What `surroundings` returns, ``seed`` and ``records``.
    """
    versions = surroundings(peer_versions)
    return versions | {"seed": seed, "records": [asdict(record) for record in records]}


def surroundings(peer_versions: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return on what a benchmark was run, as data for JSON.

    Parameters
    ----------
    peer_versions : mapping of str to str, optional
        Versions in the interpreters of the peers.

    Returns
    -------
    dict
        ``machine`` and ``versions``.
    """
    return {
        "machine": {
            "system": platform.platform(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "threads": os.environ.get("OMP_NUM_THREADS"),
            "python": platform.python_version(),
        },
        "versions": {name: _version(name) for name in _PACKAGES} | dict(peer_versions or {}),
    }


def as_markdown(records: Sequence[Record]) -> str:
    """Return one table for each thing measured: images down, methods across, with averages.

    Parameters
    ----------
    records : sequence of Record
        The records.

    Returns
    -------
    str
        Markdown.
    """
    measured = [c for c in _TABLES if any(getattr(r, c.field) is not None for r in records)]
    return "\n".join(f"### {column.title}\n\n{_table(records, column)}\n" for column in measured)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose first row is its head; all columns but the first to the right.

    Parameters
    ----------
    rows : sequence of sequence of str
        Cells.

    Returns
    -------
    str
        Markdown, without a line break at the end.
    """
    rule = ["---", *["---:"] * (len(rows[0]) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:]))


def _table(records: Sequence[Record], column: _Column) -> str:
    """Return a table of one field: a mean for each set, mean and median of all images."""
    methods = list(dict.fromkeys(record.method for record in records))
    rows = [["image", *methods]]
    for collection in dict.fromkeys(record.collection for record in records):
        members = [record for record in records if record.collection == collection]
        for image in dict.fromkeys(record.image for record in members):
            of_image = [record for record in members if record.image == image]
            rows.append([f"{collection}/{image}", *_cells(of_image, methods, column)])
        rows.append([f"*{collection}: mean*", *_cells(members, methods, column)])
    rows.append(["**mean of all images**", *_cells(records, methods, column)])
    rows.append(["**median of all images**", *_cells(records, methods, column, median)])
    return table(rows)


def _cells(
    records: Sequence[Record],
    methods: Sequence[str],
    column: _Column,
    average: Callable[[list[float]], float] = fmean,
) -> list[str]:
    """Return each method's mean; a dash where an image is missing from it."""
    cells = []
    for method in methods:
        values = [getattr(record, column.field) for record in records if record.method == method]
        complete = values and None not in values
        mean = average(values) / column.unit if complete else math.nan
        cells.append(f"{mean:.{column.digits}f}" if complete else "–")
    return cells


def _version(package: str) -> str | None:
    """Return a package's version, or None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
