"""Results beside their originals: everything that can be seen of the original is inherited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from numpy.typing import NDArray

from napari_noise2same._napari.conversion import layer_data, level_factors
from napari_noise2same.core.array import ArrayLike, Region

if TYPE_CHECKING:
    from napari import Viewer

__all__ = [
    "CARD",
    "LINKED",
    "PLACING",
    "PREVIEW",
    "SUFFIX",
    "add_result",
    "cover",
    "find_result",
    "follow",
    "inherited",
    "place",
    "placement",
    "result_dtype",
    "show_instead",
]

CARD = "noise2same"
PREVIEW = "preview"
"""Mark, in a layer's card, of the layer that shows a preview: it is no image to work on."""
SUFFIX = " [n2s]"
"""What the name of a result has behind that of its source."""

PLACING = ("axis_labels", "units", "scale", "rotate", "shear", "affine", "translate")
"""All that says where a layer lies."""

# Where the 3D view cuts through it.
_CUTTING = ("plane", "experimental_clipping_planes")

LINKED = (
    "colormap",
    "contrast_limits",
    "gamma",
    "depiction",
    "rendering",
    "attenuation",
    "iso_threshold",
)
"""What linked layers have in common: whichever of them is selected, its sliders work on all."""

# How layers are blended that hide what lies below them.
_COVERING = ("opaque", "translucent", "translucent_no_depth")


def add_result(
    viewer: Viewer,
    source_layer: ImageLayer,
    data: ArrayLike | Sequence[ArrayLike],
    card: Mapping[str, Any],
    *,
    name: str | None = None,
    level: int = 0,
    region: Region | None = None,
) -> ImageLayer:
    """Add a denoised image above the layer it was made from, and above previews of that.

    All that the source shows is inherited, contrast limits included: denoised values are in the
    unit of the noisy ones, so that both look alike, and a result that fills tile by tile does not
    flicker. Contrast that follows the data (`auto_contrast`) would flicker, and is not inherited.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    source_layer : napari.layers.Image
        The noisy layer; if it is gone from the viewer, the result comes on top.
    data : ArrayLike or list of ArrayLike
        The result, or all its sizes, finest first. It may be still to be filled: then call
        ``layer.refresh()`` now and then. It is not copied.
    card : mapping
        What `core.model.model_card` returns.
    name : str, optional
        Name of the layer; by default the source's with `` [n2s]``.
    level : int
        Level of a multiscale source that was denoised.
    region : tuple of slice, optional
        Part of that level that was denoised, one slice per dimension; all of it by default.

    Returns
    -------
    napari.layers.Image
        The new layer, with the card, name and id of the source, the level and the region in
        ``metadata["noise2same"]``.
    """
    look = inherited(source_layer, level, region)
    layer = ImageLayer(data, multiscale=isinstance(data, list), **look)
    layer.name = name or source_layer.name + SUFFIX
    # As floats: the range of a 64-bit integer type overflows in napari's controls.
    layer.contrast_limits_range = tuple(map(float, source_layer.contrast_limits_range))
    layer.contrast_limits = source_layer.contrast_limits
    origin = {
        "source": source_layer.name,
        "source_id": str(source_layer.unique_id),
        "level": level,
        "region": region and [[part.start, part.stop] for part in region],
    }
    layer.metadata = {**source_layer.metadata, CARD: {**card, **origin}}
    viewer.layers.insert(_place_above(viewer, source_layer), layer)
    return layer


def show_instead(result: ImageLayer, source_layer: ImageLayer) -> None:
    """Hide the source of a result that does not cover it: brightness would be the sum of both.

    napari blends the channels of an image so that they add up, and a result as its source.

    Parameters
    ----------
    result : napari.layers.Image
        The result, complete.
    source_layer : napari.layers.Image
        What it was made from.
    """
    if result.visible and result.blending not in _COVERING:
        source_layer.visible = False


def cover(layer: ImageLayer) -> None:
    """Let a layer hide what is below it where it lies, of its source as well.

    For what shows a part of its source, or will go again: that stays as it is.

    Parameters
    ----------
    layer : napari.layers.Image
        The layer, which may be blended as its source.
    """
    if layer.blending not in _COVERING:
        layer.blending = "translucent_no_depth"


def find_result(viewer: Viewer, folder: str, shape: Sequence[int]) -> ImageLayer | None:
    """Find the layer that shows a result in a folder.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    folder : str
        The folder, which is in the result's card under ``"folder"``.
    shape : sequence of int
        Shape of the result.

    Returns
    -------
    napari.layers.Image or None
        The layer; None if there is none, or one of another image that was there before.
    """
    for layer in viewer.layers:
        if layer.metadata.get(CARD, {}).get("folder") == folder:
            return layer if layer_data(layer).shape == tuple(shape) else None
    return None


