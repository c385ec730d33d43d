"""Many files, one after the other, past those that are damaged."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_noise2same.core.array import DAMAGE_SEEN_LATE, reason_of
from napari_noise2same.core.batch.events import (
    BatchEvent,
    FileDone,
    FileFailed,
    FileSkipped,
    FileStarted,
    ImageOpened,
)
from napari_noise2same.core.batch.jobs import Job, create_folders
from napari_noise2same.core.batch.targets import check_target, is_finished, is_streamed
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.io import Image, read_image, write_image
from napari_noise2same.core.settings import DenoiseConfig

if TYPE_CHECKING:
    from napari_noise2same.core.model import TrainedModel

__all__ = ["BatchDenoiser"]

# Beside the errors that we raise: those of pixels that are read late, and of an image that memory
# does not hold.
_FAILURES = (Noise2SameError, *DAMAGE_SEEN_LATE, MemoryError)


class BatchDenoiser:
    """Denoises files with one model: `events` runs it.

    Parameters
    ----------
    jobs : sequence of Job
        The files, as `plan_jobs` returns them.
    model : TrainedModel
        The model for all of them.
    config : DenoiseConfig, optional
        How.
    axes : str, optional
        Axes of the images, if those of the files are wrong.
    overwrite : bool
        Whether to make results anew that are there already, and to replace what else is there.
    scheduler : str
        Who makes results in Zarr folders, as `denoise_to_zarr` takes it.

    Attributes
    ----------
    jobs : tuple of Job
        The files.

    Raises
    ------
    ConfigurationError
        If the model is none.
    DeviceError
        If the device is missing.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        model: TrainedModel,
        config: DenoiseConfig | None = None,
        *,
        axes: str | None = None,
        overwrite: bool = False,
        scheduler: str = "threads",
    ) -> None:
        from napari_noise2same.core.device import resolve_device
        from napari_noise2same.core.model import card_lines, check_model, model_card

        check_model(model)
        self.jobs = tuple(jobs)
        self._model = model
        self._config = config or DenoiseConfig()
        self._axes = axes
        self._description = card_lines(model_card(model, self._config))
        self._overwrite = overwrite
        self._scheduler = scheduler
        # No reason to let each file fail.
        resolve_device(self._config.device)

    def events(self, stop: Callable[[], bool] = lambda: False) -> Iterator[BatchEvent]:
        """Denoise file by file.

        Parameters
        ----------
        stop : callable
            Asked before every tile and every layer of the network; when it returns True the file
            under way leaves no result, or an unfinished Zarr folder that is gone on with the next
            time.

        Yields
        ------
        BatchEvent
            `FileSkipped` for a file that was done before. For each other one `FileStarted`,
            `ImageOpened`, what `Denoiser` or `StreamDenoiser` yields, and `FileDone` or
            `FileFailed`.

        Raises
        ------
        FileError
            If the folders for the results cannot be created.
        """
        create_folders(self.jobs)
        for index, job in enumerate(self.jobs):
            if stop():
                return
            if not self._overwrite and is_finished(job.target):
                yield FileSkipped(index, job)
                continue
            yield FileStarted(index, job)
            end = yield from self._denoise(index, job, stop)
            if end is None:
                return
            yield end

    def _denoise(
        self, index: int, job: Job, stop: Callable[[], bool]
    ) -> Generator[BatchEvent, None, FileDone | FileFailed | None]:
        """Denoise one file; return how it ended, None if it was stopped."""
        from napari_noise2same.core.denoising import DenoiseFinished

        event: BatchEvent | None = None
        try:
            for event in self._tiles(job, stop):
                yield event
        except _FAILURES as error:
            return FileFailed(index, job, _reason(error, job))
        return FileDone(index, job) if isinstance(event, DenoiseFinished) else None

    def _tiles(self, job: Job, stop: Callable[[], bool]) -> Iterator[BatchEvent]:
        """Denoise one file into another, which is written whole or not at all, or into a folder.

        A Zarr folder fills cell by cell, whatever the size of the image: it is not finished until
        the end, and the next run goes on with it.
        """
        image = read_image(job.source, axes=self._axes)
        check_target(job.target, image, self._config, overwrite=self._overwrite)
        yield ImageOpened(image)
        if not is_streamed(job.target):
            yield from self._in_memory(image, job.target, stop)
            return
        # Here, because whoever looks for files needs no torch.
        from napari_noise2same.core.streaming import StreamDenoiser

        stream = StreamDenoiser(
            image,
            self._model,
            job.target,
            self._config,
            scheduler=self._scheduler,
            overwrite=self._overwrite,
            description=self._description,
        )
        yield from stream.events(stop)

    def _in_memory(
        self, image: Image, target: Path, stop: Callable[[], bool]
    ) -> Iterator[BatchEvent]:
        """Denoise an image, and write the result."""
        from napari_noise2same.core.denoising import DenoiseFinished, Denoiser

        for event in Denoiser(image, self._model, self._config).events(stop):
            if isinstance(event, DenoiseFinished):
                write_image(target, event.image, image, description=self._description)
            yield event


def _reason(error: Exception, job: Job) -> str:
    """Say in one sentence why a file failed."""
    if isinstance(error, Noise2SameError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{job.name} needs more memory than there is: let its result be a .zarr folder."
    return (
        f"Expected an image that can be read and denoised, found {job.name} failing "
        f"({reason_of(error)})."
    )
