"""Put pretrained weights into the package, in half precision, with a card.

python training/export.py FOLDER    # of pretrain.py or of pretrain_volumes.py
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch
from pretrain import read_checkpoint
from safetensors import safe_open
from safetensors.torch import load_file, save

from napari_noise2same.core.model.pretrained import FILES

TARGET = Path(__file__).parents[1] / "src/napari_noise2same/core/model/weights"

_RECIPES = {2: "pretrain.py", 3: "pretrain_volumes.py"}
_DATA = (
    "Generated scenes (dead leaves, filaments, vesicles, nuclei, rods, membranes, tissue, clouds, "
    "bars) and crops of pictures: public domain or CC0 ones that scikit-image carries, and "
    "photographs of the Debian package lomiri-wallpapers-16.04 by Aitzol Berasategi, Trevor "
    "'Freespace' and Jakub Mede (CC BY 4.0) and Clemens Engelhardt (CC0); generated noise. One of "
    "the pictures, `cell` of scikit-image, is a phase image; nothing is from any benchmark."
)


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="what pretraining has written to")
    folder = parser.parse_args().folder
    weights = load_file(folder / "weights.safetensors")
    content = save({name: tensor.to(torch.float16) for name, tensor in weights.items()})
    with safe_open(folder / "weights.safetensors", framework="pt") as file:
        network = json.loads(file.metadata()["json"])["network"]
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
