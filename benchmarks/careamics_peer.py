"""Noise2Void and N2V2 of CAREamics, in an interpreter of their own: nothing of ours is there."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np
from outcome import Method, Outcome, Task, stopwatch

__all__ = ["METHODS"]

# What CAREamics leaves to its user; sizes as in its own guides.
_PATCHES = {2: ((64, 64), 16), 3: ((16, 64, 64), 4)}
# Without a limit on epochs time alone ends the training.
_NO_LIMIT = 1_000_000


def noise2void(task: Task, *, use_n2v2: bool) -> Outcome:
    """Train on the image at CAREamics' defaults, for 30 epochs or for the time given.

    Notes
    -----
    A. Krull, T.-O. Buchholz and F. Jug, "Noise2Void", CVPR 2019; E. Höck et al., "N2V2: fixing
    Noise2Void checkerboard artifacts", ECCV workshops 2022.
    """
    _provide_torchvision()
    careamics = import_module("careamics")
    with tempfile.TemporaryDirectory() as folder:
        config = _config(task, use_n2v2=use_n2v2)
        model = careamics.CAREamist(config, work_dir=folder, enable_progress_bar=False)
        pixels = task.pixels.astype(np.float32)
        with stopwatch() as training:
            model.train(train_data=pixels)
        with stopwatch() as denoising:
            predictions, _ = model.predict(pixels)
    prediction = np.asarray(predictions[0]).reshape(pixels.shape)
    return Outcome(prediction, training.seconds, denoising.seconds)


def _config(task: Task, *, use_n2v2: bool) -> Any:
    """Return CAREamics' configuration."""
    factories = import_module("careamics.config.factories")
    patch, batch = _PATCHES[3 if "Z" in task.axes else 2]
    settings: dict[str, Any] = {}
    if task.seconds is not None:
        settings["num_epochs"] = _NO_LIMIT
        settings["trainer_params"] = {"max_time": {"seconds": task.seconds}}
        # By default the weights of every tenth epoch are kept, and the rest of the time is lost.
        settings["checkpoint_params"] = {"every_n_epochs": 1, "save_last": True}
    return factories.create_advanced_n2v_config(
        experiment_name="benchmark",
        data_type="array",
        axes=task.axes,
        patch_size=patch,
        batch_size=batch,
        use_n2v2=use_n2v2,
        seed=task.seed + 1,  # it takes no 0
        **settings,
    )


def _provide_torchvision() -> None:
    """Stand in for torchvision, which CAREamics imports but these methods never use.

    Every torchvision that CAREamics allows asks for an older torch than the CPU build we pin.
    """
    if find_spec("torchvision") is not None:
        return
    import_module("lightning.pytorch")  # looks for torchvision too, and is not to find this one
    for name in ("torchvision", "torchvision.transforms", "torchvision.transforms.functional"):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None, is_package=True)
        module.__path__ = []
        sys.modules[name] = module
    sys.modules["torchvision"].__dict__["__version__"] = "0"


METHODS: dict[str, Method] = {
    "careamics-n2v": partial(noise2void, use_n2v2=False),
    "careamics-n2v2": partial(noise2void, use_n2v2=True),
}
