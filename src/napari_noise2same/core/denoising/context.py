"""How much of its surroundings a part of an image is denoised with."""

from __future__ import annotations

from napari_noise2same.core.networks import BlindNet, UNet

__all__ = ["context_of"]

# What lies further away in a volume has changed the result of the shipped weights by 0.002 σ (root
# mean square); with all that a 3D network can look at, most of the work would be for the context.
_VOLUME = (8, 48, 48)


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
