"""Image files in and out, with axes, pixel sizes and channel names (no torch)."""

from napari_noise2same.core.io.image import Image
from napari_noise2same.core.io.paths import output_paths
from napari_noise2same.core.io.reading import read_image
from napari_noise2same.core.io.writing import write_image

__all__ = ["Image", "output_paths", "read_image", "write_image"]
