"""What denoising tells whoever watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

from napari_noise2same.core.array import Region

__all__ = ["DenoiseEvent", "DenoiseFinished", "DenoiseStarted", "TileDone"]

Result = TypeVar("Result")


@dataclass(frozen=True)
class DenoiseStarted(Generic[Result]):
    """Denoising begins.

    Attributes
    ----------
    image : ndarray, or list of arrays
        The result, zero until it fills tile by tile; all its sizes, finest first, where it goes
        to a Zarr folder.
    tile : tuple of int
        Shape of a tile, in pixels.
    total : int
        Number of tiles.
    device : str
        Where it is done.
    done : int
        Number of tiles that an earlier run has left done.
    """

    image: Result
    tile: tuple[int, ...]
    total: int
    device: str
    done: int = 0


@dataclass(frozen=True)
class TileDone:
    """One tile is in the result.

    Attributes
    ----------
    done, total : int
        Tiles done so far, and in all.
    sample : int
        Which sample of the image the tile belongs to.
    region : tuple of slice
        Where in the sample, one slice per spatial axis.
    seconds, remaining : float
        Time spent so far, and estimated time to go, in seconds.
    """

    done: int
    total: int
    sample: int
    region: Region
    seconds: float
    remaining: float


@dataclass(frozen=True)
class DenoiseFinished(Generic[Result]):
    """All tiles are in the result.

    Attributes
    ----------
    image : ndarray, or list of arrays
        The denoised image, of the shape and axes order of the noisy one; all its sizes, finest
        first, where it went to a Zarr folder.
    seconds : float
        Time spent.
    tile : tuple of int
        Shape of the tiles that were used, smaller than asked for if memory was short.
    device : str
        Where it was done.
    """

    image: Result
    seconds: float
    tile: tuple[int, ...]
    device: str


DenoiseEvent = DenoiseStarted[NDArray[Any]] | TileDone | DenoiseFinished[NDArray[Any]]
