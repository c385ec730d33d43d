"""Reading the images to train on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_noise2same.cli.output import note
from napari_noise2same.core.array import MappedFile
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.io import Image, read_image

__all__ = ["read_images"]


def read_images(paths: Sequence[Path], axes: str | None) -> list[Image]:
    """Read images, past those that cannot be read.

    Parameters
    ----------
    paths : sequence of Path
        Their files.
    axes : str or None
        Axes to use instead of those of the files.

    Returns
    -------
    list of Image
        The images; the others are named on standard error.

    Raises
    ------
    Noise2SameError
        If none can be read: why the first one cannot.
    """
    images: list[Image] = []
    refused: list[Noise2SameError] = []
    for path in paths:
        try:
            images.append(_closed(read_image(path, axes=axes)))
        except Noise2SameError as error:
            refused.append(error)
            if len(paths) > 1:
                note(f"Warning: {path} is left out of the training. {error}")
    if not images:
        raise refused[0]
    return images


def _closed(image: Image) -> Image:
    """Return an image whose file is open only while it is read: how many may be is limited."""
    data = MappedFile.of(image.data) if isinstance(image.data, np.memmap) else None
    return image if data is None else replace(image, data=data)
