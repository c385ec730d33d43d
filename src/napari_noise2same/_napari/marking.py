"""What a Shapes or a Labels layer marks, in the pixels of an image layer.

A marking is made in the GUI thread, which costs next to nothing, and holds no layer. Whoever asks
it for outlines and masks, in any thread, draws the shapes and reads the labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Protocol

import numpy as np
from napari.layers import Labels, Layer, Shapes
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, find_objects, label
from skimage.measure import grid_points_in_poly

from napari_noise2same._napari.transforms import between
from napari_noise2same.core.array import ArrayLike, Region
from napari_noise2same.core.errors import ImageError

__all__ = ["Marking", "marking"]

_ANGLES = np.linspace(0, 2 * np.pi, 64, endpoint=False)[:, np.newaxis]
# Labels that are read at a time, and how many of them along an axis: whole chunks, as a rule.
_AT_ONCE, _SIDE = 2**24, 2**12
# Marks closer than this, in pixels of the labels, count as one.
_CELL = 64


class Marking(Protocol):
    """What is marked, in the finest pixels of an image layer.

    Attributes
    ----------
    name : str
        Name of the layer that marks it.
    """

    name: str

    def outlines(self) -> Iterator[Sequence[NDArray[Any]]]:
        """Yield points around each mark, whole numbers in the centres of pixels, part by part."""

    def mask(self, region: Region) -> NDArray[np.bool_]:
        """Return the marked pixels of a region, of length 1 along axes that do not matter."""


def marking(layer: Layer, axes: str, regions: Layer) -> Marking:
    """See a layer as marks on an image layer.

    A shape marks what lies inside of it in Y and X, in all frames and planes. A label marks its
    pixels in the frames and planes that the Labels layer has. Both hold for all channels.

    Parameters
    ----------
    layer : napari.layers.Image
        The image layer.
    axes : str
        Its axes.
    regions : napari.layers.Shapes or napari.layers.Labels
        What is marked. It may be scaled, moved and turned on its own.

    Returns
    -------
    Marking
        The marks as they are now. Labels are not read yet.

    Raises
    ------
    ImageError
        If the layer cannot mark anything.
    """
    if isinstance(regions, Shapes):
        return _Drawn(layer, axes, regions)
    if isinstance(regions, Labels):
        return _Painted(layer, axes, regions)
    raise ImageError(
        f"Expected a Shapes or a Labels layer to train inside, found {regions.name!r}, which is "
        "neither: choose another layer."
    )


class _Drawn:
    """Shapes: what lies inside of them in Y and X, an odd number of times where they cross."""

    def __init__(self, layer: Layer, axes: str, regions: Shapes) -> None:
        self.name: str = regions.name
        self._plane = [dim for dim, axis in enumerate(axes) if axis in "YX"]
        self._onto = between(regions, layer)
        # Copies: the user may move a corner meanwhile.
        corners = [np.array(points, float) for points in regions.data]
        self._shapes = list(zip(regions.shape_type, corners, strict=True))

    def outlines(self) -> Iterator[Sequence[NDArray[Any]]]:
        """Yield the outlines of the shapes."""
        yield [self._onto(_curve(kind, corners)) for kind, corners in self._shapes]

    def mask(self, region: Region) -> NDArray[np.bool_]:
        """Return what lies inside of any shape."""
        parts = [region[dim] for dim in self._plane]
        found = np.zeros([part.stop - part.start for part in parts], np.bool_)
        for outline in next(self.outlines()):
            points = outline[:, self._plane] - [part.start for part in parts]
            low = np.clip(np.floor(points.min(axis=0)), 0, found.shape).astype(int)
            high = np.clip(np.ceil(points.max(axis=0)) + 1, low, found.shape).astype(int)
            box = tuple(map(slice, low, high))
            found[box] |= grid_points_in_poly(found[box].shape, points - low)  # type: ignore[no-untyped-call]
        return _spread(found, self._plane, len(region))


class _Painted:
    """Labels: the pixels that have one, in the planes and frames where they have it."""

    def __init__(self, layer: Layer, axes: str, regions: Labels) -> None:
        self.name: str = regions.name
        self._labels: ArrayLike = regions.data[0] if regions.multiscale else regions.data
        self._onto = between(regions, layer)
        # The last dimensions are common to both layers; a mark counts for all channels.
        shift = regions.ndim - layer.ndim
        self._dims = [d for d in range(max(-shift, 0), layer.ndim) if axes[d] != "C"]
        self._kept = [dim + shift for dim in self._dims]
        into = between(layer, regions)
        self._matrix = into.matrix[np.ix_(self._kept, self._dims)]
        self._origin = into.origin[self._kept]

    def outlines(self) -> Iterator[Sequence[NDArray[Any]]]:
        """Yield the corners of boxes around labels that are close to each other."""
        for part in _parts(tuple(slice(0, length) for length in self._labels.shape)):
            boxes = _boxes(np.asarray(self._labels[part]) != 0)
            corner = [side.start for side in part]
            yield [self._onto(_corners(box) + corner) for box in boxes]

    def mask(self, region: Region) -> NDArray[np.bool_]:
        """Return which pixels have their centre on a labelled one."""
        parts = [region[dim] for dim in self._dims]
        start = self._origin + self._matrix @ [part.start for part in parts]
        shape = tuple(part.stop - part.start for part in parts)
        ends = start + _corners([slice(0, length) for length in shape]) @ self._matrix.T
        lengths = [self._labels.shape[dim] for dim in self._kept]
        low = np.clip(np.floor(ends.min(axis=0)), 0, lengths).astype(int)
        high = np.clip(np.ceil(ends.max(axis=0)) + 1, low, lengths).astype(int)
        marked = self._marked(tuple(map(slice, low, high))).astype(np.uint8)
        found = affine_transform(
            marked, self._matrix, start - low, output_shape=shape, order=0, mode="grid-constant"
        )
        return _spread(found.astype(np.bool_), self._dims, len(region))

    def _marked(self, window: Region) -> NDArray[np.bool_]:
        """Return what is labelled in a window of the common dimensions, whatever the others."""
        region = [slice(0, length) for length in self._labels.shape]
        for dim, part in zip(self._kept, window, strict=True):
            region[dim] = part
        others = tuple(dim for dim in range(len(region)) if dim not in self._kept)
        found = np.zeros([part.stop - part.start for part in window], np.bool_)
        for piece in _parts(tuple(region)):
            place = tuple(
                slice(piece[dim].start - part.start, piece[dim].stop - part.start)
                for dim, part in zip(self._kept, window, strict=True)
            )
            found[place] |= (np.asarray(self._labels[piece]) != 0).any(axis=others)
        return found


def _parts(region: Region) -> Iterator[Region]:
    """Cut a region into parts that can be held in memory."""
    room, sides = _AT_ONCE, []
    for part in reversed(region):
        step = max(min(_SIDE, room), 1)
        room //= min(step, max(part.stop - part.start, 1))
        starts = range(part.start, part.stop, step)
        sides.append([slice(start, min(start + step, part.stop)) for start in starts])
    return product(*reversed(sides))


def _boxes(marked: NDArray[np.bool_]) -> list[Region]:
    """Return boxes around what is marked, one for all that is close to each other."""
    cells = marked
    for axis in reversed(range(marked.ndim)):
        starts = range(0, marked.shape[axis], _CELL)
        cells = np.logical_or.reduceat(cells, starts, axis=axis)
    numbers, _ = label(cells, np.ones([3] * marked.ndim))
    coarse = find_objects(numbers)
    return [
        _tight(marked, tuple(slice(side.start * _CELL, side.stop * _CELL) for side in box))
        for box in coarse
    ]


def _tight(marked: NDArray[np.bool_], box: Region) -> Region:
    """Return the smallest box around what is marked inside of one."""
    inside = marked[box]
    sides = []
    for axis, side in enumerate(box):
        others = tuple(other for other in range(marked.ndim) if other != axis)
        places = np.flatnonzero(inside.any(axis=others)) + side.start
        sides.append(slice(int(places[0]), int(places[-1]) + 1))
    return tuple(sides)


def _spread(mask: NDArray[np.bool_], dims: Sequence[int], ndim: int) -> NDArray[np.bool_]:
    """Return a mask of the chosen dimensions with length 1 along the others."""
    others = tuple(dim for dim in range(ndim) if dim not in dims)
    return np.asarray(np.expand_dims(mask, others))


def _curve(kind: str, corners: NDArray[Any]) -> NDArray[Any]:
    """Return points along a shape, of which napari keeps the corners; open ones are closed."""
    if kind != "ellipse":
        return corners
    radii = (corners[1] - corners[0]) / 2, (corners[2] - corners[1]) / 2
    curve = np.cos(_ANGLES) * radii[0] + np.sin(_ANGLES) * radii[1]
    return np.asarray(corners.mean(axis=0) + curve)


def _corners(box: Sequence[slice]) -> NDArray[Any]:
    """Return the corners of a box of pixels, at the outer edges of these."""
    edges = [(part.start - 0.5, part.stop - 0.5) for part in box]
    return np.stack(np.meshgrid(*edges, indexing="ij"), axis=-1).reshape(-1, len(box))
