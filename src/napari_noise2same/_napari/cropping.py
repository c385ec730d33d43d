"""Regions of images as images of their own, with the neighbours that a network looks at."""

from __future__ import annotations

from dataclasses import replace

from napari_noise2same.core.array import Region, Window
from napari_noise2same.core.io import Image

__all__ = ["CONTEXT", "crop"]

# Planes or frames on each side of a part that a 3D network is shown: what is further away hardly
# changes its result.
CONTEXT = 4


def crop(image: Image, region: Region, *, depth: str = "", context: int = 0) -> Image:
    """Return a region of an image, without reading it.

    Parameters
    ----------
    image : Image
        The image.
    region : tuple of slice
        One slice per dimension, as `visible_region` returns them.
    depth : str
        Axis along which a network looks at neighbours, or nothing.
    context : int
        Neighbours to take in on each side along that axis.

    Returns
    -------
    Image
        The region and the neighbours, with all else that is known about the image. Its data are a
        `Window`.
    """
    lengths = zip(image.axes, region, image.data.shape, strict=True)
    wide = tuple(
        slice(max(part.start - context, 0), min(part.stop + context, length))
        if axis == depth
        else part
        for axis, part, length in lengths
    )
    mask = image.mask
    if mask is not None:
        parts = zip(wide, mask.shape, strict=True)
        mask = mask[tuple(slice(None) if length == 1 else part for part, length in parts)]
    return replace(image, data=Window(image.data, wide, region), mask=mask)
