"""What the thread behind the Batch tab does: it looks for files, reads, denoises and writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same._napari.threads import leave_a_core
from napari_noise2same.core.array import DAMAGE_SEEN_LATE
from napari_noise2same.core.batch import (
    BatchDenoiser,
    FileDone,
    FileStarted,
    ImageOpened,
    Job,
    default_output,
    find_images,
    is_finished,
    plan_jobs,
    shade,
    thumbnail,
)
from napari_noise2same.core.io import Image, read_image
from napari_noise2same.core.settings import BatchConfig, DenoiseConfig
from napari_noise2same.widgets import THUMBNAIL_SIDE

if TYPE_CHECKING:
    from napari_noise2same.core import TrainedModel

__all__ = ["FilesFound", "PictureReady", "denoise_files", "find_files"]

Stop = Callable[[], bool]


@dataclass(frozen=True)
class FilesFound:
    """The files that are meant.

    Attributes
    ----------
    jobs : tuple of Job
        The files and their results.
    done : tuple of bool
        Whether each has a result already.
    output : str
        Folder for the results.
    """

    jobs: tuple[Job, ...]
    done: tuple[bool, ...]
    output: str


@dataclass(frozen=True)
class PictureReady:
    """A small picture of a file.

    Attributes
    ----------
    index : int
        Its place among the files.
    pixels : ndarray of uint8, shape (Y, X) or (Y, X, 3)
        The picture.
    after : bool
        Whether it shows the result.
    """

    index: int
    pixels: NDArray[np.uint8]
    after: bool


def find_files(config: BatchConfig, denoising: DenoiseConfig, stop: Stop) -> Iterator[Any]:
    """Look for the files, and for results that are there.

    Parameters
    ----------
    config : BatchConfig
        Which files, and where their results go.
    denoising : DenoiseConfig
        How they are to be denoised.
    stop : callable
        Asked before every file; when it returns True nothing is yielded.

    Yields
    ------
    FilesFound
        The files.

    Raises
    ------
    FileError
        If there are none, or their results cannot be kept apart.
    """
    output = config.output or str(default_output(config.inputs) or "")
    sources = find_images(config.inputs, leave_out=output or None, stop=stop)
    jobs = plan_jobs(sources, output, format=config.format, dtype=denoising.dtype)
    done = tuple(is_finished(job.target) for job in jobs)
    if not stop():
        yield FilesFound(jobs, done, output)


def denoise_files(
    config: BatchConfig,
    denoising: DenoiseConfig,
    model: TrainedModel,
    *,
    overwrite: bool,
    stop: Stop,
) -> Iterator[Any]:
    """Look for the files again, and denoise them.

    Parameters
    ----------
    config : BatchConfig
        Which files, and where their results go.
    denoising : DenoiseConfig
        How.
    model : TrainedModel
        The model.
    overwrite : bool
        Whether to make results anew that are there already.
    stop : callable
        Asked before every tile and every layer of the network.

    Yields
    ------
    FilesFound, PictureReady or BatchEvent
        The files, then what `BatchDenoiser` yields, with pictures, but without whole images.
    """
    leave_a_core()
    for found in find_files(config, denoising, stop):
        yield found
        batch = BatchDenoiser(found.jobs, model, denoising, overwrite=overwrite)
        yield from _with_pictures(batch.events(stop))


def _with_pictures(events: Iterator[Any]) -> Iterator[Any]:
    """Replace the images in the events by small pictures: the queue must not hold them."""
    from napari_noise2same.core.denoising import DenoiseFinished, DenoiseStarted

    index, before = 0, None
    for event in events:
        match event:
            case ImageOpened():
                before = _small(event.image)
                if before is not None:
                    yield PictureReady(index, shade(before, before), after=False)
            case FileDone():
                yield event
                after = _small(event.job.target)
                if after is not None and before is not None:
                    yield PictureReady(index, shade(after, before), after=True)
            case DenoiseStarted():
                yield replace(event, image=None)
            case DenoiseFinished():
                pass
            case FileStarted():
                index = event.index
                yield event
            case _:
                yield event


def _small(image: Image | Path) -> NDArray[np.float32] | None:
    """Return a small picture, or None where the pixels cannot be read: denoising says why."""
    try:
        opened = image if isinstance(image, Image) else read_image(image)
        return thumbnail(opened.data, opened.axes, side=THUMBNAIL_SIDE)
    except (*DAMAGE_SEEN_LATE, MemoryError):
        return None
