"""Pairs of noisy images and their ground truth, ``DIR/pairs/<set>/{noisy,gt}/*.tif``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Pair", "find_pairs"]


@dataclass(frozen=True)
class Pair:
    """A noisy image and its ground truth.

    Attributes
    ----------
    collection : str
        Name of the set.
    name : str
        Name of the image, without its ending.
    noisy, truth : Path
        The files.
    """

    collection: str
    name: str
    noisy: Path
    truth: Path


def find_pairs(
    data: Path, sets: Collection[str] | None = None, limit: int | None = None
) -> list[Pair]:
    """Find the pairs of all sets, in sorted order.

    Parameters
    ----------
    data : Path
        Folder that holds ``pairs``.
    sets : collection of str, optional
        Names of the sets to take; all by default.
    limit : int, optional
        The first so many images of each set; all by default.

    Returns
    -------
    list of Pair
        The pairs.

    Raises
    ------
    FileNotFoundError
        If a set or a ground truth is missing.
    """
    root = data / "pairs"
    found = sorted(folder.name for folder in root.glob("*") if (folder / "noisy").is_dir())
    missing = sorted(set(sets or ()) - set(found))
    if missing or not found:
        raise FileNotFoundError(
            f"Expected sets of image pairs in {root}, found {', '.join(found) or 'none'}"
            + (f" and not {', '.join(missing)}." if missing else ".")
        )
    chosen = [name for name in found if sets is None or name in sets]
    return [pair for name in chosen for pair in _pairs_of(root / name)[:limit]]


def _pairs_of(folder: Path) -> list[Pair]:
    """Return all pairs of a set."""
    pairs = [
        Pair(folder.name, noisy.stem, noisy, folder / "gt" / noisy.name)
        for noisy in sorted((folder / "noisy").glob("*.tif"))
    ]
    for pair in pairs:
        if not pair.truth.is_file():
            raise FileNotFoundError(f"Expected the ground truth {pair.truth}, found none.")
    return pairs
