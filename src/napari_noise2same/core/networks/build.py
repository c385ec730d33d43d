"""The one way to build a network."""

from __future__ import annotations

import torch
from torch import nn

from napari_noise2same.core.networks.blind import BlindNet
from napari_noise2same.core.networks.unet import UNet
from napari_noise2same.core.settings import NetworkConfig

__all__ = ["build_network", "count_parameters", "outline_network"]


def build_network(config: NetworkConfig) -> UNet | BlindNet:
    """Build a network with freshly drawn weights (from torch's global generator).

    Parameters
    ----------
    config : NetworkConfig
        What to build.

    Returns
    -------
    UNet or BlindNet
        A module from ``(batch, channels, [Z,] Y, X)`` to the same shape, any spatial size.
    """
    return BlindNet(config) if config.kind == "blind" else UNet(config)


def outline_network(config: NetworkConfig) -> UNet | BlindNet:
    """Build a network that takes no memory: it knows all of its weights but their values.

    Parameters
    ----------
    config : NetworkConfig
        What to build.

    Returns
    -------
    UNet or BlindNet
        The network, on the device "meta".
    """
    with torch.device("meta"):
        return build_network(config)


def count_parameters(network: nn.Module) -> int:
    """Count the trainable weights.

    Parameters
    ----------
    network : torch.nn.Module
        Any network.

    Returns
    -------
    int
        Their number.
    """
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
