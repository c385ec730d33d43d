"""Tiles: pure integer geometry, and the weights that blend them (no torch)."""

from napari_noise2same.core.tiling.blending import blend_weights
from napari_noise2same.core.tiling.cells import choose_cell
from napari_noise2same.core.tiling.geometry import Tile, plan_tiles

__all__ = ["Tile", "blend_weights", "choose_cell", "plan_tiles"]
