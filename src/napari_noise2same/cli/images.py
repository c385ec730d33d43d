"""Reading the images to train on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_noise2same.cli.output import note
from napari_noise2same.core.array import MappedFile
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.io import Image, read_image
from napari_noise2same.core.settings import TrainingConfig

if TYPE_CHECKING:
    from napari_noise2same.core.training import ImageKind

__all__ = ["read_images"]


def read_images(paths: Sequence[Path], axes: str | None, config: TrainingConfig) -> list[Image]:
    """Read images, past those that cannot be read or not be trained on with the others.

    Parameters
    ----------
    paths : sequence of Path
        Their files.
    axes : str or None
        Axes to use instead of those of the files.
    config : TrainingConfig
        How they are to be trained on.

    Returns
    -------
    list of Image
        The images, all of the most frequent kind, of the first such one if several are; the
        others are named on standard error.

    Raises
    ------
    Noise2SameError
        If none can be trained on: why the first one cannot.
    """
    from napari_noise2same.core.training import image_kind

    usable: list[tuple[Path, Image, ImageKind]] = []
    refused: list[Noise2SameError] = []
    for path in paths:
        try:
            image = _closed(read_image(path, axes=axes))
            usable.append((path, image, image_kind(image, config)))
        except Noise2SameError as error:
            refused.append(error)
            if len(paths) > 1:
                _leave_out(path, str(error))
    if not usable:
        raise refused[0]
    ((common, _),) = Counter(kind for _, _, kind in usable).most_common(1)
    for path, _, kind in usable:
        if kind != common:
            _leave_out(path, f"Expected {common} as in those trained on, found {kind}.")
    return [image for _, image, kind in usable if kind == common]


def _leave_out(path: Path, reason: str) -> None:
    """Say which image is not trained on, and why."""
    note(f"Warning: {path} is left out of the training. {reason}")


def _closed(image: Image) -> Image:
    """Return an image whose file is open only while it is read: how many may be is limited."""
    data = MappedFile.of(image.data) if isinstance(image.data, np.memmap) else None
    return image if data is None else replace(image, data=data)
