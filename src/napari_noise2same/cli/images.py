"""Reading the images to train on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_noise2same.cli.output import note
from napari_noise2same.core.array import MappedFile
from napari_noise2same.core.errors import Noise2SameError, UnreadableError
from napari_noise2same.core.io import Image, read_image
from napari_noise2same.core.settings import TrainingConfig

if TYPE_CHECKING:
    from napari_noise2same.core.model import TrainedModel
    from napari_noise2same.core.training import ImageKind, Trainer

__all__ = ["Check", "prepare_training", "read_images"]

Check = Callable[[Path, Image], None]


def prepare_training(
    paths: Sequence[Path],
    axes: str | None,
    config: TrainingConfig,
    *,
    start: TrainedModel | None = None,
    resume: TrainedModel | None = None,
    check: Check = lambda _path, _image: None,
) -> Trainer:
    """Read images to train on, past those that are found damaged when their pixels are read.

    Parameters
    ----------
    paths : sequence of Path
        Their files.
    axes : str or None
        Axes to use instead of those of the files.
    config : TrainingConfig
        How they are to be trained on.
    start : TrainedModel, optional
        Model to start at.
    resume : TrainedModel, optional
        Model whose training goes on, which needs all of its images.
    check : callable, optional
        As in `read_images`.

    Returns
    -------
    Trainer
        The training of all that can be read; the others are named on standard error.

    Raises
    ------
    Noise2SameError
        As `read_images` and `Trainer` do.
    """
    from napari_noise2same.core.training import Trainer

    usable = read_images(paths, axes, config, check)
    while True:
        images = [image for _, image in usable]
        try:
            return Trainer(images, config, start=start, resume=resume)
        except UnreadableError as error:
            if resume is not None or len(usable) == 1:
                raise
            path, _ = usable.pop(error.image)
            _leave_out(path, str(error))


def read_images(
    paths: Sequence[Path],
    axes: str | None,
    config: TrainingConfig,
    check: Check = lambda _path, _image: None,
) -> list[tuple[Path, Image]]:
    """Read images, past those that cannot be read or not be trained on with the others.

    Parameters
    ----------
    paths : sequence of Path
        Their files.
    axes : str or None
        Axes to use instead of those of the files.
    config : TrainingConfig
        How they are to be trained on.
    check : callable, optional
        Raises for an image, with its file, that is not to be trained on.

    Returns
    -------
    list of (Path, Image)
        The images with their files, all of the most frequent kind, of the first such one if
        several are; the others are named on standard error.

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
            check(path, image)
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
    return [(path, image) for path, image, kind in usable if kind == common]


def _leave_out(path: Path, reason: str) -> None:
    """Say which image is not trained on, and why."""
    note(f"Warning: {path} is left out of the training. {reason}")


def _closed(image: Image) -> Image:
    """Return an image whose file is open only while it is read: how many may be is limited."""
    data = MappedFile.of(image.data) if isinstance(image.data, np.memmap) else None
    return image if data is None else replace(image, data=data)
