from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from napari_noise2same.core.model import TrainedModel, save_model

_BEGIN = """
import ctypes, sys
import numpy as np, torch
from napari_noise2same.core import DenoiseConfig, Image, Trainer, TrainingConfig
from napari_noise2same.core import denoise, load_model, train

image = Image(np.random.default_rng(0).poisson(50.0, (32, 32)).astype(np.float32), "YX")
"""
_TRAIN = 'trainer = Trainer([image], TrainingConfig(steps=1, device="cpu"))'
_DENOISE = 'denoise(image, load_model(sys.argv[1]), DenoiseConfig(device="cpu"))'
_END = """
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("heap", *"abc", "mapped", *"defgh")]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Info
features = torch.empty(28 << 20, dtype=torch.uint8)
print(mallinfo().mapped >> 20)
"""


def run_alone(code: str, *arguments: Path) -> str:
    """What some code prints in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    # Dask's workers leave such variables behind; with them glibc learns nothing.
    own = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    return subprocess.run(command, env=own, stdout=subprocess.PIPE, text=True, check=True).stdout


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"),
    reason="asks glibc 2.33 or later where memory lies",
)
@pytest.mark.parametrize("work", [_TRAIN, _DENOISE])
def test_features_lie_in_memory_that_is_kept_for_the_next(
    make_model: Callable[..., TrainedModel], tmp_path: Path, work: str
) -> None:
    save_model(make_model(), tmp_path / "small.n2s")
    # glibc has learnt from what earlier tests have freed.
    assert int(run_alone(_BEGIN + work + _END, tmp_path / "small.n2s")) < 28


def test_nothing_waits_for_the_compiler_of_torch() -> None:
    work = (
        "for steps in 0, 1:\n"
        "    *_, end = train([image], TrainingConfig(steps=steps, device='cpu'))\n"
        "    denoise(image, end.model)\n"
        "    print('torch._dynamo' in sys.modules)"
    )
    assert run_alone(_BEGIN + work) == "False\nFalse\n"
