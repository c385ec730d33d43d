"""Put pretrained weights into the package, in half precision, with a card.

python training/export.py FOLDER
"""

from __future__ import annotations

import argparse
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import torch
from pretrain import NETWORK, read_checkpoint
from safetensors.torch import load_file, save

TARGET = Path(__file__).parents[1] / "src/napari_noise2same/core/model/weights"

_DATA = (
    "Generated scenes (dead leaves, filaments, vesicles, nuclei, rods, membranes, tissue, clouds, "
    "bars) and crops of public domain or CC0 pictures that scikit-image carries; generated noise. "
    "No microscope image, and nothing from any benchmark."
)


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="what pretrain.py has written to")
    folder = parser.parse_args().folder
    weights = load_file(folder / "weights.safetensors")
    content = save({name: tensor.to(torch.float16) for name, tensor in weights.items()})
    values, _ = read_checkpoint(folder)
    card = {
        "network": NETWORK.model_dump(mode="json"),
        "data": _DATA,
        "recipe": "training/pretrain.py of this project",
        "licence": "BSD-3-Clause",
        "steps": values["step"],
        "seed": values["seed"],
        "curve": values["curve"],
        "versions": {name: version(name) for name in ("torch", "numpy", "scikit-image")},
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    TARGET.mkdir(exist_ok=True)
    (TARGET / "pretrained.safetensors").write_bytes(content)
    (TARGET / "pretrained.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
