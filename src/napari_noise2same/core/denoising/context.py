"""How large the parts are in which an image is denoised, and how much they see around them."""

from __future__ import annotations

from collections.abc import Sequence

from napari_noise2same.core.networks import BlindNet, UNet
from napari_noise2same.core.settings import DenoiseConfig, NetworkConfig
from napari_noise2same.core.tiling import choose_cell

__all__ = [
    "choose_part",
    "context_of",
    "grid_of",
    "halo_of",
    "most_pixels",
    "sides_on_grid",
    "spread",
]

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


def spread(radius: tuple[int, ...], distance: tuple[int, int]) -> tuple[int, ...]:
    """Return how far a network sees that sees every so many rows and columns.

    Parameters
    ----------
    radius : tuple of int
        How far it sees in what it is given, for each spatial axis.
    distance : tuple of int
        Rows and columns from one that it is given to the next.

    Returns
    -------
    tuple of int
        Pixels on each side, for each spatial axis, with those of the mean over a distance.
    """
    seen = (r * n + n // 2 for r, n in zip(radius[-2:], distance, strict=True))
    return (*radius[:-2], *seen)


def context_of(network: UNet | BlindNet, distance: tuple[int, int]) -> tuple[int, ...]:
    """Return the context with which parts on the network's grid give what the whole would.

    Parameters
    ----------
    network : UNet or BlindNet
        The network.
    distance : tuple of int
        Rows and columns from one that it is given to the next.

    Returns
    -------
    tuple of int
        Pixels on each side, for each spatial axis. For images it is all that the network can look
        at. For volumes it may be less, where more makes no difference that can be seen.
    """
    radius: tuple[int, ...] = network.grid_radius
    return spread(radius if len(radius) == 2 else tuple(map(min, radius, _VOLUME)), distance)


def grid_of(network: UNet | BlindNet, distance: tuple[int, int]) -> tuple[int, ...]:
    """Return the steps of the grid at which parts of an image begin.

    Parameters
    ----------
    network : UNet or BlindNet
        The network.
    distance : tuple of int
        Rows and columns from one that it is given to the next.

    Returns
    -------
    tuple of int
        Pixels, for each spatial axis.
    """
    flat = (1,) * (len(network.grid_radius) - 2)
    return (*flat, *(network.multiple * n for n in distance))


def halo_of(config: DenoiseConfig, context: tuple[int, ...]) -> tuple[int, ...]:
    """Return how much parts see around them: what the settings say, else what they need.

    Parameters
    ----------
    config : DenoiseConfig
        The settings.
    context : tuple of int
        What `context_of` returns.

    Returns
    -------
    tuple of int
        Pixels on each side, for each spatial axis.
    """
    return context if config.overlap is None else (config.overlap,) * len(context)


def sides_on_grid(tile: int, grid: tuple[int, ...]) -> tuple[int, int]:
    """Return the longest sides on the network's grid that are not longer than asked for.

    Parameters
    ----------
    tile : int
        The side asked for.
    grid : tuple of int
        What `grid_of` returns.

    Returns
    -------
    tuple of int
        The sides in Y and X, at least one step of the grid.
    """
    rows, columns = (max(tile // step, 1) * step for step in grid[-2:])
    return rows, columns


def choose_part(
    shape: Sequence[int],
    config: DenoiseConfig,
    *,
    grid: tuple[int, ...],
    context: tuple[int, ...],
    most: int,
    chunk: tuple[int, ...] | None = None,
    source_chunk: tuple[int, ...] | None = None,
) -> tuple[int, ...]:
    """Choose how large the parts of an image are: as asked for, else whatever wastes least.

    Parameters
    ----------
    shape : sequence of int
        Spatial shape of the image.
    config : DenoiseConfig
        What is asked for.
    grid : tuple of int
        What `grid_of` returns.
    context : tuple of int
        What `context_of` returns.
    most : int
        What `most_pixels` returns.
    chunk : tuple of int, optional
        Chunks of the result, of which a part holds whole ones; by default there are none.
    source_chunk : tuple of int, optional
        Chunks of the image; by default there are none.

    Returns
    -------
    tuple of int
        Spatial shape of a part, without its context.
    """
    chunk = chunk or grid
    if config.tile is not None:
        sides = zip(sides_on_grid(config.tile, grid), chunk[-2:], strict=True)
        plane = (max(side // n, 1) * n for side, n in sides)
        depth = (min(n, _DEPTH) for n in shape[:-2])
        return (*depth, *map(min, plane, shape[-2:]))
    return choose_cell(
        shape,
        chunk=chunk,
        source_chunk=source_chunk or (1,) * len(shape),
        halo=halo_of(config, context),
        multiple=grid,
        max_pixels=most,
    )


def most_pixels(network: NetworkConfig) -> int:
    """Return how large a part of an image may be: larger ones waste less on context.

    Parameters
    ----------
    network : NetworkConfig
        The network.

    Returns
    -------
    int
        Pixels of a part, its context included.
    """
    blind = network.kind == "blind"
    folded = 1 if blind else network.unshuffle**2
    maps = _MAPS if blind or network.spatial_dims == 3 else _MAPS_IN_PLACE
    return _NETWORK_BYTES * folded // (4 * max(maps * network.widths[0], _LEAST))
