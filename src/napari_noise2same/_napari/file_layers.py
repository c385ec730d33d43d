"""Image files as layers: read in a thread, shown in the GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from napari_noise2same._napari.lazy import lazy_levels
from napari_noise2same.core.array import KNOWN_AXES, ArrayLike, convert, transposed
from napari_noise2same.core.batch import Job, is_finished, thumbnail
from napari_noise2same.core.io import Image, is_zarr, read_image, zarr_levels

__all__ = ["NewLayer", "read_layers"]

# The pixels of a layer, or all its sizes, and its arguments.
NewLayer = tuple[Any, dict[str, Any]]

# Per cent of the pixels below and above the contrast limits.
_DARKEST, _BRIGHTEST = 0.5, 99.8
# Side of the grid of pixels that the contrast limits are taken from.
_SIDE = 256


def read_layers(job: Job, stop: Callable[[], bool] = lambda: False) -> Iterator[list[NewLayer]]:
    """Read an image and, if it is there, its result; to be called in a thread.

    Parameters
    ----------
    job : Job
        The image and its result.
    stop : callable
        Asked once the image is read; when it returns True nothing is yielded.

    Yields
    ------
    list of tuple
        Pixels and arguments for ``viewer.add_image``, the result last, in the same contrast.
        An image of several sizes comes with all of them: napari reads in the GUI thread, and
        then takes the one that fits the window.

    Raises
    ------
    FileError
        If one of them cannot be read.
    """
    noisy = read_image(job.source)
    limits = _limits(noisy)
    layers = [_layer(job.source, noisy, job.name, limits)]
    if stop():
        return
    if is_finished(job.target):
        result = _displayable(read_image(job.target), np.dtype(noisy.data.dtype))
        layers.append(_layer(job.target, result, f"{job.name} [n2s]", limits))
    yield layers


def _levels(path: Path, image: Image) -> list[ArrayLike]:
    """Return the sizes of an image, finest first; of colours that one which was read."""
    return zarr_levels(path) if is_zarr(path) and "S" not in image.axes else [image.data]


def _layer(path: Path, image: Image, name: str, limits: tuple[float, float]) -> NewLayer:
    """Return pixels and arguments of a layer, colours last."""
    axes = "".join(sorted(image.axes, key=KNOWN_AXES.index))
    levels = [transposed(level, image.axes, axes) for level in _levels(path, image)]
    shown = axes.removesuffix("S")
    arguments: dict[str, Any] = {
        "name": Path(name).name,
        "multiscale": len(levels) > 1,
        "rgb": axes.endswith("S"),
        "scale": tuple(image.spacing.get(axis, 1.0) for axis in shown),
        "units": tuple(image.units.get(axis, "pixel") for axis in shown),
        "axis_labels": tuple(shown.lower()),
    }
    data = lazy_levels(levels) if arguments["multiscale"] else levels[0]
    return data, arguments | ({} if arguments["rgb"] else {"contrast_limits": limits})


def _limits(image: Image) -> tuple[float, float]:
    """Return contrast limits without reading all of an image."""
    values = thumbnail(image.data, image.axes, side=_SIDE)
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, (_DARKEST, _BRIGHTEST)) if finite.size else (0, 1)
    return float(low), float(max(high, np.nextafter(low, np.inf)))


def _displayable(result: Image, dtype: np.dtype[Any]) -> Image:
    """Give colours the type of the image: napari takes decimal ones to reach from 0 to 1."""
    if "S" not in result.axes or dtype.kind not in "ui" or result.data.dtype.kind != "f":
        return result
    return Image(convert(np.asarray(result.data), dtype), result.axes, result.spacing, result.units)
