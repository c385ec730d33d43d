"""Image files in and out, with axes, pixel sizes and channel names (no torch)."""

from napari_noise2same.core.io.image import Image, no_image
from napari_noise2same.core.io.ome_zarr import is_zarr, require_zarr, zarr_levels
from napari_noise2same.core.io.ome_zarr_metadata import Limits, channel_limits, zarr_axes
from napari_noise2same.core.io.ome_zarr_writing import chunk_shape, create_pyramid, open_pyramid
from napari_noise2same.core.io.pyramid import level_shapes, pyramid_bytes
from napari_noise2same.core.io.reading import is_readable, read_axes, read_image
from napari_noise2same.core.io.results import is_result, is_unfinished, journal_path
from napari_noise2same.core.io.writing import check_format, is_writable, replacing, write_image

__all__ = [
    "Image",
    "Limits",
    "channel_limits",
    "check_format",
    "chunk_shape",
    "create_pyramid",
    "is_readable",
    "is_result",
    "is_unfinished",
    "is_writable",
    "is_zarr",
    "journal_path",
    "level_shapes",
    "no_image",
    "open_pyramid",
    "pyramid_bytes",
    "read_axes",
    "read_image",
    "replacing",
    "require_zarr",
    "write_image",
    "zarr_axes",
    "zarr_levels",
]
