"""What denoising many files tells whoever watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, Union

from napari_noise2same.core.batch.jobs import Job
from napari_noise2same.core.io import Image

if TYPE_CHECKING:
    from napari_noise2same.core.denoising import DenoiseEvent
    from napari_noise2same.core.streaming import StreamEvent

__all__ = [
    "BatchEvent",
    "FileDone",
    "FileFailed",
    "FileSkipped",
    "FileStarted",
    "ImageOpened",
]


@dataclass(frozen=True)
class _OfJob:
    """What one job has come to.

    Attributes
    ----------
    index : int
        Its place among the jobs.
    job : Job
        What is, or was, to be done.
    """

    index: int
    job: Job


@dataclass(frozen=True)
class FileStarted(_OfJob):
    """A file is about to be read; `index` and `job` are as in all events of a job."""


@dataclass(frozen=True)
class FileSkipped(_OfJob):
    """The result of a file is there already; `index` and `job` are as in all events of a job."""


@dataclass(frozen=True)
class FileFailed(_OfJob):
    """A file cannot be denoised; it leaves no result, and the next one follows.

    Attributes
    ----------
    reason : str
        Why not, in one sentence.
    """

    reason: str


@dataclass(frozen=True)
class FileDone(_OfJob):
    """The result of a file is written; `index` and `job` are as in all events of a job."""


@dataclass(frozen=True)
class ImageOpened:
    """The file under way is open.

    Attributes
    ----------
    image : Image
        The noisy image.
    """

    image: Image


BatchEvent: TypeAlias = Union[
    FileStarted, FileSkipped, FileFailed, FileDone, ImageOpened, "DenoiseEvent", "StreamEvent"
]
