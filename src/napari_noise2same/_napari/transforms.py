"""How the pixels of one layer lie on another, as numbers that outlive both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Layer
from numpy.typing import NDArray

from napari_noise2same._napari.conversion import level_factors

__all__ = ["Affine", "from_level", "onto_level"]

# Pixels between the points that a transform is measured at: the more, the less rounding matters.
_STEP = 1024.0


@dataclass(frozen=True, eq=False)
class Affine:
    """An affine transform of points, whole numbers in the centres of pixels.

    Attributes
    ----------
    matrix : ndarray, shape (n, m)
        What becomes of a step along each of m axes.
    origin : ndarray, shape (n,)
        What becomes of the first pixel.
    """

    matrix: NDArray[Any]
    origin: NDArray[Any]

    def __call__(self, points: NDArray[Any]) -> NDArray[Any]:
        """Return points, shape (…, m), after the transform, shape (…, n)."""
        return np.asarray(points @ self.matrix.T + self.origin)


def onto_level(source: Layer, target: Layer, level: int) -> Affine:
    """Say where a layer's pixels lie on a level of another.

    Parameters
    ----------
    source : napari.layers.Layer
        The layer; with fewer dimensions than the other it lies along the last ones of them.
    target : napari.layers.Image
        The other layer.
    level : int
        Its level.

    Returns
    -------
    Affine
        From pixels of the one to those of the other.
    """
    factors = level_factors(target, level)
    return _measured(
        lambda point: (_through(source, target, point) + 0.5) / factors - 0.5, source.ndim
    )


def from_level(source: Layer, level: int, target: Layer) -> Affine:
    """Say where the pixels of a layer's level lie on another layer.

    Parameters
    ----------
    source : napari.layers.Image
        The layer; with fewer dimensions than the other it lies along the last ones of them.
    level : int
        Its level.
    target : napari.layers.Layer
        The other layer.

    Returns
    -------
    Affine
        From pixels of the one to those of the other.
    """
    factors = level_factors(source, level)
    return _measured(
        lambda point: _through(source, target, (point + 0.5) * factors - 0.5), source.ndim
    )


def _measured(transform: Callable[[NDArray[Any]], NDArray[Any]], ndim: int) -> Affine:
    """Return an affine transform that is known by what it does."""
    origin, *ends = map(transform, (np.zeros(ndim), *np.eye(ndim) * _STEP))
    return Affine((np.stack(ends) - origin).T / _STEP, origin)


def _through(source: Layer, target: Layer, point: NDArray[Any]) -> NDArray[Any]:
    """Take a point of one layer to another by way of the world."""
    world = source.data_to_world(point)
    missing = max(target.ndim - source.ndim, 0)
    return np.asarray(target.world_to_data(np.pad(world, (missing, 0))[-target.ndim :]))
