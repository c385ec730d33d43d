"""Image files in and out, with axes, pixel sizes and channel names (no torch)."""

from napari_noise2same.core.io.image import Image
from napari_noise2same.core.io.ome_zarr import is_zarr
from napari_noise2same.core.io.reading import is_readable, read_image
from napari_noise2same.core.io.results import is_result
from napari_noise2same.core.io.writing import is_writable, write_image

__all__ = [
    "Image",
    "is_readable",
    "is_result",
    "is_writable",
    "is_zarr",
    "read_image",
    "write_image",
]
