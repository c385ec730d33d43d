"""What a job depends on: only the same job may go on with what an earlier one has left."""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import ArrayLike, Transposed, Window
from napari_noise2same.core.denoising import averages
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.streaming.plan import CellPlan
from napari_noise2same.core.streaming.sources import file_of

__all__ = ["describe_job"]

# Values that are looked at along each axis of an array in memory.
_LOOKS = 64
_METADATA = ("zarr.json", ".zarray")


def describe_job(
    image: Image,
    model: TrainedModel,
    domains: Sequence[Domain],
    config: DenoiseConfig,
    plan: CellPlan,
) -> dict[str, Any]:
    """Describe a job by all that its result depends on.

    Parameters
    ----------
    image : Image
        The noisy image; at most a few thousand values are read.
    model : TrainedModel
        The model.
    domains : sequence of Domain
        The domain of each channel.
    config : DenoiseConfig
        How to denoise.
    plan : CellPlan
        The cells.

    Returns
    -------
    dict
        Data for JSON.
    """
    description = {
        "weights": _checksum(model),
        "network": model.network.model_dump(mode="json"),
        "start": model.start,
        "domains": [domain.to_dict() for domain in domains],
        "config": config.model_dump(mode="json") | {"averaging": averages(model, config)},
        "image": {
            "shape": image.data.shape,
            "dtype": str(np.dtype(image.data.dtype)),
            "axes": image.axes,
            "source": _fingerprint(image.data),
        },
        "cells": {"shape": plan.cell, "chunks": plan.result_chunks, "number": len(plan)},
    }
    # As JSON gives it back, so that the two can be compared.
    found: dict[str, Any] = json.loads(json.dumps(description))
    return found


def _checksum(model: TrainedModel) -> str:
    """Return the checksum of all weights."""
    digest = hashlib.sha256()
    for name, weight in sorted(model.weights.items()):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _fingerprint(array: ArrayLike) -> list[Any]:
    """Tell an array from others by its file, its name in dask, or a few of its values."""
    if isinstance(array, Window):
        region = [[part.start, part.stop] for part in array.region]
        return [*_fingerprint(array.source), region]
    if isinstance(array, Transposed):
        return [*_fingerprint(array.source), array.order]
    if isinstance(array, np.ndarray) and not _is_whole_file(array):
        steps = tuple(slice(None, None, max(n // _LOOKS, 1)) for n in array.shape)
        return [hashlib.sha256(np.ascontiguousarray(array[steps]).tobytes()).hexdigest()]
    name = str(getattr(array, "name", getattr(array, "offset", "")))
    if path := file_of(array):
        return [str(path), name, [_age(path / part) for part in ("", *_METADATA)]]
    # Zarr arrays in other stores, HDF5 datasets: their names are those inside the store.
    store = getattr(array, "store", None) or getattr(getattr(array, "file", None), "filename", "")
    return [str(store), name or type(array).__name__]


def _is_whole_file(array: NDArray[Any]) -> bool:
    """Return whether an array is a memory map, no part of one: that does not know which it is."""
    return isinstance(array, np.memmap) and isinstance(array.base, mmap.mmap)


def _age(path: Path) -> int | None:
    """Return when a file was changed, in nanoseconds."""
    return path.stat().st_mtime_ns if path.is_file() else None
