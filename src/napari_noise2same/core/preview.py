"""Training that shows the image improving: previews between steps, at a bounded cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.denoising import denoise
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.training import StepDone, Trainer, TrainingEvent

__all__ = ["PreviewReady", "train_with_preview"]

# Share of the time that previews may take.
_SHARE = 0.05


@dataclass(frozen=True)
class PreviewReady:
    """The current model's result on the image asked for.

    Attributes
    ----------
    step : int
        Steps done so far.
    source : Image
        What was asked for.
    image : ndarray
        The denoised image, of the same shape and axes order.
    """

    step: int
    source: Image
    image: NDArray[Any]


def train_with_preview(
    trainer: Trainer,
    request: Callable[[], Image | None],
    *,
    dtype: Literal["float32", "keep"] = "float32",
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[TrainingEvent | PreviewReady]:
    """Train, and denoise what is asked for now and then.

    Previews are spaced so that they take at most one twentieth of the time.

    Parameters
    ----------
    trainer : Trainer
        The training run.
    request : callable
        Returns the image to preview, a piece of the noisy one, or None for no preview. Asked
        between steps, in the thread that trains.
    dtype : {"float32", "keep"}
        Type of previews, as in `DenoiseConfig`.
    stop : callable
        Asked before every step.
    clock : callable
        Returns the time in seconds, from any beginning.

    Yields
    ------
    TrainingEvent or PreviewReady
        What the trainer yields, with previews between.

    Raises
    ------
    Noise2SameError
        As `train` does; a preview that fails is left out.
    """
    due = 0.0
    for event in trainer.events(stop):
        yield event
        if not isinstance(event, StepDone) or clock() < due:
            continue
        source = request()
        if source is None:
            continue
        begun = clock()
        image = _preview(trainer, source, dtype)
        now = clock()
        due = now + (now - begun) * (1 / _SHARE - 1)
        if image is not None:
            yield PreviewReady(event.step, source, image)


def _preview(
    trainer: Trainer, source: Image, dtype: Literal["float32", "keep"]
) -> NDArray[Any] | None:
    """Denoise with the weights of this moment; None if that fails, which must not end training."""
    # Once, whatever the model will do: training waits for it.
    config = DenoiseConfig(averaging=False, dtype=dtype, device=str(trainer.device))
    try:
        piece = _read(source)
        return None if piece is None else denoise(piece, trainer.snapshot(), config)
    except Noise2SameError:
        return None


def _read(source: Image) -> Image | None:
    """Read all of an image; None if that fails, or brings something of another shape."""
    # Nothing else here calls the array, which is somebody else's: a file that is gone, a graph of
    # dask or a plugin's reader raises what it likes.
    try:
        values = np.asarray(source.data[...])
    except Exception:
        return None
    return replace(source, data=values) if values.shape == source.data.shape else None
