"""What is read of the images, and the domains that are fitted to it (no torch)."""

from napari_noise2same.core.sampling.blocks import Block, load_blocks, pixels_of, take_apart
from napari_noise2same.core.sampling.domains import (
    find_noise_distance,
    normalise,
    planes_are_alike,
)
from napari_noise2same.core.sampling.image_domains import (
    ImageDomains,
    fit_image_domains,
    is_far_from,
)
from napari_noise2same.core.sampling.positions import Positions, patch_starts
from napari_noise2same.core.sampling.shares import pixel_weights

__all__ = [
    "Block",
    "ImageDomains",
    "Positions",
    "find_noise_distance",
    "fit_image_domains",
    "is_far_from",
    "load_blocks",
    "normalise",
    "patch_starts",
    "pixel_weights",
    "pixels_of",
    "planes_are_alike",
    "take_apart",
]
