"""How large the parts are in which an image is denoised, and how much they see around them."""

from __future__ import annotations

from napari_noise2same.core.networks import BlindNet, UNet
from napari_noise2same.core.settings import NetworkConfig

__all__ = ["context_of", "most_pixels"]

# What lies further away in a volume has changed the result of the shipped weights by 0.002 σ (root
# mean square); with all that a 3D network can look at, most of the work would be for the context.
_VOLUME = (8, 48, 48)

# What the network may take for one part with its context.
_NETWORK_BYTES = 900_000_000
# So many maps of the finest level's features exist at a time, and fewer where the U-Net changes
# those of images in place, strip by strip.
_MAPS, _MAPS_IN_PLACE = 6, 3
# For smaller networks, in numbers for each place of these maps: the image itself takes as much.
_LEAST = 144


def context_of(network: UNet | BlindNet) -> tuple[int, ...]:
    """Return the context with which parts on the network's grid give what the whole would.

    Parameters
    ----------
    network : UNet or BlindNet
        The network.

    Returns
    -------
    tuple of int
        Pixels on each side, for each spatial axis. For images it is all that the network can look
        at. For volumes it may be less, where more makes no difference that can be seen.
    """
    radius: tuple[int, ...] = network.grid_radius
    return radius if len(radius) == 2 else tuple(map(min, radius, _VOLUME))


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
