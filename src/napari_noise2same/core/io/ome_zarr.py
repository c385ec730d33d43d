"""Zarr arrays and OME-Zarr images (0.1 to 0.5 in, 0.5 out).

Source of the format: https://ngff.openmicroscopy.org/0.5/
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import default_axes
from napari_noise2same.core.errors import FileError, MissingDependencyError
from napari_noise2same.core.io.image import Image, Size, reorder_axes, resolve_axes
from napari_noise2same.core.io.units import unit_name

if TYPE_CHECKING:
    import zarr

__all__ = ["is_zarr", "read_zarr", "write_zarr"]

_MARKERS = ("zarr.json", ".zarray", ".zgroup")
_TYPES = {"T": "time", "C": "channel", "Z": "space", "Y": "space", "X": "space"}
# About 2 MB of 16-bit pixels: a tile touches few chunks, and a plane does not load the volume.
_CHUNKS = {"Z": 16, "Y": 256, "X": 256}
# What zarr and the look into its metadata raise where these are damaged or incomplete.
_DAMAGE = (ValueError, OSError, LookupError, TypeError, AttributeError)


def is_zarr(folder: Path) -> bool:
    """Tell whether a folder is a Zarr array or group.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    bool
        Whether it has Zarr's metadata file.
    """
    return any((folder / marker).is_file() for marker in _MARKERS)


def read_zarr(path: Path, axes: str | None) -> Image:
    """Open a Zarr array, or the finest level of an OME-Zarr image.

    Parameters
    ----------
    path : Path
        Folder of the array or group.
    axes : str or None
        Axes to use instead of those of the file.

    Returns
    -------
    Image
        The image; its data are not loaded.

    Raises
    ------
    FileError
        If there is no image, or its metadata are damaged.
    MissingDependencyError
        If `zarr` is not installed.
    """
    _require_zarr()
    import zarr

    try:
        node = zarr.open(path, mode="r")
        found = _read_array(node) if isinstance(node, zarr.Array) else _read_group(node)
    except _DAMAGE as error:
        raise FileError(
            f"Expected a Zarr array or an OME-Zarr image, found {path.name} without one or with "
            f"damaged metadata ({error}): name the folder of the array in it, or export it again."
        ) from error
    array, labels, sizes, names = found
    axes = axes or labels or default_axes(array.shape)
    return Image.from_file(array, axes, sizes, channel_names=names)


def write_zarr(path: Path, data: NDArray[Any], like: Image, description: Mapping[str, str]) -> None:
    """Write an OME-Zarr 0.5 image of one level.

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
    _require_zarr()
    import zarr

    if {"C", "S"} <= set(like.axes):
        raise FileError(
            f"Expected axes out of TCZYX for OME-Zarr, found {like.axes}: write a .tif instead."
        )
    data, axes = reorder_axes(data, like.axes.replace("S", "C"), "TCZYX")
    group = zarr.open_group(
        path,
        mode="w",
        zarr_format=3,
        attributes={
            "ome": _ome_attributes(data, axes, like),
            "napari-noise2same": dict(description),
        },
    )
    array = group.create_array(
        "0",
        shape=data.shape,
        dtype=data.dtype,
        chunks=tuple(
            min(n, _CHUNKS.get(axis, 1)) for n, axis in zip(data.shape, axes, strict=True)
        ),
        dimension_names=list(axes.lower()),
    )
    array[...] = data


def _require_zarr() -> None:
    """Say what to install where zarr is missing."""
    if find_spec("zarr") is None:
        raise MissingDependencyError(
            "Expected the package zarr for Zarr files, found it not installed: "
            'pip install "napari-noise2same[zarr]".'
        )


# An array with its axes where known, pixel sizes and channel names.
_Found: TypeAlias = "tuple[zarr.Array[Any], str | None, dict[str, Size], tuple[str, ...]]"


def _read_array(array: zarr.Array[Any]) -> _Found:
    """Read the names that an array of Zarr 3 may give its dimensions."""
    names = getattr(array.metadata, "dimension_names", None)
    return array, resolve_axes(name or "" for name in names) if names else None, {}, ()


def _read_group(group: zarr.Group) -> _Found:
    """Find the finest level of the first image, its axes, pixel sizes and channel names."""
    import zarr

    ome = _ome(group)
    if "bioformats2raw.layout" in ome:
        group = zarr.open_group(group.store_path / "0", mode="r")
        ome = _ome(group)
    image = ome["multiscales"][0]
    level = image["datasets"][0]
    array = group[level["path"]]
    if not isinstance(array, zarr.Array):
        raise TypeError(f"{level['path']} is not an array")
    # Version 0.3 names the axes without describing them, older ones always have these five.
    described = [
        axis if isinstance(axis, dict) else {"name": axis} for axis in image.get("axes", "tczyx")
    ]
    axes = resolve_axes(_label(axis) for axis in described)
    scale = np.ones(len(axes))
    for owner in (level, image):
        for step in owner.get("coordinateTransformations", ()):
            scale *= step["scale"] if step["type"] == "scale" else 1
    sizes = {
        letter: (float(size), unit_name(axis.get("unit", "")))
        for letter, size, axis in zip(axes, scale, described, strict=True)
    }
    channels = ome.get("omero", {}).get("channels", ())
    return array, axes, sizes, tuple(str(channel.get("label", "")) for channel in channels)


def _ome(group: zarr.Group) -> Mapping[str, Any]:
    """OME metadata: at the top up to 0.4, under one key since."""
    attributes: dict[str, Any] = group.attrs.asdict()
    ome: dict[str, Any] = attributes.get("ome", attributes)
    return ome


def _label(axis: Mapping[str, Any]) -> str:
    """Letter of an axis by its name, else by its type."""
    name = str(axis["name"])
    return name if len(name) == 1 else {"time": "T", "channel": "C"}.get(axis.get("type", ""), "")


def _ome_attributes(data: NDArray[Any], axes: str, like: Image) -> dict[str, Any]:
    """Metadata of an image of one level."""
    described = [
        {"name": axis.lower(), "type": _TYPES[axis]}
        | ({"unit": like.units[axis]} if axis in like.units else {})
        for axis in axes
    ]
    scale = {"type": "scale", "scale": [like.spacing.get(axis, 1.0) for axis in axes]}
    attributes: dict[str, Any] = {
        "version": "0.5",
        "multiscales": [
            {
                "axes": described,
                "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
            }
        ],
    }
    if like.channel_names:
        attributes["omero"] = {"channels": _omero_channels(data, axes, like.channel_names)}
    return attributes


def _omero_channels(data: NDArray[Any], axes: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Names with the display settings that the format asks for beside them."""
    channels = []
    for name, values in zip(names, np.moveaxis(data, axes.index("C"), 0), strict=True):
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        window = {"min": low, "max": high, "start": low, "end": high}
        channels.append({"label": name, "active": True, "color": "FFFFFF", "window": window})
    return channels
