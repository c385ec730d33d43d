"""Parts of a layer: what is in view, and the current frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer
from numpy.typing import NDArray

from napari_noise2same._napari.conversion import layer_data, level_factors
from napari_noise2same._napari.transforms import from_world
from napari_noise2same.core.array import CHANNEL_AXES, Region
from napari_noise2same.core.errors import ImageError

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["current_frame", "pixels_between", "visible_region"]

# Pixels by which an edge may miss a border between pixels because numbers are rounded.
_ROUNDING = 1e-6


def visible_region(
    viewer: Viewer,
    layer: Layer,
    axes: str,
    *,
    level: int = 0,
    max_side: int | None = None,
) -> Region:
    """Say which part of an image layer is in view.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    layer : napari.layers.Image
        The layer.
    axes : str
        One letter per dimension of the layer's array.
    level : int
        Level of a multiscale layer in whose pixels the region is given.
    max_side : int, optional
        Largest length along each displayed axis, kept around the middle of what is in view.

    Returns
    -------
    tuple of slice
        One slice per dimension of the layer's array: what the canvas shows of displayed axes, and
        all of them in the 3D view; all channels, and the current position along the others.

    Raises
    ------
    ImageError
        If the layer is no image layer, has no such level, or lies outside of the 2D view.
    """
    shape = layer_data(layer, level).shape
    displayed = _displayed(viewer, layer)
    seen = _canvas_box(viewer, layer, displayed, level)
    position = _position(viewer, layer, level)
    region = []
    for dim, (axis, length) in enumerate(zip(axes, shape, strict=True)):
        if axis in CHANNEL_AXES:
            region.append(slice(0, length))
        elif dim in displayed:
            region.append(_limited(*seen[displayed.index(dim)], length, max_side))
        else:
            region.append(_around(position[dim], length))
    return tuple(region)


def current_frame(viewer: Viewer, layer: Layer, axes: str, *, level: int = 0) -> Region:
    """Say which part of an image layer is the current frame.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    layer : napari.layers.Image
        The layer.
    axes : str
        One letter per dimension of the layer's array.
    level : int
        Level of a multiscale layer in whose pixels the region is given.

    Returns
    -------
    tuple of slice
        The current position along T, and the whole of the other axes.

    Raises
    ------
    ImageError
        If the layer is no image layer or has no such level.
    """
    shape = layer_data(layer, level).shape
    position = _position(viewer, layer, level)
    return tuple(
        _around(position[dim], length) if axis == "T" else slice(0, length)
        for dim, (axis, length) in enumerate(zip(axes, shape, strict=True))
    )


def pixels_between(low: float, high: float, length: int) -> tuple[int, int]:
    """Return the pixels of an axis that lie between two edges, at least in part.

    Parameters
    ----------
    low, high : float
        The edges: 0 is that before the first pixel.
    length : int
        Length of the axis.

    Returns
    -------
    start, stop : int
        The first of the pixels, and that after the last; there is none unless `start` is less.
    """
    return max(math.floor(low + _ROUNDING), 0), min(math.ceil(high - _ROUNDING), length)


def _displayed(viewer: Viewer, layer: Layer) -> list[int]:
    """Return the dimensions of the layer that the canvas shows, in ascending order."""
    missing = viewer.dims.ndim - layer.ndim
    return sorted(dim - missing for dim in viewer.dims.displayed if dim >= missing)


def _position(viewer: Viewer, layer: Layer, level: int) -> NDArray[np.intp]:
    """Return the pixel of a level that the sliders stand on."""
    pixel = from_world(viewer, layer, viewer.dims.point) / level_factors(layer, level)
    result: NDArray[np.intp] = np.rint(pixel).astype(np.intp)
    return result


def _canvas_box(
    viewer: Viewer, layer: Layer, displayed: Sequence[int], level: int
) -> list[tuple[float, float]]:
    """Return the edges, in pixels of a level, of what the canvas shows along displayed axes."""
    if viewer.dims.ndisplay == 3:
        # All of the volume may show. What napari has for corners is the plane of the canvas.
        lengths = layer_data(layer, level).shape
        return [(0, lengths[dim]) for dim in displayed]
    # Not napari's own corners: those of a layer out of view look as before the first draw, and it
    # takes the canvas to be measured in the layer's units.
    corners = _corner_pixels(viewer, layer, displayed)
    edges = np.add(corners, [[0], [1]]) / level_factors(layer, level)
    return [tuple(edges[:, dim]) for dim in displayed]


def _corner_pixels(viewer: Viewer, layer: Layer, displayed: Sequence[int]) -> NDArray[Any]:
    """Return the first and the last of the finest pixels that the canvas shows in the 2D view."""
    camera = viewer.scene.camera
    half = np.divide(viewer.canvas.viewbox_size(viewer.layers), 2 * camera.zoom)
    points = np.tile(viewer.dims.point, (4, 1))
    points[:, viewer.dims.displayed] = camera.center[-2:] + half * list(product((-1, 1), repeat=2))
    pixels = [from_world(viewer, layer, point) for point in points]
    low, high = np.min(pixels, axis=0), np.max(pixels, axis=0)
    last = np.array(layer_data(layer).shape[: layer.ndim]) - 1
    # Whole numbers are the centres of pixels.
    if any(high[dim] <= -0.5 or low[dim] >= last[dim] + 0.5 for dim in displayed):
        raise ImageError(
            f"Expected a part of {layer.name} in view, found none: move it into view, or choose "
            "another region."
        )
    return np.asarray(np.clip((np.floor(low), np.ceil(high)), 0, last))


def _limited(low: float, high: float, length: int, most: int | None) -> slice:
    """Return the pixels between two edges, and no more than so many around their middle."""
    start, stop = pixels_between(low, high, length)
    if most is not None and stop - start > most:
        start += (stop - start - most) // 2
        stop = start + most
    return slice(start, max(start, stop))


def _around(position: int, length: int) -> slice:
    """Return one pixel, moved inside where it would stick out."""
    start = min(max(int(position), 0), length - 1)
    return slice(start, start + 1)
