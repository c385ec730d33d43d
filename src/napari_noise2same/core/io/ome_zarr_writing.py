"""Writing OME-Zarr 0.5 images, whole or part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.io.image import Image
from napari_noise2same.core.io.ome_zarr import require_zarr
from napari_noise2same.core.io.ome_zarr_metadata import Limits, ome_attributes, zarr_axes
from napari_noise2same.core.io.pyramid import Pyramid, level_shapes

__all__ = ["chunk_shape", "create_pyramid", "open_pyramid", "write_zarr"]

# About half a million pixels: a tile touches few chunks, a plane does not load the volume, and
# a large image is not scattered over too many files.
_PLANE = {"Y": 512, "X": 512}
_VOLUME = {"T": 16, "Z": 16, "Y": 256, "X": 256}


def write_zarr(path: Path, data: NDArray[Any], like: Image, description: Mapping[str, str]) -> None:
    """Write an OME-Zarr 0.5 image with smaller levels for an overview.

    The format asks for the order T, C, Z, Y, X and knows no RGB: samples become channels.

    Parameters
    ----------
    path : Path
        Folder to create.
    data : ndarray
        Pixels with the axes of `like`.
    like : Image
        The image whose description is kept.
    description : mapping of str to str
        How the pixels were made.

    Raises
    ------
    FileError
        If there are both channels and RGB samples.
    MissingDependencyError
        If `zarr` is not installed.
    """
    require_zarr()
    axes = zarr_axes(like.axes)
    own = like.axes.replace("S", "C")
    data = np.transpose(data, [own.index(axis) for axis in axes])
    channels = np.moveaxis(data, axes.index("C"), 0) if "C" in axes else data[np.newaxis]
    pyramid = create_pyramid(
        path,
        data.shape,
        data.dtype,
        like,
        description,
        chunks=chunk_shape(data.shape, axes, "ZYX" if "Z" in axes else "YX"),
        limits=[_range(channel) for channel in channels],
    )
    pyramid.fill(data)


def chunk_shape(shape: Sequence[int], axes: str, spatial: str) -> tuple[int, ...]:
    """Choose the chunks of an image.

    Parameters
    ----------
    shape : sequence of int
        Its shape.
    axes : str
        Its axes.
    spatial : str
        Its spatial axes, two or three; along others a chunk has length 1.

    Returns
    -------
    tuple of int
        Shape of a chunk.
    """
    sides = _VOLUME if len(spatial) == 3 else _PLANE
    return tuple(
        min(n, sides.get(axis, 1) if axis in spatial else 1)
        for n, axis in zip(shape, axes, strict=True)
    )


def create_pyramid(
    path: Path,
    shape: Sequence[int],
    dtype: np.dtype[Any],
    like: Image,
    description: Mapping[str, str],
    *,
    chunks: Sequence[int],
    limits: Sequence[Limits],
) -> Pyramid:
    """Create an OME-Zarr 0.5 image of zeros.

    Parameters
    ----------
    path : Path
        Folder to create.
    shape : sequence of int
        Shape in the order of the format.
    dtype : dtype
        Type of the pixels.
    like : Image
        The image whose axes, pixel sizes, channel names and colours are kept.
    description : mapping of str to str
        How the pixels are made.
    chunks : sequence of int
        Shape of a chunk of the finest level.
    limits : sequence of (float, float)
        For each channel, what it is displayed between where `like` does not say.

    Returns
    -------
    Pyramid
        The image, which can be written to.

    Raises
    ------
    FileError
        If there are both channels and RGB samples.
    MissingDependencyError
        If `zarr` is not installed.
    """
    require_zarr()
    import zarr

    axes = zarr_axes(like.axes)
    attributes: dict[str, Any] = {
        "ome": ome_attributes(shape, axes, like, limits),
        "napari-noise2same": dict(description),
    }
    group = zarr.open_group(path, mode="w", zarr_format=3, attributes=attributes)
    # By its name: a long long of 64 bits, as tifffile gives it, is not known to zarr as int64.
    native = np.dtype(dtype.name)
    for level, level_shape in enumerate(level_shapes(shape, axes)):
        group.create_array(
            str(level),
            shape=level_shape,
            dtype=native,
            chunks=tuple(map(min, chunks, level_shape)),
            dimension_names=list(axes.lower()),
        )
    return open_pyramid(path)


def open_pyramid(path: Path) -> Pyramid:
    """Open an image that `create_pyramid` has created.

    Parameters
    ----------
    path : Path
        Its folder.

    Returns
    -------
    Pyramid
        The image, which can be written to.
    """
    import zarr

    group = zarr.open_group(path.absolute(), mode="r+")
    ome: Any = group.attrs["ome"]
    image = ome["multiscales"][0]
    levels = tuple(group[level["path"]] for level in image["datasets"])
    return Pyramid(levels, "".join(axis["name"] for axis in image["axes"]).upper())


def _range(values: NDArray[Any]) -> Limits:
    """Return the lowest and the highest value."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
