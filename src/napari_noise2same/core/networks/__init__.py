"""Networks in two and three dimensions, built from one validated configuration."""

from napari_noise2same.core.networks.apart import even_out, put_together, take_apart
from napari_noise2same.core.networks.blind import BlindNet
from napari_noise2same.core.networks.blocks import crop_to, pad_to_multiple
from napari_noise2same.core.networks.build import (
    build_network,
    count_parameters,
    outline_network,
)
from napari_noise2same.core.networks.turns import FLIPS, TURNS, UNTURNED, Turn, turn, turn_back
from napari_noise2same.core.networks.unet import UNet

__all__ = [
    "FLIPS",
    "TURNS",
    "UNTURNED",
    "BlindNet",
    "Turn",
    "UNet",
    "build_network",
    "count_parameters",
    "crop_to",
    "even_out",
    "outline_network",
    "pad_to_multiple",
    "put_together",
    "take_apart",
    "turn",
    "turn_back",
]
