"""Pairs whose noise neighbouring pixels share: moved, enlarged or smoothed after they were taken.

python benchmarks/resample.py --data DIR --output FOLDER
python benchmarks/quality.py --data FOLDER --methods noisy,ours-instant --json results.json
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from data import find_pairs
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, shift, zoom

from napari_noise2same.core.io import read_image

__all__ = ["CHANGES", "main"]

Floats = NDArray[np.float64]

# Enlarged images keep about the size of the others.
_ENLARGED = 256


def _enlarge(image: Floats, order: int) -> Floats:
    """Make the first rows and columns of an image twice as large."""
    part = image[:_ENLARGED, :_ENLARGED]
    return np.asarray(zoom(part, 2, order=order, mode="nearest", grid_mode=True))


def _widen(image: Floats) -> Floats:
    """Make the first columns twice as wide."""
    part = image[:, :_ENLARGED]
    return np.asarray(zoom(part, (1, 2), order=1, mode="nearest", grid_mode=True))


CHANGES: dict[str, Callable[[Floats], Floats]] = {
    "moved": partial(shift, shift=0.5, order=1, mode="nearest"),
    "enlarged": partial(_enlarge, order=1),
    "enlarged-cubic": partial(_enlarge, order=3),
    "smoothed": partial(gaussian_filter, sigma=0.8),
    "widened": _widen,
    "smoothed-lines": partial(gaussian_filter1d, sigma=0.8, axis=1),
}


def main(arguments: list[str] | None = None) -> None:
    """Write a set of pairs for each change and each set of images.

    Parameters
    ----------
    arguments : list of str, optional
        Command line, without the program's name.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds pairs/")
    parser.add_argument("--output", type=Path, required=True, help="folder for other pairs/")
    options = parser.parse_args(arguments)
    for pair in find_pairs(options.data):
        images = {"noisy": read_image(pair.noisy), "gt": read_image(pair.truth)}
        if images["noisy"].axes != "YX":
            continue
        for change, function in CHANGES.items():
            folder = options.output / "pairs" / f"{pair.collection}-{change}"
            for kind, image in images.items():
                path = folder / kind / pair.noisy.name
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, function(np.asarray(image.data, np.float64)))


def _write(path: Path, values: NDArray[Any]) -> None:
    """Write an image whose values need not be whole numbers."""
    tifffile.imwrite(path, values.astype(np.float32))


if __name__ == "__main__":
    main()