def place(source_layer: ImageLayer, level: int, region: Region | None) -> NDArray[Any]:
    """Say where a result on a region of a layer has to lie.

    Parameters
    ----------
    source_layer : napari.layers.Image
        The noisy layer.
    level : int
        Level of a multiscale source.
    region : tuple of slice or None
        Part of that level, one slice per dimension; None for all of it.

    Returns
    -------
    ndarray, shape (dimensions,)
        The result's ``translate``, beside the source's rotation, shear and affine.
    """
    origin = source_layer.data_to_world(_origin(source_layer, level, region))
    translate: NDArray[Any] = np.asarray(source_layer.affine.inverse(origin))
    return translate


def placement(source_layer: ImageLayer, level: int, region: Region | None) -> dict[str, Any]:
    """Say all of where a result on a region of a layer has to lie.

    Parameters
    ----------
    source_layer : napari.layers.Image
        The noisy layer.
    level : int
        Level of a multiscale source.
    region : tuple of slice or None
        Part of that level, one slice per dimension; None for all of it.

    Returns
    -------
    dict
        The part of what is `inherited` that says so, and where the 3D view cuts through it.
    """
    look = inherited(source_layer, level, region)
    return {name: look[name] for name in (*PLACING, *_CUTTING)}


def follow(layer: ImageLayer, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Move a result as its source was moved; what the user has moved it by stays otherwise.

    Parameters
    ----------
    layer : napari.layers.Image
        The result.
    before : mapping
        The `placement` that it has been given.
    now : mapping
        Its `placement` by now.
    """
    for name, value in now.items():
        if not np.array_equal(value, before[name]):
            setattr(layer, name, value)


def inherited(source_layer: ImageLayer, level: int, region: Region | None = None) -> dict[str, Any]:
    """Say how a layer looks that shows what its source shows, where it shows it.

    Parameters
    ----------
    source_layer : napari.layers.Image
        The source.
    level : int
        Level of a multiscale source whose pixels the layer has.
    region : tuple of slice, optional
        Part of that level, one slice per dimension; all of it by default.

    Returns
    -------
    dict
        Arguments of the layer, but for its data.
    """
    state: dict[str, Any] = source_layer.as_layer_data_tuple()[1]
    for own in ("auto_contrast", "locked_data_level", "multiscale"):
        state.pop(own, None)
    factors = level_factors(source_layer, level)
    origin = _origin(source_layer, level, region)
    state["scale"] = np.asarray(source_layer.scale) * factors
    state["translate"] = place(source_layer, level, region)
    for plane in (state["plane"], *state["experimental_clipping_planes"]):
        plane.update(_moved(plane, origin[-3:], factors[-3:]))
    return state


def result_dtype(
    source_layer: ImageLayer, wanted: Literal["float32", "keep"] = "float32"
) -> Literal["float32", "keep"]:
    """Say which type a result must have for napari to show it.

    Parameters
    ----------
    source_layer : napari.layers.Image
        The noisy layer.
    wanted : {"float32", "keep"}
        What the user asks for, as in `DenoiseConfig`.

    Returns
    -------
    {"float32", "keep"}
        ``"keep"`` for RGB images of integers, because napari takes floating-point colours to
        reach from 0 to 1; otherwise what is asked for.
    """
    integers = np.dtype(layer_data(source_layer).dtype).kind in "ui"
    return "keep" if source_layer.rgb and integers else wanted


def _place_above(viewer: Viewer, source: ImageLayer) -> int:
    """Return where in the layer list nothing of a source hides its result."""
    if source not in viewer.layers:
        return len(viewer.layers)
    below = [
        index
        for index, layer in enumerate(viewer.layers)
        if layer == source or _is_preview_of(layer, source)
    ]
    return below[-1] + 1


def _is_preview_of(layer: Layer, source: ImageLayer) -> bool:
    """Whether a layer shows a preview of another."""
    card = layer.metadata.get(CARD, {})
    return PREVIEW in card and card.get("source_id") == str(source.unique_id)


def _origin(source: ImageLayer, level: int, region: Region | None) -> NDArray[Any]:
    """Return where the first pixel of a region lies, in pixels of the finest level."""
    factors = level_factors(source, level)
    start = np.array([part.start for part in region or ()][: source.ndim] or [0] * source.ndim)
    # The first pixel of a coarse level lies in the middle of the fine ones that it spans.
    origin: NDArray[Any] = start * factors + (factors - 1) / 2
    return origin


def _moved(
    plane: Mapping[str, Any], origin: NDArray[Any], factors: NDArray[Any]
) -> dict[str, tuple[float, ...]]:
    """Return a plane in the pixels of a result."""
    position, normal = (np.asarray(plane[key], float) for key in ("position", "normal"))
    position[-len(origin) :] = (position[-len(origin) :] - origin) / factors
    normal[-len(origin) :] *= factors
    normal /= np.linalg.norm(normal)
    return {"position": tuple(position), "normal": tuple(normal)}
