"""One file denoised into one file: the place where it is decided how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from napari_noise2same.core.batch.events import FileEvent, ImageOpened
from napari_noise2same.core.errors import TakenError
from napari_noise2same.core.io import (
    Image,
    check_format,
    is_result,
    is_unfinished,
    read_image,
    write_image,
)
from napari_noise2same.core.settings import DenoiseConfig

if TYPE_CHECKING:
    from napari_noise2same.core.model import TrainedModel

__all__ = ["check_target", "denoise_file", "is_finished", "is_streamed"]

_UNSIGNED = (".npy", ".png")


def denoise_file(
    source: Path,
    target: Path,
    model: TrainedModel,
    config: DenoiseConfig,
    *,
    axes: str | None,
    description: Mapping[str, str],
    overwrite: bool,
    scheduler: str,
    stop: Callable[[], bool],
) -> Iterator[FileEvent]:
    """Denoise one file into another, which is written whole or not at all, or into a Zarr folder.

    A Zarr folder fills cell by cell, whatever the size of the image: it is not finished until the
    end, and the same call goes on with it.

    Parameters
    ----------
    source, target : Path
        The image and its result.
    model : TrainedModel
        The model.
    config : DenoiseConfig
        How.
    axes : str or None
        Axes of the image, if those of the file are wrong.
    description : mapping of str to str
        How the result was made, for its metadata.
    overwrite : bool
        Whether something else may be replaced that is there: a file, a finished Zarr folder, or an
        unfinished one of another job.
    scheduler : str
        Who makes a result in a Zarr folder, as `denoise_to_zarr` takes it.
    stop : callable
        Asked before every tile and every layer of the network; when it returns True there is no
        result, or an unfinished one.

    Yields
    ------
    FileEvent
        `ImageOpened`, then what `Denoiser` or `StreamDenoiser` yields: `DenoiseFinished` when the
        result is written.

    Raises
    ------
    Noise2SameError
        If the image cannot be read or denoised, or the result not be written.
    """
    image = read_image(source, axes=axes)
    check_target(target, image, config, overwrite=overwrite)
    yield ImageOpened(image)
    if not is_streamed(target):
        yield from _denoise_whole(image, target, model, config, description, stop)
        return
    # Here, because whoever looks for files needs no torch.
    from napari_noise2same.core.streaming import StreamDenoiser

    job = StreamDenoiser(
        image,
        model,
        target,
        config,
        scheduler=scheduler,
        overwrite=overwrite,
        description=description,
    )
    yield from job.events(stop)


def check_target(target: Path, image: Image, config: DenoiseConfig, *, overwrite: bool) -> None:
    """Refuse, before any work is done, a name that is taken or a format that holds no such result.

    Parameters
    ----------
    target : Path
        The result.
    image : Image
        The image.
    config : DenoiseConfig
        How it is to be denoised.
    overwrite : bool
        Whether what is there may be replaced.

    Raises
    ------
    FileError
        If something else is there, or the format does not hold the result.
    MissingDependencyError
        If the format needs a package that is not installed.
    """
    if target.exists() and not overwrite and not is_unfinished(target):
        raise TakenError(
            f"Expected no file or a result of denoising, found something else at {target}: move "
            "it away, or ask to overwrite it."
        )
    check_format(target, config.result_dtype(image.data.dtype), image.axes)


def _denoise_whole(
    image: Image,
    target: Path,
    model: TrainedModel,
    config: DenoiseConfig,
    description: Mapping[str, str],
    stop: Callable[[], bool],
) -> Iterator[FileEvent]:
    """Denoise in memory, and write the result."""
    from napari_noise2same.core.denoising import DenoiseFinished, Denoiser

    for event in Denoiser(image, model, config).events(stop):
        if isinstance(event, DenoiseFinished):
            write_image(target, event.image, image, description=description)
        yield event


def is_finished(target: Path) -> bool:
    """Tell whether a result is there, so that nothing is left to do.

    Parameters
    ----------
    target : Path
        The result.

    Returns
    -------
    bool
        Whether it is there: files are written whole or not at all, and a Zarr folder says that
        something is missing. Any file counts that is not empty where its format has no place to
        say who has made it.
    """
    if target.suffix.lower() in _UNSIGNED:
        return target.is_file() and target.stat().st_size > 0
    return is_result(target) and not is_unfinished(target)


def is_streamed(target: Path) -> bool:
    """Tell whether a result fills cell by cell and may be larger than memory.

    Parameters
    ----------
    target : Path
        The result.

    Returns
    -------
    bool
        Whether it is a Zarr folder.
    """
    return target.suffix.lower() == ".zarr"
