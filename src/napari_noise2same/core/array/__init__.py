"""Arrays of any kind and axes order, seen as samples of channels and spatial axes (no torch)."""

from napari_noise2same.core.array.axes import Layout, default_axes, plan_layout, validate_axes
from napari_noise2same.core.array.checks import check_image
from napari_noise2same.core.array.conversion import convert
from napari_noise2same.core.array.types import ArrayLike
from napari_noise2same.core.array.view import ImageView, Region

__all__ = [
    "ArrayLike",
    "ImageView",
    "Layout",
    "Region",
    "check_image",
    "convert",
    "default_axes",
    "plan_layout",
    "validate_axes",
]
