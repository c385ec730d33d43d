"""``napari-noise2same evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from napari_noise2same.cli.options import AsJson, Axes
from napari_noise2same.cli.output import emit, note
from napari_noise2same.core.array import plan_layout, read_pixels
from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.io import Image, read_image
from napari_noise2same.core.metrics import Scores
from napari_noise2same.core.metrics import evaluate as score

__all__ = ["evaluate"]

# Scores by their names, as the table calls them and with so many digits.
_METRICS = {
    "psnr": ("PSNR (dB)", 2),
    "affine_psnr": ("affine PSNR (dB)", 2),
    "ssim": ("SSIM", 4),
    "edge_preservation": ("edge preservation", 4),
}
# Frames and channels first, so that the spatial axes are the last ones.
_ORDER = "TCSZYX"


def evaluate(
    prediction: Annotated[Path, typer.Argument(help="Denoised image.", show_default=False)],
    reference: Annotated[
        Path, typer.Option(metavar="CLEAN", help="Image without noise.", show_default=False)
    ],
    *,
    noisy: Annotated[
        Path | None, typer.Option(metavar="NOISY", help="Image before denoising, to compare.")
    ] = None,
    axes: Axes = None,
    as_json: AsJson = False,
) -> None:
    """Score a denoised image against one without noise.

    The affine PSNR does not depend on brightness and contrast: use it where the two images were
    scaled differently. Only pixels that are finite in all of the images count.
    """
    clean = _read(reference, axes)
    spatial = plan_layout(clean.axes, clean.data.shape).spatial
    images = [_pixels_like(clean, _read(prediction, axes), "prediction"), _pixels(clean)]
    if noisy is not None:
        images.append(_pixels_like(clean, _read(noisy, axes), "noisy image"))
    scores = score(*images, spatial_ndim=len(spatial))
    _note_left_out(images)
    results = _named(scores.prediction, "")
    if scores.noisy is not None:
        results |= _named(scores.noisy, "noisy_")
    emit(results, _table(scores.prediction, scores.noisy), as_json=as_json)


def _read(path: Path, axes: str | None) -> Image:
    """Read an image without axes of length 1, which not every format keeps."""
    image = read_image(path, axes=axes)
    sizes = zip(image.axes, image.data.shape, strict=True)
    kept = {axis: n for axis, n in sizes if n > 1 or axis in "YXS"}
    return Image(read_pixels(image.data).reshape(tuple(kept.values())), "".join(kept))


def _pixels(image: Image) -> NDArray[Any]:
    """Load an image with its axes in one order, whatever that of the file."""
    order = [image.axes.index(axis) for axis in _ORDER if axis in image.axes]
    return np.transpose(np.asarray(image.data), order)


def _pixels_like(reference: Image, image: Image, name: str) -> NDArray[Any]:
    """Load an image that must be as long as the reference along each axis."""
    pixels = _pixels(image)
    if pixels.shape != _pixels(reference).shape:
        raise ImageError(
            f"Expected a {name} as large as the reference, {_lengths(reference)}, found "
            f"{_lengths(image)}: compare images of the same size, or name their axes with --axes."
        )
    return pixels


def _lengths(image: Image) -> str:
    """Return how long an image is along each axis, as in ``Y 96, X 128``."""
    sizes = zip(image.axes, image.data.shape, strict=True)
    return ", ".join(f"{axis} {length}" for axis, length in sizes)


def _note_left_out(images: list[NDArray[Any]]) -> None:
    """Say how many pixels do not count."""
    left_out = np.count_nonzero(~np.logical_and.reduce([np.isfinite(image) for image in images]))
    if left_out:
        note(
            f"Warning: {left_out} pixels that are not finite in one of the images are left out, "
            "and so is every window of the SSIM that holds one."
        )


def _named(scores: Scores, prefix: str) -> dict[str, float]:
    """Return the scores by their names."""
    return {f"{prefix}{name}": getattr(scores, name) for name in _METRICS}


def _table(prediction: Scores, noisy: Scores | None) -> str:
    """Put the scores side by side."""
    columns = {"denoised": prediction} | ({} if noisy is None else {"noisy": noisy})
    rows = [" " * 17 + "".join(f"{title:>10}" for title in columns)]
    for name, (label, digits) in _METRICS.items():
        values = (getattr(scores, name) for scores in columns.values())
        rows.append(f"{label:<17}" + "".join(f"{value:>10.{digits}f}" for value in values))
    return "\n".join(rows)
