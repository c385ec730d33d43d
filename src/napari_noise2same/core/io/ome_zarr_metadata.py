"""What OME-Zarr 0.5 says about an image: axes, levels, channels.

Source of the format: https://ngff.openmicroscopy.org/0.5/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io.image import Image
from napari_noise2same.core.io.pyramid import level_shapes, reductions

__all__ = ["Limits", "channel_limits", "ome_attributes", "zarr_axes"]

Limits = tuple[float, float]
"""The values that a channel is displayed between."""

_ORDER = "TCZYX"
_TYPES = {"T": "time", "C": "channel", "Z": "space", "Y": "space", "X": "space"}


def zarr_axes(axes: str) -> str:
    """Bring axes into the order that the format asks for; RGB samples become channels.

    Parameters
    ----------
    axes : str
        Axes of an image.

    Returns
    -------
    str
        Its axes in a file.

    Raises
    ------
    FileError
        If there are both channels and RGB samples.
    """
    if {"C", "S"} <= set(axes):
        raise FileError(
            f"Expected axes out of TCZYX for OME-Zarr, found {axes}: write a .tif instead."
        )
    return "".join(sorted(axes.replace("S", "C"), key=_ORDER.index))


def ome_attributes(
    shape: Sequence[int], axes: str, like: Image, limits: Sequence[Limits]
) -> dict[str, Any]:
    """Describe an image and its levels.

    Parameters
    ----------
    shape : sequence of int
        Shape of the finest level.
    axes : str
        Its axes, in the order of the format.
    like : Image
        The image whose pixel sizes, units, channel names and colours are kept.
    limits : sequence of (float, float)
        For each channel, what it is displayed between where `like` does not say.

    Returns
    -------
    dict
        Data for JSON.
    """
    described = [
        {"name": axis.lower(), "type": _TYPES[axis]}
        | ({"unit": like.units[axis]} if axis in like.units else {})
        for axis in axes
    ]
    attributes: dict[str, Any] = {
        "version": "0.5",
        "multiscales": [{"axes": described, "datasets": _levels(shape, axes, like)}],
    }
    if channels := _channels(like, limits):
        attributes["omero"] = {"channels": channels}
    return attributes


def channel_limits(like: Image) -> list[Limits | None]:
    """Return what the channels of an image are displayed between.

    Parameters
    ----------
    like : Image
        The image.

    Returns
    -------
    list of (float, float) or None
        One entry for each channel; None where the file does not say.
    """
    windows = (channel.get("window") or {} for channel in _known_channels(like))
    return [(w["start"], w["end"]) if {"start", "end"} <= w.keys() else None for w in windows]


def _levels(shape: Sequence[int], axes: str, like: Image) -> list[dict[str, Any]]:
    """Say how large the pixels of each level are, and where the first one lies."""
    sizes, steps = [like.spacing.get(axis, 1.0) for axis in axes], reductions(shape, axes)
    origin = like.metadata.get("origin", {})
    starts = [origin.get(axis, 0.0) for axis in axes]
    levels = []
    for level in range(len(level_shapes(shape, axes))):
        factors = [step**level for step in steps]
        scale = [size * factor for size, factor in zip(sizes, factors, strict=True)]
        # Pixels are named by their centres: that of a block lies between those of its pixels.
        place = [
            start + size * (factor - 1) / 2
            for start, size, factor in zip(starts, sizes, factors, strict=True)
        ]
        transforms: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
        if level or any(place):
            transforms.append({"type": "translation", "translation": place})
        levels.append({"path": str(level), "coordinateTransformations": transforms})
    return levels


def _channels(like: Image, limits: Sequence[Limits]) -> list[dict[str, Any]]:
    """Describe the channels where there is something to say: names, colours, display range."""
    known = _known_channels(like)
    if not like.channel_names and not any(known):
        return []
    names = like.channel_names or [channel.get("label", "") for channel in known]
    return [
        {"active": True, "color": "FFFFFF", "window": _window(shown)} | channel | {"label": name}
        for name, channel, shown in zip(names, known, limits, strict=True)
    ]


def _known_channels(like: Image) -> list[dict[str, Any]]:
    """Return what the image's own file says about its channels, nothing where they have changed."""
    length = dict(zip(like.axes, like.data.shape, strict=True))
    number = length.get("C", length.get("S", 1))
    found = like.metadata.get("omero", {}).get("channels", ())
    return [dict(channel) for channel in found] if len(found) == number else [{}] * number


def _window(limits: Limits) -> dict[str, float]:
    """Spell a display range."""
    low, high = limits
    return {"min": low, "max": high, "start": low, "end": high}
