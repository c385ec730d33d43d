"""Where tiles lie: integer arithmetic in any number of dimensions.

Along each axis the image is cut into cells of the tile's length. A tile *writes* its cell and
half a blending band on each side, and *reads* a halo of context around that, so that what it
writes is what the whole image would have given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from napari_noise2same.core.errors import ConfigurationError

__all__ = ["Segment", "Tile", "plan_axis", "plan_tiles"]


@dataclass(frozen=True)
class Segment:
    """A tile along one axis, in pixels of the image.

    Attributes
    ----------
    cell : slice
        Its own part of the axis; the cells of all segments partition it.
    write : slice
        The cell and half a blending band on each side.
    read : slice
        What has to be read to write that: begins at a multiple of the network's grid.
    band : int
        Half the width of the blending bands, centred on the borders between cells.
    """

    cell: slice
    write: slice
    read: slice
    band: int

    @property
    def inner(self) -> slice:
        """Where `write` lies in `read`."""
        return slice(self.write.start - self.read.start, self.write.stop - self.read.start)


@dataclass(frozen=True)
class Tile:
    """A tile: one segment for each spatial axis."""

    segments: tuple[Segment, ...]

    @property
    def write(self) -> tuple[slice, ...]:
        """The region of the image that the tile contributes to."""
        return tuple(segment.write for segment in self.segments)

    @property
    def read(self) -> tuple[slice, ...]:
        """The region of the image that has to be read."""
        return tuple(segment.read for segment in self.segments)

    @property
    def inner(self) -> tuple[slice, ...]:
        """Where `write` lies in `read`."""
        return tuple(segment.inner for segment in self.segments)


def plan_axis(
    length: int, tile: int, *, halo: int, band: int = 0, multiple: int = 1
) -> tuple[Segment, ...]:
    """Cut one axis into segments.

    Parameters
    ----------
    length : int
        Length of the axis, in pixels.
    tile : int
        Length of a cell, in pixels; the last one may be shorter.
    halo : int
        Context on each side of what is written.
    band : int
        Half the width of a blending band, at most half a tile.
    multiple : int
        Reading begins and, within the image, ends at multiples of this.

    Returns
    -------
    tuple of Segment
        The segments, in order.

    Raises
    ------
    ConfigurationError
        If a length is not positive, or bands of neighbouring borders would overlap.
    """
    if min(length, tile, multiple) < 1 or min(halo, band) < 0 or 2 * band > tile:
        raise ConfigurationError(
            "Expected a positive tile at least as long as its blending band, found "
            f"tile {tile} and band {2 * band} (halo {halo}, multiple {multiple}, axis {length})."
        )
    segments = []
    for start in range(0, length, tile):
        cell = slice(start, min(start + tile, length))
        write = slice(max(cell.start - band, 0), min(cell.stop + band, length))
        before = max(write.start - halo, 0) // multiple * multiple
        after = -(-(write.stop + halo) // multiple) * multiple
        segments.append(Segment(cell, write, slice(before, min(after, length)), band))
    return tuple(segments)


def plan_tiles(
    shape: Sequence[int],
    tile: Sequence[int],
    *,
    halo: Sequence[int],
    band: Sequence[int],
    multiple: Sequence[int],
) -> tuple[Tile, ...]:
    """Cut an image into tiles, in row-major order.

    Parameters
    ----------
    shape : sequence of int
        Spatial shape of the image.
    tile, halo, band, multiple : sequence of int
        For each axis, what `plan_axis` takes.

    Returns
    -------
    tuple of Tile
        Tiles whose cells partition the image.

    Raises
    ------
    ConfigurationError
        As `plan_axis` does.
    """
    axes = [
        plan_axis(length, side, halo=h, band=b, multiple=m)
        for length, side, h, b, m in zip(shape, tile, halo, band, multiple, strict=True)
    ]
    return tuple(Tile(segments) for segments in product(*axes))
