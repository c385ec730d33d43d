"""Trains as the file runs.json in a folder says; the tests start it with torchrun."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from torch import distributed

from napari_noise2same.core.io import Image
from napari_noise2same.core.model import save_model
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.core.training import Finished, Trainer, join_ranks


def main(folder: Path) -> None:
    image = Image(np.load(folder / "picture.npy"), "YX")
    runs = json.loads((folder / "runs.json").read_text())
    with join_ranks():
        rank = distributed.get_rank()
        for name, run in runs.items():
            trainer = Trainer([image], TrainingConfig.model_validate(run["config"]))
            stops = run["stopped_by"] == rank
            events = trainer.events(lambda: stops and trainer.step == 2)  # noqa: B023
            *_, last = events
            assert isinstance(last, Finished)
            save_model(last.model, folder / f"{name}-{rank}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
