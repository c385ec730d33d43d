"""The weights that the package ships: where training starts unless told otherwise.

In the variance-stabilised domain every image has nearly the same noise, so that one network can be
trained for it in advance. It has no biases and is positively homogeneous, which makes it
indifferent to the scale of an image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from safetensors.torch import load
from torch import Tensor

from napari_noise2same.core.settings import NetworkConfig

__all__ = ["PretrainedWeights", "load_pretrained"]

CARD_FILE, WEIGHTS_FILE = "pretrained.json", "pretrained.safetensors"


@dataclass(frozen=True)
class PretrainedWeights:
    """A network that has learnt to denoise generated images.

    Attributes
    ----------
    network : NetworkConfig
        What it looks like.
    weights : mapping of str to Tensor
        Its weights, float32.
    card : mapping
        How it was made: data, recipe, seed, scores, licence and checksum.
    """

    network: NetworkConfig
    weights: Mapping[str, Tensor]
    card: Mapping[str, Any]


def load_pretrained(spatial_dims: Literal[2, 3] = 2) -> PretrainedWeights:
    """Read the shipped weights.

    Parameters
    ----------
    spatial_dims : {2, 3}
        For images or for volumes. The weights for volumes are those for images, put into the
        middle plane of each kernel: before any training they denoise a volume plane by plane.

    Returns
    -------
    PretrainedWeights
        The weights, on the CPU.
    """
    folder = files(__package__) / "weights"
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    weights = {k: v.float() for k, v in load((folder / WEIGHTS_FILE).read_bytes()).items()}
    network = NetworkConfig.model_validate(card["network"])
    if spatial_dims == 3:
        network = network.model_copy(update={"spatial_dims": 3})
        weights = {name: _inflate(kernel) for name, kernel in weights.items()}
    return PretrainedWeights(network, weights, card)


def _inflate(kernel: Tensor) -> Tensor:
    """Put a kernel for planes into the middle of one for volumes; 1 × 1 and strides stay flat."""
    depth = 3 if kernel.shape[-1] == 3 else 1
    volume = kernel.new_zeros((*kernel.shape[:2], depth, *kernel.shape[2:]))
    volume[:, :, depth // 2] = kernel
    return volume
