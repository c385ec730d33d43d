"""Put pretrained weights into the package, with a card: those for volumes in a byte each.

python training/export.py FOLDER    # of pretrain.py or of pretrain_volumes.py
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from pathlib import Path

import torch
from pretrain import read_checkpoint
from safetensors import safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from napari_noise2same.core.model.pretrained import FILES, STEP

TARGET = Path(__file__).parents[1] / "src/napari_noise2same/core/model/weights"

_RECIPES = {2: "pretrain.py", 3: "pretrain_volumes.py"}
_DATA = (
    "Generated scenes (dead leaves, filaments, vesicles, nuclei, rods, membranes, tissue, clouds, "
    "bars) and crops of pictures: public domain or CC0 ones that scikit-image carries, and "
    "photographs of the Debian package lomiri-wallpapers-16.04 by Aitzol Berasategi, Trevor "
    "'Freespace' and Jakub Mede (CC BY 4.0) and Clemens Engelhardt (CC0); generated noise. One of "
    "the pictures, `cell` of scikit-image, is a phase image; nothing is from any benchmark."
)

# Tensors of no more weights than the first stay in half precision: what enters and leaves the
# network is all of the result. Those beyond the second are most of the weights, and bear the
# coarsest steps: so many a standard deviation, of which 5.6 of 8 bits are left when zipped.
_FEW, _MANY = 10_000, 100_000
_STEPS, _STEPS_OF_MANY = 64, 12
_MOST_STEPS = 127


def in_halves(weights: dict[str, Tensor]) -> bytes:
    """Return the content of a file of weights in half precision."""
    return save({name: tensor.half() for name, tensor in weights.items()})


def in_bytes(weights: dict[str, Tensor]) -> bytes:
    """Return the zipped content of a file of weights as multiples of a step for each kernel."""
    stored = {}
    for name, tensor in weights.items():
        if tensor.numel() <= _FEW:
            stored[name] = tensor.half()
            continue
        step = _steps(tensor)
        stored[name] = (tensor / step).round().to(torch.int8)
        stored[name + STEP] = step.half()
    return gzip.compress(save(stored), mtime=0)


def _steps(tensor: Tensor) -> Tensor:
    """Return how fine each kernel of ``(outputs, inputs, Z, Y, X)`` is stored."""
    a_deviation = _STEPS_OF_MANY if tensor.numel() > _MANY else _STEPS
    deviation = tensor.std(dim=(1, 2, 3, 4), keepdim=True)
    largest = tensor.abs().amax(dim=(2, 3, 4), keepdim=True)
    return torch.maximum(deviation / a_deviation, largest / _MOST_STEPS).half().float()


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="what pretraining has written to")
    folder = parser.parse_args().folder
    weights = load_file(folder / "weights.safetensors")
    with safe_open(folder / "weights.safetensors", framework="pt") as file:
        network = json.loads(file.metadata()["json"])["network"]
    content = (in_bytes if network["spatial_dims"] == 3 else in_halves)(weights)
    values, _ = read_checkpoint(folder)
    card = {
        "network": network,
        "data": _DATA,
        "recipe": f"training/{_RECIPES[network['spatial_dims']]} of this project",
        "licence": "BSD-3-Clause",
        "steps": values["step"],
        "seed": values["seed"],
        "curve": values["curve"],
        "versions": values["versions"],
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    TARGET.mkdir(exist_ok=True)
    card_file, weights_file = FILES[network["spatial_dims"]]
    (TARGET / weights_file).write_bytes(content)
    (TARGET / card_file).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
