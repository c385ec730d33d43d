"""What the thread behind the Layers tab does: it denoises, into memory or into folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_noise2same._napari.denoise_jobs import LayerJob
from napari_noise2same._napari.lazy import lazy_levels, renew
from napari_noise2same._napari.result_folders import ENDING
from napari_noise2same._napari.threads import leave_a_core
from napari_noise2same.core.array import ArrayLike
from napari_noise2same.core.batch import create_folder, is_finished
from napari_noise2same.core.errors import TakenError

if TYPE_CHECKING:
    from napari_noise2same.core import StreamDenoiser, TrainedModel

__all__ = ["FolderChosen", "denoise_layers"]


@dataclass(frozen=True)
class FolderChosen:
    """The next result goes to a folder.

    Attributes
    ----------
    path : Path
        The folder.
    """

    path: Path


def denoise_layers(
    jobs: Sequence[LayerJob], model: TrainedModel, scheduler: str, stop: Callable[[], bool]
) -> Iterator[Any]:
    """Denoise layers one after the other.

    A result in a folder that an earlier run has left unfinished is gone on with. Nothing is
    replaced: the folder gets a number where another result has its name.

    Parameters
    ----------
    jobs : sequence of LayerJob
        What to denoise.
    model : TrainedModel
        The model.
    scheduler : str
        Who makes results in folders, as in `ResultConfig`; if empty, they go into memory.
    stop : callable
        Asked before every tile and every layer of the network.

    Yields
    ------
    FolderChosen, DenoiseStarted, TileDone or DenoiseFinished
        For each job the folder, if it goes to one, and then what `Denoiser` yields. All sizes of a
        result in a folder are those of `lazy_levels`, which show what there is by each event.

    Raises
    ------
    Noise2SameError
        If a layer cannot be denoised, or the result not be written.
    """
    from napari_noise2same.core import Denoiser

    leave_a_core()
    for job in jobs:
        if stop():
            return
        if scheduler:
            create_folder(job.path.parent)
            streaming = _first_free(job, model, scheduler)
            yield FolderChosen(streaming.path)
            yield from _with_lazy_levels(streaming.events(stop))
        else:
            yield from Denoiser(job.image, model, job.config).events(stop)


def _with_lazy_levels(events: Iterator[Any]) -> Iterator[Any]:
    """Read here, not in the GUI thread, what napari wants to keep of a result in a folder."""
    from napari_noise2same.core import DenoiseStarted

    for event in events:
        if isinstance(event, DenoiseStarted):
            sources: Sequence[ArrayLike] = event.image
            levels = lazy_levels(sources)
            yield replace(event, image=levels)
        else:
            renew(levels, sources)
            yield event


def _first_free(job: LayerJob, model: TrainedModel, scheduler: str) -> StreamDenoiser:
    """Take the first name that no other result has."""
    from napari_noise2same.core import StreamDenoiser
    from napari_noise2same.core.model import card_lines, model_card

    card = card_lines(model_card(model, job.config))
    names = _names(job.path)
    while True:
        path = next(names)
        if is_finished(path):
            continue
        try:
            return StreamDenoiser(
                job.image, model, path, job.config, scheduler=scheduler, description=card
            )
        except TakenError:
            # For instance by an unfinished result of another job.
            continue


def _names(path: Path) -> Iterator[Path]:
    """Return a name, and then the same with numbers."""
    stem = path.name.removesuffix(ENDING)
    yield path
    yield from (path.with_name(f"{stem} {number}{ENDING}") for number in count(2))
