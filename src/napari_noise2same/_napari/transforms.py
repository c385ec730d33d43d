"""Where points lie on a layer: those of the viewer, and those of another layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Affine", "between", "from_world", "unit_ratios"]

# Pixels between the points that a transform is measured at: the more, the less rounding matters.
_STEP = 1024.0


@dataclass(frozen=True, eq=False)
class Affine:
    """An affine transform of points, whole numbers in the centres of pixels; holds no layer.

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


def between(source: Layer, target: Layer) -> Affine:
    """Say where a layer's pixels lie on another layer.

    Parameters
    ----------
    source : napari.layers.Layer
        The layer; with fewer dimensions than the other it lies along the last ones of them.
    target : napari.layers.Layer
        The other layer.

    Returns
    -------
    Affine
        From pixels of the one to those of the other, those of the finest level if there are more.
    """
    points = (np.zeros(source.ndim), *np.eye(source.ndim) * _STEP)
    origin, *ends = (_through(source, target, point) for point in points)
    return Affine((np.stack(ends) - origin).T / _STEP, origin)


def from_world(viewer: Viewer, layer: Layer, point: Sequence[float] | NDArray[Any]) -> NDArray[Any]:
    """Say where a point of a viewer lies on one of its layers.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    layer : napari.layers.Layer
        The layer.
    point : sequence of float
        The point in world coordinates and the viewer's units, as its sliders and its mouse events
        have it. A layer of fewer dimensions lies along the last ones.

    Returns
    -------
    ndarray, shape (dimensions of the layer,)
        The point in the layer's finest pixels, whole numbers in their centres.
    """
    own = np.asarray(point)[-layer.ndim :] * unit_ratios(viewer.dims.units, layer)
    return np.asarray(layer.world_to_data(own))


def unit_ratios(units: Sequence[Any] | None, layer: Layer) -> NDArray[np.float64]:
    """Say how many of a layer's units other units are.

    Parameters
    ----------
    units : sequence of pint.Unit, optional
        The other units, those of a viewer or of another layer. The last ones belong together.
    layer : napari.layers.Layer
        The layer.

    Returns
    -------
    ndarray of float64, shape (dimensions of the layer,)
        One ratio along each axis. As in napari all are 1 if there are no other units, or if any of
        them measures something else than the layer's.
    """
    ratios = np.ones(layer.ndim)
    pairs = list(zip(reversed(units or ()), reversed(layer.units), strict=False))
    if all(other.dimensionality == own.dimensionality for other, own in pairs):
        for dim, (other, own) in enumerate(pairs, 1):
            ratios[-dim] = _in_base_units(other) / _in_base_units(own)
    return ratios


def _in_base_units(unit: Any) -> float:
    """Return how large a unit is; two of different registries can be compared only so."""
    return float((1 * unit).to_base_units().magnitude)


def _through(source: Layer, target: Layer, point: NDArray[Any]) -> NDArray[Any]:
    """Take a point of one layer to another by way of the world."""
    world = source.data_to_world(point)
    missing = max(target.ndim - source.ndim, 0)
    own = np.pad(world, (missing, 0))[-target.ndim :] * unit_ratios(source.units, target)
    return np.asarray(target.world_to_data(own))
