"""The weights that the package ships: where training starts unless told otherwise.

In the variance-stabilised domain every image has nearly the same noise, so that one network can be
trained for it in advance. It has no biases and is positively homogeneous, which makes it
indifferent to the scale of an image. That for volumes and movies began as that for images, and has
learnt to look at neighbouring planes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from safetensors.torch import load
from torch import Tensor

from napari_noise2same.core.settings import NetworkConfig

__all__ = ["PretrainedWeights", "load_pretrained"]

# Card and weights by the number of spatial axes.
FILES = {
    2: ("pretrained.json", "pretrained.safetensors"),
    3: ("pretrained_3d.json", "pretrained_3d.safetensors.gz"),
}
# Weights of one byte count steps; a tensor whose name ends so holds those of each kernel.
STEP = ".step"


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
        For images, or for volumes and movies.

    Returns
    -------
    PretrainedWeights
        The weights, on the CPU.
    """
    folder = files(__package__) / "weights"
    card_file, weights_file = FILES[spatial_dims]
    card = json.loads((folder / card_file).read_text(encoding="utf-8"))
    content = (folder / weights_file).read_bytes()
    weights = _read(gzip.decompress(content) if weights_file.endswith(".gz") else content)
    return PretrainedWeights(NetworkConfig.model_validate(card["network"]), weights, card)


def _read(content: bytes) -> dict[str, Tensor]:
    """Return the weights in a file, in single precision."""
    stored = load(content)
    return {
        name: tensor.float() * stored.get(name + STEP, 1)
        for name, tensor in stored.items()
        if not name.endswith(STEP)
    }
