"""An image at several sizes, each half as wide and high as the one before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import Region, convert

__all__ = ["Pyramid", "level_shapes", "pyramid_bytes", "reductions"]

# The coarsest level fits into a window.
_COARSEST = 512
# Blocks in which whole levels are filled: few enough pixels to be held as floats.
_BLOCK = {"Z": 16, "Y": 2048, "X": 2048}


def reductions(shape: Sequence[int], axes: str) -> tuple[int, ...]:
    """Say by what each axis shrinks from one level to the next.

    Parameters
    ----------
    shape : sequence of int
        Shape of the finest level.
    axes : str
        Its axes.

    Returns
    -------
    tuple of int
        2 for Y and X, 1 for others and for those of one pixel.
    """
    return tuple(2 if a in "YX" and n > 1 else 1 for n, a in zip(shape, axes, strict=True))


def level_shapes(shape: Sequence[int], axes: str) -> list[tuple[int, ...]]:
    """Halve Y and X until they fit into a window.

    Parameters
    ----------
    shape : sequence of int
        Shape of the finest level.
    axes : str
        Its axes.

    Returns
    -------
    list of tuple of int
        Shapes of all levels, finest first.
    """
    shapes, steps = [tuple(shape)], reductions(shape, axes)
    while max(shapes[-1][axes.index(axis)] for axis in "YX") > _COARSEST:
        shapes.append(tuple(-(-n // step) for n, step in zip(shapes[-1], steps, strict=True)))
    return shapes


def pyramid_bytes(shape: Sequence[int], axes: str, dtype: np.dtype[Any]) -> int:
    """Say how large an image is with all its levels, as long as it is not compressed.

    Parameters
    ----------
    shape : sequence of int
        Shape of the finest level.
    axes : str
        Its axes.
    dtype : dtype
        Type of its pixels.

    Returns
    -------
    int
        Bytes.
    """
    return dtype.itemsize * sum(map(math.prod, level_shapes(shape, axes)))


@dataclass(frozen=True)
class Pyramid:
    """The arrays of an image at several sizes.

    Attributes
    ----------
    levels : tuple of array
        Arrays that take slice assignment, finest first.
    axes : str
        Their axes.
    """

    levels: tuple[Any, ...]
    axes: str

    def update(self, region: Region) -> None:
        """Renew the coarser levels where the finest has changed.

        Parameters
        ----------
        region : tuple of slice
            Where, one slice for each axis of the finest level.
        """
        steps = reductions(self.levels[0].shape, self.axes)
        for finer, coarser in pairwise(self.levels):
            region = tuple(
                slice(part.start // step, -(-part.stop // step))
                for part, step in zip(region, steps, strict=True)
            )
            source = tuple(
                slice(part.start * step, min(part.stop * step, n))
                for part, step, n in zip(region, steps, finer.shape, strict=True)
            )
            coarser[region] = _mean(np.asarray(finer[source]), steps)

    def fill(self, data: NDArray[Any]) -> None:
        """Fill all levels.

        Parameters
        ----------
        data : ndarray
            The finest level.
        """
        parts = [
            [slice(i, min(i + size, n)) for i in range(0, n, size)]
            for n, size in zip(data.shape, (_BLOCK.get(a, 1) for a in self.axes), strict=True)
        ]
        for region in product(*parts):
            self.levels[0][region] = data[region]
            self.update(region)


def _mean(values: NDArray[Any], steps: Sequence[int]) -> NDArray[Any]:
    """Average blocks, of which the last may be incomplete; integers are rounded."""
    missing = [(0, -n % step) for n, step in zip(values.shape, steps, strict=True)]
    padded = np.pad(values, missing, mode="edge")
    places = product(*(range(step) for step in steps))
    strided = [
        padded[tuple(slice(i, None, s) for i, s in zip(p, steps, strict=True))] for p in places
    ]
    total = np.zeros(strided[0].shape, np.result_type(values.dtype, np.float32))
    # Infinities of both signs have no mean.
    with np.errstate(invalid="ignore", over="ignore"):
        for part in strided:
            total += part
        total /= len(strided)
    return convert(total, values.dtype)
