"""Arrays of any kind and axes order, seen as samples of channels and spatial axes (no torch)."""

from napari_noise2same.core.array.axes import (
    CHANNEL_AXES,
    KNOWN_AXES,
    DepthAxis,
    Layout,
    deep_enough,
    default_axes,
    plan_layout,
    validate_axes,
)
from napari_noise2same.core.array.checks import check_image
from napari_noise2same.core.array.chunks import Edges, chunk_edges
from napari_noise2same.core.array.conversion import convert
from napari_noise2same.core.array.mapped import MappedFile
from napari_noise2same.core.array.phases import phases
from napari_noise2same.core.array.pixels import DAMAGE_SEEN_LATE, read_pixels, reason_of
from napari_noise2same.core.array.types import ArrayLike
from napari_noise2same.core.array.view import ImageView, Region
from napari_noise2same.core.array.window import (
    Derived,
    Transposed,
    Window,
    complete_index,
    transposed,
)

__all__ = [
    "CHANNEL_AXES",
    "DAMAGE_SEEN_LATE",
    "KNOWN_AXES",
    "ArrayLike",
    "DepthAxis",
    "Derived",
    "Edges",
    "ImageView",
    "Layout",
    "MappedFile",
    "Region",
    "Transposed",
    "Window",
    "check_image",
    "chunk_edges",
    "complete_index",
    "convert",
    "deep_enough",
    "default_axes",
    "phases",
    "plan_layout",
    "read_pixels",
    "reason_of",
    "transposed",
    "validate_axes",
]
