"""From a layer to an image for the engine: its array as it is, with axes, pixel sizes and units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Layer

from napari_noise2same._napari.lazy import Lazy
from napari_noise2same.core.array import KNOWN_AXES, ArrayLike, Layout, default_axes, validate_axes
from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import TrainingConfig

__all__ = ["describe", "guess_axes", "layer_data", "layer_image", "level_factors"]

_LETTERS = {
    "T": ("t", "time", "frame", "frames", "timepoint"),
    "Z": ("z", "plane", "planes", "depth", "slice"),
    "C": ("c", "ch", "channel", "channels", "wavelength"),
    "Y": ("y", "row", "rows", "height"),
    "X": ("x", "column", "columns", "col", "width"),
}
_LETTER_OF = {word: letter for letter, words in _LETTERS.items() for word in words}
# What napari calls a distance of which it knows nothing.
_NO_UNIT = {"", "pixel", "dimensionless"}
_PLURALS = {"T": "frames", "Z": "planes", "C": "channels"}


def layer_image(
    layer: Layer, *, axes: str | None = None, like: str = "", file: str = "", level: int = 0
) -> Image:
    """See an image layer as the engine does.

    Parameters
    ----------
    layer : napari.layers.Image
        The layer.
    axes : str, optional
        One letter per dimension of the layer's array; guessed by `guess_axes` if not given.
    like : str
        Axes of images of the same kind, for that guess.
    file : str
        Axes that the file of the layer names, for that guess.
    level : int
        Level of a multiscale layer, 0 the finest.

    Returns
    -------
    Image
        The layer's own array, neither copied nor computed, with the spacing and the units that
        the layer's scale and units say. A scale of 1 in pixels says nothing. Name, colour and
        contrast limits are those of its channels, as OME-Zarr describes them.

    Raises
    ------
    ImageError
        If the layer is no image layer, has no such level, or holds no real numbers.
    AxesError
        If the axes do not fit the array.
    """
    data = layer_data(layer, level)
    axes = validate_axes(axes or guess_axes(layer, like=like, file=file), data.shape)
    units = {
        axis: _unit_name(unit)
        for axis, unit in zip(axes, layer.units, strict=False)
        if axis in "TZYX"
    }
    known = {
        axis: abs(float(scale * factor))
        for axis, scale, factor in zip(axes, layer.scale, level_factors(layer, level), strict=False)
        if axis in units and (scale != 1 or units[axis])
    }
    named = {axis: unit for axis, unit in units.items() if unit}
    return Image(data, axes, known, named, metadata=_display(layer, axes, data.shape))


def layer_data(layer: Layer, level: int = 0) -> ArrayLike:
    """Return the array of an image layer.

    Parameters
    ----------
    layer : napari.layers.Image
        The layer.
    level : int
        Level of a multiscale layer, 0 the finest.

    Returns
    -------
    ArrayLike
        The array itself, without what makes it lazy for napari.

    Raises
    ------
    ImageError
        If the layer is no image layer or has no such level.
    """
    if not isinstance(layer, ImageLayer):
        kind = type(layer).__name__
        raise ImageError(f"Expected an image layer, found a {kind} layer: choose an image.")
    levels = layer.data if layer.multiscale else [layer.data]
    if not 0 <= level < len(levels):
        raise ImageError(
            f"Expected a level from 0 to {len(levels) - 1}, found {level}: choose another level "
            f"of layer {layer.name!r}."
        )
    data: ArrayLike = levels[level]
    return data.source if isinstance(data, Lazy) else data


def level_factors(layer: Layer, level: int) -> Any:
    """Return how many of the finest pixels one pixel of a level spans along each dimension.

    Parameters
    ----------
    layer : napari.layers.Layer
        The layer.
    level : int
        The level, 0 the finest.

    Returns
    -------
    ndarray, shape (dimensions,)
        The numbers, 1 for a layer of one size.
    """
    if not layer.multiscale:
        return np.ones(layer.ndim)
    return np.asarray(layer.downsample_factors[level], float)[: layer.ndim]


def guess_axes(layer: Layer, *, like: str = "", file: str = "") -> str:
    """Say which axes an image layer has.

    Parameters
    ----------
    layer : napari.layers.Image
        The layer.
    like : str
        Axes of images of the same kind: the layer has them if it has as many and neither its
        labels nor its units contradict.
    file : str
        Axes that the file of the layer names, which count in the same way after `like`: the user
        may have told the other images otherwise. Letters that are no axes stand for dimensions of
        unknown meaning.

    Returns
    -------
    str
        One letter per dimension of the layer's array. Axis labels that name an axis (``"z"``,
        ``"time"``, ``"channel"``, ``"row"`` and the like) decide. Without them, and if neither
        `like` nor `file` says it, a dimension measured in a unit of time is T. Of what remains the
        last two are Y and X, and others are as `default_axes` has them: a stack of unknown meaning
        is a series of frames, unless it is measured in a unit of length, then it is a series of
        planes. An RGB layer has S last.

    Raises
    ------
    ImageError
        If the layer is no image layer.
    AxesError
        If it has more dimensions than there are axes.
    """
    shape = layer_data(layer).shape
    letters: list[str] = [_LETTER_OF.get(label.strip().lower(), "") for label in layer.axis_labels]
    if len(set(filter(None, letters))) < sum(map(bool, letters)):
        letters = [""] * layer.ndim
    if not layer.rgb and "C" not in file:
        # For napari colours are the last dimension or none at all.
        file = file.replace("S", "C")
    for axes in (like, file):
        if len(axes) == len(shape) and _agrees(axes, letters, layer):
            letters = [axis if axis in KNOWN_AXES else "" for axis in axes[: layer.ndim]]
            break
    _fill(letters, "YX", range(layer.ndim - 2, layer.ndim))
    for index in _unnamed(letters):
        letter = _letter_of_unit(layer.units[index])
        if letter and letter not in letters:
            letters[index] = letter
    order = default_axes(shape, rgb=layer.rgb)
    _fill(letters, [a for a in dict.fromkeys(order + "TZC") if a in "TZC"], _unnamed(letters))
    return "".join(letters) + ("S" if layer.rgb else "")


def describe(axes: str, shape: Sequence[int], settings: TrainingConfig) -> str:
    """Say in one sentence what training and denoising make of an image.

    Parameters
    ----------
    axes : str
        Axes of the image.
    shape : sequence of int
        Its shape.
    settings : TrainingConfig
        How it is to be trained on.

    Returns
    -------
    str
        For instance ``"2 channels denoised separately, 40 frames as samples, 2D network"``.

    Raises
    ------
    AxesError
        If the axes do not fit the shape, or a 3D network is asked for and there is no third axis
        for it.
    """
    layout = settings.layout_of(axes, shape)
    length = dict(zip(layout.axes, shape, strict=True))
    parts = [
        _describe_channels(layout, length, settings.joint_channels),
        _describe_samples(layout, length),
        "time as third axis" if layout.depth == "T" else "",
        f"{len(layout.spatial)}D network",
    ]
    return ", ".join(filter(None, parts))


def _display(layer: ImageLayer, axes: str, shape: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Return what a Zarr folder says of how channels are shown; colours need no such thing."""
    if layer.rgb:
        return {}
    low, high = map(float, layer.contrast_limits)
    count = dict(zip(axes, shape, strict=True)).get("C", 1)
    brightest = np.rint(255 * layer.colormap.map(1.0)[0, :3]).astype(int)
    channel = {
        "color": "".join(f"{value:02X}" for value in brightest),
        "window": {"min": low, "max": high, "start": low, "end": high},
    }
    names = [layer.name] if count == 1 else [f"{layer.name} {i + 1}" for i in range(count)]
    return {"omero": {"channels": [channel | {"label": name} for name in names]}}


