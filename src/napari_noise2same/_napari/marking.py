"""What a Shapes or a Labels layer marks, in the pixels of an image layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from napari.layers import Labels, Layer, Shapes
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, find_objects
from skimage.measure import grid_points_in_poly

from napari_noise2same._napari.conversion import level_factors
from napari_noise2same.core.array import Region
from napari_noise2same.core.errors import ImageError

__all__ = ["Marking", "marking", "united"]

_ANGLES = np.linspace(0, 2 * np.pi, 64, endpoint=False)[:, np.newaxis]


class Marking(Protocol):
    """What is marked, in the pixels of a level of an image layer."""

    def outlines(self) -> Sequence[NDArray[Any]]:
        """Return points around each mark, whole numbers in the centres of pixels."""

    def mask(self, region: Region) -> NDArray[np.bool_]:
        """Return the marked pixels of a region, of length 1 along axes that do not matter."""


def marking(layer: Layer, axes: str, regions: Layer, level: int) -> Marking:
    """See a layer as marks on an image layer.

    Parameters
    ----------
    layer : napari.layers.Image
        The image layer.
    axes : str
        Its axes.
    regions : napari.layers.Shapes or napari.layers.Labels
        What is marked. It may be scaled, moved and turned on its own.
    level : int
        Level of a multiscale layer in whose pixels the marks are wanted.

    Returns
    -------
    Marking
        The marks.

    Raises
    ------
    ImageError
        If the layer cannot mark anything.
    """
    if isinstance(regions, Shapes):
        return _Drawn(layer, axes, regions, level)
    if isinstance(regions, Labels):
        return _Painted(layer, axes, regions, level)
    raise ImageError(
        f"Expected a Shapes or a Labels layer to train inside, found {regions.name!r}, which is "
        "neither: choose another layer."
    )


def united(boxes: Iterable[Region]) -> list[Region]:
    """Replace boxes that overlap by the box around them, until none do.

    Parameters
    ----------
    boxes : iterable of tuple of slice
        Boxes of pixels.

    Returns
    -------
    list of tuple of slice
        Boxes that have no pixel in common.
    """
    united: list[Region] = []
    for box in boxes:
        while others := [other for other in united if _overlap(box, other)]:
            united = [other for other in united if other not in others]
            parts = zip(box, *others, strict=True)
            box = tuple(
                slice(min(p.start for p in part), max(p.stop for p in part)) for part in parts
            )
        united.append(box)
    return united


def _overlap(one: Region, other: Region) -> bool:
    """Whether two boxes have a pixel in common."""
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(one, other, strict=True))


class _Drawn:
    """Shapes: what lies inside of them in Y and X, an odd number of times where they cross."""

    def __init__(self, layer: Layer, axes: str, regions: Shapes, level: int) -> None:
        self._plane = [dim for dim, axis in enumerate(axes) if axis in "YX"]
        self._outlines = [
            _onto(layer, level, regions, _curve(kind, np.asarray(corners, float)))
            for kind, corners in zip(regions.shape_type, regions.data, strict=True)
        ]

    def outlines(self) -> Sequence[NDArray[Any]]:
        """Return the outlines of the shapes."""
        return self._outlines

    def mask(self, region: Region) -> NDArray[np.bool_]:
        """Return what lies inside of any shape."""
        parts = [region[dim] for dim in self._plane]
        found = np.zeros([part.stop - part.start for part in parts], np.bool_)
        for outline in self._outlines:
            points = outline[:, self._plane] - [part.start for part in parts]
            low = np.clip(np.floor(points.min(axis=0)), 0, found.shape).astype(int)
            high = np.clip(np.ceil(points.max(axis=0)) + 1, low, found.shape).astype(int)
            box = tuple(map(slice, low, high))
            found[box] |= grid_points_in_poly(found[box].shape, points - low)  # type: ignore[no-untyped-call]
        return _spread(found, self._plane, len(region))


class _Painted:
    """Labels: the pixels that have one, in the planes and frames where they have it."""

    def __init__(self, layer: Layer, axes: str, regions: Labels, level: int) -> None:
        labels = np.asarray(regions.data[0] if regions.multiscale else regions.data)
        boxes = [box for box in find_objects(labels) if box is not None]
        self._outlines = [_onto(layer, level, regions, _corners(box)) for box in boxes]
        # The last dimensions are common to both layers; a mark counts for all channels.
        shift = labels.ndim - layer.ndim
        self._dims = [d for d in range(max(-shift, 0), layer.ndim) if axes[d] != "C"]
        kept = [dim + shift for dim in self._dims]
        others = tuple(dim for dim in range(labels.ndim) if dim not in kept)
        self._marked = (labels != 0).any(axis=others).astype(np.uint8)
        origin = np.zeros(layer.ndim)
        steps = np.eye(layer.ndim)[self._dims]
        corner, *ends = _into(layer, level, regions, np.stack([origin, *steps]))[:, kept]
        self._origin, self._matrix = corner, (np.stack(ends) - corner).T

    def outlines(self) -> Sequence[NDArray[Any]]:
        """Return the corners of the boxes around the labels."""
        return self._outlines

    def mask(self, region: Region) -> NDArray[np.bool_]:
        """Return which pixels have their centre on a labelled one."""
        parts = [region[dim] for dim in self._dims]
        found = affine_transform(
            self._marked,
            self._matrix,
            self._origin + self._matrix @ [part.start for part in parts],
            output_shape=tuple(part.stop - part.start for part in parts),
            order=0,
            mode="grid-constant",
        )
        return _spread(found.astype(np.bool_), self._dims, len(region))


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


def _corners(box: Region) -> NDArray[Any]:
    """Return the corners of a box of pixels, at the outer edges of these."""
    edges = [(part.start - 0.5, part.stop - 0.5) for part in box]
    return np.stack(np.meshgrid(*edges, indexing="ij"), axis=-1).reshape(-1, len(box))


def _onto(layer: Layer, level: int, regions: Layer, points: NDArray[Any]) -> NDArray[Any]:
    """Take points of a regions layer to pixels of a level of an image layer."""
    pixels = _through(regions, layer, points) + 0.5
    return np.asarray(pixels / level_factors(layer, level) - 0.5)


def _into(layer: Layer, level: int, regions: Layer, points: NDArray[Any]) -> NDArray[Any]:
    """Take pixels of a level of an image layer to points of a regions layer."""
    pixels = np.asarray((points + 0.5) * level_factors(layer, level) - 0.5)
    return _through(layer, regions, pixels)


def _through(source: Layer, target: Layer, points: NDArray[Any]) -> NDArray[Any]:
    """Take points of one layer to another by way of the world."""
    world = np.stack([source.data_to_world(point) for point in points])
    # Layers of fewer dimensions lie along the last ones of the others.
    missing = max(target.ndim - source.ndim, 0)
    world = np.pad(world, [(0, 0), (missing, 0)])[:, -target.ndim :]
    return np.stack([target.world_to_data(point) for point in world])
