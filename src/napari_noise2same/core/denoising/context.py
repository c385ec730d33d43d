"""How large the parts are in which an image is denoised, and how much they see around them."""

from __future__ import annotations

from collections.abc import Sequence

from napari_noise2same.core.denoising.base import BASE_REACH
from napari_noise2same.core.networks import outline_network
from napari_noise2same.core.settings import DenoiseConfig, NetworkConfig
from napari_noise2same.core.tiling import choose_cell

__all__ = ["Parts"]

# What lies further away in a volume has changed the result of the shipped weights by 0.002 σ (root
# mean square); with all that a 3D network can look at, most of the work would be for the context.
_VOLUME = (8, 48, 48)

# Planes of a part whose side is given.
_DEPTH = 64

# What the network may take for one part with its context.
_NETWORK_BYTES = 900_000_000
# So many maps of the finest level's features exist at a time, and fewer where the U-Net changes
# those of images in place, strip by strip.
_MAPS, _MAPS_IN_PLACE = 6, 3
# For smaller networks, in numbers for each place of these maps: the image itself takes as much.
_LEAST = 144


class Parts:
    """The parts in which images are denoised with a network.

    Parameters
    ----------
    network : NetworkConfig
        The network.
    distance : tuple of int
        Rows and columns from one that it is given to the next.
    config : DenoiseConfig
        What is asked for.
    twice : bool
        Whether the network looks at the image again without the base of its first result.

    Attributes
    ----------
    grid : tuple of int
        Steps at which parts begin, in pixels, for each spatial axis.
    halo : tuple of int
        How much parts on the grid see on each side: what is asked for, else that with which they
        give what the whole would. For images it is all that the network can look at, once or
        twice. For volumes it may be less, where more makes no difference that can be seen.
    reach : tuple of int
        How much parts need on each side that begin and end anywhere.
    sides : tuple of int or None
        The longest sides in Y and X that are on the grid and no longer than asked for, but at least
        one step of it; None if nothing is asked for.
    """

    def __init__(
        self,
        network: NetworkConfig,
        distance: tuple[int, int],
        config: DenoiseConfig,
        *,
        twice: bool = False,
    ) -> None:
        outline = outline_network(network)
        flat = (1,) * (network.spatial_dims - 2)
        self.grid = (*flat, *(outline.multiple * n for n in distance))
        self.reach = _spread(outline.receptive_radius, distance)
        radius = outline.grid_radius
        seen = radius if network.spatial_dims == 2 else tuple(map(min, radius, _VOLUME))
        needed = _spread(seen, distance)
        if twice and network.spatial_dims == 2:
            # What the second look sees is on the grid as well. Of volumes it needs no more: the
            # rest that it sees is small, and tiles differ less than after a single look.
            needed = tuple(2 * n + BASE_REACH + g for n, g in zip(needed, self.grid, strict=True))
        self.halo = needed if config.overlap is None else (config.overlap,) * len(needed)
        self.sides = None if config.tile is None else _sides(config.tile, self.grid)
        self._most = _most_pixels(network)

    def shape_for(
        self,
        image: Sequence[int],
        *,
        chunk: tuple[int, ...] | None = None,
        source_chunk: tuple[int, ...] | None = None,
    ) -> tuple[int, ...]:
        """Choose how large the parts of an image are: as asked for, else whatever wastes least.

        Parameters
        ----------
        image : sequence of int
            Spatial shape of the image.
        chunk : tuple of int, optional
            Chunks of the result, of which a part holds whole ones; by default there are none.
        source_chunk : tuple of int, optional
            Chunks of the image; by default there are none.

        Returns
        -------
        tuple of int
            Spatial shape of a part, without its context.
        """
        chunk = chunk or self.grid
        if self.sides is not None:
            plane = (max(side // n, 1) * n for side, n in zip(self.sides, chunk[-2:], strict=True))
            depth = (min(n, _DEPTH) for n in image[:-2])
            return (*depth, *map(min, plane, image[-2:]))
        return choose_cell(
            image,
            chunk=chunk,
            source_chunk=source_chunk or (1,) * len(image),
            halo=self.halo,
            multiple=self.grid,
            max_pixels=self._most,
        )


def _spread(radius: tuple[int, ...], distance: tuple[int, int]) -> tuple[int, ...]:
    """Return how far a network sees that sees every so many rows and columns.

    With those of the mean over a distance, which is taken last.
    """
    seen = (r * n + n // 2 for r, n in zip(radius[-2:], distance, strict=True))
    return (*radius[:-2], *seen)


def _sides(tile: int, grid: tuple[int, ...]) -> tuple[int, int]:
    """Return the longest sides on the grid that are not longer than asked for."""
    rows, columns = (max(tile // step, 1) * step for step in grid[-2:])
    return rows, columns


def _most_pixels(network: NetworkConfig) -> int:
    """Return how large a part may be with its context: larger ones waste less on it."""
    blind = network.kind == "blind"
    folded = 1 if blind else network.unshuffle**2
    maps = _MAPS if blind or network.spatial_dims == 3 else _MAPS_IN_PLACE
    return _NETWORK_BYTES * folded // (4 * max(maps * network.widths[0], _LEAST))