def _describe_channels(layout: Layout, length: dict[str, int], joint: bool) -> str:
    """Say what becomes of the channels, if there are several."""
    count = length.get(layout.channel, 1)
    if count == 1:
        return ""
    noun = "colours" if layout.channel == "S" else "channels"
    return f"{count} {noun} denoised {'together' if joint else 'separately'}"


def _describe_samples(layout: Layout, length: dict[str, int]) -> str:
    """Say what the network sees one by one, or the volume that it sees at once."""
    counts = [f"{length[a]} {_PLURALS[a]}" for a in layout.samples if length[a] > 1]
    if counts:
        return f"{' × '.join(counts)} as samples"
    match layout.depth:
        case "Z":
            return f"a volume of {length['Z']} planes"
        case "T":
            return f"one movie of {length['T']} frames"
        case _:
            return "one image"


def _agrees(axes: str, letters: Sequence[str], layer: ImageLayer) -> bool:
    """Say whether axes contradict neither the named dimensions of a layer nor its units."""
    possible = {"T": "T", "Z": "ZYX", "": axes.replace("S", "")}
    return layer.rgb == axes.endswith("S") and all(
        letter in ("", axis) and axis in possible[_letter_of_unit(unit)]
        for letter, axis, unit in zip(letters, axes, layer.units, strict=False)
    )


def _fill(letters: list[str], wanted: Sequence[str], places: Sequence[int]) -> None:
    """Give unnamed dimensions the letters that are free, in order."""
    free = iter([letter for letter in wanted if letter not in letters])
    for index in places:
        if not letters[index]:
            letters[index] = next(free, "")


def _unnamed(letters: Sequence[str]) -> list[int]:
    """Return the dimensions that have no letter yet."""
    return [index for index, letter in enumerate(letters) if not letter]


def _letter_of_unit(unit: Any) -> str:
    """Return T for a time and Z for a length."""
    if unit.is_compatible_with("second"):
        return "T"
    return "Z" if unit.is_compatible_with("meter") else ""


def _unit_name(unit: Any) -> str | None:
    """Return the name of a pint unit."""
    name = str(unit)
    return None if name in _NO_UNIT else name
