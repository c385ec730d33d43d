"""Reading Zarr arrays and OME-Zarr images (0.1 to 0.5).

Source of the format: https://ngff.openmicroscopy.org/0.5/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import numpy as np

from napari_noise2same.core.array import ArrayLike, default_axes
from napari_noise2same.core.errors import FileError, MissingDependencyError
from napari_noise2same.core.io.image import Image, Size, resolve_axes, warn_of_others
from napari_noise2same.core.io.units import unit_name

if TYPE_CHECKING:
    import zarr

__all__ = ["is_zarr", "read_zarr", "read_zarr_axes", "require_zarr", "zarr_levels"]

_MARKERS = ("zarr.json", ".zarray", ".zgroup")
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
    found = _find(path)
    warn_of_others(path.name, found.n_images)
    axes = axes or found.labels or default_axes(found.array.shape)
    return Image.from_file(
        found.array,
        axes,
        found.sizes,
        channel_names=found.channel_names,
        metadata=found.metadata,
    )


def read_zarr_axes(path: Path) -> tuple[str, tuple[int, ...]]:
    """Read what a Zarr folder says of its first image; no pixels.

    Parameters
    ----------
    path : Path
        Folder of a Zarr array or an OME-Zarr image.

    Returns
    -------
    axes : str
        One letter per dimension, as `read_zarr` takes them; nothing if the folder names none.
    shape : tuple of int
        Its shape.

    Raises
    ------
    Noise2SameError
        As `read_zarr` does.
    """
    found = _find(path)
    return found.labels or "", found.array.shape


def zarr_levels(path: Path) -> list[ArrayLike]:
    """Open an OME-Zarr image at all its sizes.

    Parameters
    ----------
    path : Path
        Folder of a Zarr array or an OME-Zarr image.

    Returns
    -------
    list of ArrayLike
        The arrays, finest first, with the axes that `read_zarr` tells; none is loaded. A Zarr array
        has one size.

    Raises
    ------
    Noise2SameError
        As `read_zarr` does.
    """
    with _opened(path) as node:
        if _is_array(node):
            return [node]
        group, ome = _first_image(node)
        return [_array(group, level) for level in ome["multiscales"][0]["datasets"]]


def require_zarr() -> None:
    """Say what to install where zarr is missing.

    Raises
    ------
    MissingDependencyError
        If `zarr` is not installed.
    """
    if find_spec("zarr") is None:
        raise MissingDependencyError(
            "Expected the package zarr for Zarr files, found it not installed: "
            'pip install "napari-noise2same[zarr]".'
        )


class _Found(NamedTuple):
    """An array with its axes and what else is known of it."""

    array: zarr.Array[Any]
    labels: str | None
    sizes: Mapping[str, Size] = {}
    metadata: Mapping[str, Mapping[str, Any]] = {}
    channel_names: tuple[str, ...] = ()
    n_images: int = 1


def _find(path: Path) -> _Found:
    """Find the finest level of the first image in a folder."""
    with _opened(path) as node:
        return _read_array(node) if _is_array(node) else _read_group(node)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open an array or a group; whatever is wrong with its metadata is one sentence."""
    require_zarr()
    import zarr

    try:
        # Absolute, so that the array can be opened again by another process.
        node: Any = zarr.open(path.absolute(), mode="r")
        if not _is_array(node):
            _check_single(path, node)
        yield node
    except FileError:
        raise
    except _DAMAGE as error:
        raise FileError(
            f"Expected a Zarr array or an OME-Zarr image, found {path.name} without one or with "
            f"damaged metadata ({error}): name the folder of the array in it, or export it again."
        ) from error


def _check_single(path: Path, group: zarr.Group) -> None:
    """Say which images there are where a group is of many, row by row and well by well."""
    ome = _ome(group)
    for kind, fields in (("plate", "*/*/*"), ("well", "*")):
        if kind in ome and "multiscales" not in ome:
            raise FileError(
                f"Expected one image, found that {path.name} is a {kind} of many: name them by the "
                f"pattern '{path / fields}'."
            )


def _read_array(array: zarr.Array[Any]) -> _Found:
    """Read the names that an array of Zarr 3 may give its dimensions."""
    names = getattr(array.metadata, "dimension_names", None)
    return _Found(array, resolve_axes(name or "" for name in names) if names else None)


def _read_group(group: zarr.Group) -> _Found:
    """Find the finest level of the first image, and what is said about it."""
    others = _count_others(group)
    group, ome = _first_image(group)
    image = ome["multiscales"][0]
    level = image["datasets"][0]
    array = _array(group, level)
    # Version 0.3 names the axes without describing them, older ones always have these five.
    described = [
        axis if isinstance(axis, dict) else {"name": axis} for axis in image.get("axes", "tczyx")
    ]
    axes = resolve_axes(_label(axis) for axis in described)
    scale, origin = np.ones(len(axes)), np.zeros(len(axes))
    for owner in (level, image):
        for step in owner.get("coordinateTransformations", ()):
            factor = np.asarray(step["scale"] if step["type"] == "scale" else 1)
            scale, origin = scale * factor, origin * factor
            origin = origin + (step["translation"] if step["type"] == "translation" else 0)
    sizes = {
        letter: (float(size), unit_name(axis.get("unit", "")))
        for letter, size, axis in zip(axes, scale, described, strict=True)
    }
    metadata: dict[str, Mapping[str, Any]] = {}
    if origin.any():
        metadata["origin"] = dict(zip(axes, origin.tolist(), strict=True))
    if omero := ome.get("omero", {}):
        metadata["omero"] = omero
    names = tuple(str(channel.get("label", "")) for channel in omero.get("channels", ()))
    return _Found(array, axes, sizes, metadata, names, others + len(ome["multiscales"]))


def _first_image(group: zarr.Group) -> tuple[zarr.Group, Mapping[str, Any]]:
    """Find the group of the first image, and its OME metadata."""
    import zarr

    ome = _ome(group)
    if "bioformats2raw.layout" not in ome:
        return group, ome
    group = zarr.open_group(group.store_path / "0", mode="r")
    return group, _ome(group)


def _count_others(group: zarr.Group) -> int:
    """Count the images after the first in a group of several, which are numbered from 0."""
    if "bioformats2raw.layout" not in _ome(group):
        return 0
    return sum(name.isdigit() and name != "0" for name in group.group_keys())


def _array(group: zarr.Group, level: Mapping[str, Any]) -> zarr.Array[Any]:
    """Open one size of an image."""
    array = group[level["path"]]
    if not _is_array(array):
        raise TypeError(f"{level['path']} is not an array")
    return array


def _is_array(node: zarr.Array[Any] | zarr.Group) -> TypeGuard[zarr.Array[Any]]:
    """Tell an array from a group."""
    import zarr

    return isinstance(node, zarr.Array)


def _ome(group: zarr.Group) -> Mapping[str, Any]:
    """OME metadata: at the top up to 0.4, under one key since."""
    attributes: dict[str, Any] = _without_nulls(group.attrs.asdict())
    ome: dict[str, Any] = attributes.get("ome", attributes)
    return ome


def _without_nulls(value: Any) -> Any:
    """Leave out what is null, which some programs write where there is nothing to say."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _label(axis: Mapping[str, Any]) -> str:
    """Letter of an axis by its name, else by its type."""
    name = str(axis["name"])
    return name if len(name) == 1 else {"time": "T", "channel": "C"}.get(axis.get("type", ""), "")
