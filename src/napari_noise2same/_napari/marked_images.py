"""What to train on: images, or what is marked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from napari_noise2same._napari.cropping import crop
from napari_noise2same._napari.marking import Marking
from napari_noise2same._napari.regions import pixels_between
from napari_noise2same.core.array import Region
from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.io import Image

__all__ = ["MarkedImages", "restrict", "united"]

# Pixels around a region: half the side of patches of 128.
_MARGIN = 64

Stop = Callable[[], bool]


class MarkedImages:
    """Images to train on, and what was marked of them when they were chosen.

    Parameters
    ----------
    images : sequence of Image
        The images.
    marks : sequence of Marking, optional
        What is marked on each; by default the whole images are meant.
    """

    def __init__(self, images: Sequence[Image], marks: Sequence[Marking] | None = None) -> None:
        self._whole = images
        self._marks = marks
        self._found = list(images) if marks is None else None

    def read(self, stop: Stop = lambda: False) -> list[Image]:
        """Look at what is marked, for which all labels are read the first time.

        Parameters
        ----------
        stop : callable
            Asked now and then; nothing is found when it returns True.

        Returns
        -------
        list of Image
            The images, or the parts of them that are marked. Nothing of the images is read.

        Raises
        ------
        ImageError
            If nothing is marked, or nothing of it lies on an image.
        """
        if self._found is None:
            found: list[Image] = []
            for image, marks in zip(self._whole, self._marks or (), strict=True):
                found += restrict(image, marks, stop)
            if stop():
                return []
            self._found = found
        return self._found


def restrict(image: Image, marks: Marking, stop: Stop = lambda: False) -> list[Image]:
    """Return the parts of an image that are marked, to train on them alone.

    Parameters
    ----------
    image : Image
        The image.
    marks : Marking
        What is marked on it.
    stop : callable
        Asked now and then; nothing is found when it returns True.

    Returns
    -------
    list of Image
        Boxes around what is marked, wide enough for patches around its outermost pixels, with a
        mask each. They do not overlap, and nothing of the image is read.

    Raises
    ------
    ImageError
        If nothing is marked, or nothing of it lies on the image.
    """
    dims = [image.axes.index(axis) for axis in "YX"]
    lengths = [image.data.shape[dim] for dim in dims]
    boxes: list[Region] = []
    for outlines in marks.outlines():
        if stop():
            return []
        found = [_box(outline[:, dims], lengths) for outline in outlines]
        boxes = united([*boxes, *(box for box in found if box is not None)])
    crops = []
    for box in boxes:
        region = [slice(0, length) for length in image.data.shape]
        for dim, part in zip(dims, box, strict=True):
            region[dim] = part
        mask = marks.mask(tuple(region))
        if mask.any():
            crops.append(replace(crop(image, tuple(region)), mask=mask))
    if not crops:
        raise ImageError(
            f"Expected regions on the image, found none of {marks.name!r} there: draw a region "
            "or label pixels, or train on the whole image."
        )
    return crops


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


def _box(outline: NDArray[Any], lengths: Sequence[int]) -> Region | None:
    """Return the pixels around an outline, grown by what patches need; None beside the image."""
    sides = []
    low, high = outline.min(axis=0) + 0.5, outline.max(axis=0) + 0.5
    for first, last, length in zip(low, high, lengths, strict=True):
        start, stop = pixels_between(first, last, length)
        if start >= stop:
            return None
        sides.append(slice(max(start - _MARGIN, 0), min(stop + _MARGIN, length)))
    return tuple(sides)
