"""One file denoised into one file: the place where it is decided how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from napari_noise2same.core.batch.events import FileEvent, ImageOpened
from napari_noise2same.core.io import read_image, write_image
from napari_noise2same.core.settings import DenoiseConfig

if TYPE_CHECKING:
    from napari_noise2same.core.model import TrainedModel

__all__ = ["denoise_file", "is_finished"]


def denoise_file(
    source: Path,
    target: Path,
    model: TrainedModel,
    config: DenoiseConfig,
    *,
    axes: str | None = None,
    description: Mapping[str, str] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[FileEvent]:
    """Denoise one file into another, which is written whole or not at all.

    Parameters
    ----------
    source, target : Path
        The image and its result, which is replaced if it is there.
    model : TrainedModel
        The model.
    config : DenoiseConfig
        How.
    axes : str, optional
        Axes of the image, if those of the file are wrong.
    description : mapping of str to str, optional
        How the result was made, for its metadata.
    stop : callable
        Asked before every tile; when it returns True there is no result.

    Yields
    ------
    FileEvent
        `ImageOpened`, then what `Denoiser` yields: `DenoiseFinished` when the result is written.

    Raises
    ------
    Noise2SameError
        If the image cannot be read or denoised, or the result not be written.
    """
    # Here, because whoever looks for files needs no torch.
    from napari_noise2same.core.denoising import DenoiseFinished, Denoiser

    image = read_image(source, axes=axes)
    yield ImageOpened(image)
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
        Whether it is there: results are written whole or not at all.
    """
    return target.exists()
