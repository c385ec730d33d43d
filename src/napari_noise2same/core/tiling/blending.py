"""How much each tile counts where neighbours overlap."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.tiling.geometry import Segment, Tile

__all__ = ["blend_weights"]


def blend_weights(tile: Tile, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the weights of what a tile writes: linear ramps across the blending bands.

    At every pixel of the image the weights of all tiles sum to 1, so that results are simply
    added up, in any order.

    Parameters
    ----------
    tile : Tile
        The tile.
    shape : tuple of int
        Spatial shape of the image: there are no ramps at its borders.

    Returns
    -------
    ndarray of float32, of the shape of ``tile.write``
        Weights in (0, 1].
    """
    profiles = [_profile(s, length) for s, length in zip(tile.segments, shape, strict=True)]
    return reduce(np.multiply.outer, profiles)


def _profile(segment: Segment, length: int) -> NDArray[np.float32]:
    """Weights along one axis."""
    position = np.arange(segment.write.start, segment.write.stop) + 0.5
    weights = np.ones_like(position)
    if segment.cell.start > 0 and segment.band:
        weights *= np.minimum((position - segment.cell.start) / (2 * segment.band) + 0.5, 1)
    if segment.cell.stop < length and segment.band:
        weights *= np.minimum((segment.cell.stop - position) / (2 * segment.band) + 0.5, 1)
    return weights.astype(np.float32)
