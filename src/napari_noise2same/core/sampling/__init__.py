"""What is read of the images, and the domains that are fitted to it (no torch)."""

from napari_noise2same.core.sampling.blocks import Block, load_blocks
from napari_noise2same.core.sampling.domains import fit_domains, normalise
from napari_noise2same.core.sampling.positions import Positions, patch_starts
from napari_noise2same.core.sampling.shares import fair_shares

__all__ = [
    "Block",
    "Positions",
    "fair_shares",
    "fit_domains",
    "load_blocks",
    "normalise",
    "patch_starts",
]
