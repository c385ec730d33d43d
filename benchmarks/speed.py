"""Training and denoising speed against what the machine can do, and memory over image size.

python benchmarks/speed.py --json speed.json [--peer-python careamics=PATH]
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from ceiling import best_rates, multiply_adds_per_pixel, seconds_of
from measure import memory_in_use, peak_memory
from methods import PEERS, Choice
from outcome import Task
from report import surroundings, table
from running import Pythons, add_peer_option, peer_versions, run

from napari_noise2same.core import Started, StepDone, TrainedModel, Trainer, denoise
from napari_noise2same.core.device import has_fast_bfloat16, resolve_device
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import DenoiseConfig, Precision, TrainingConfig

__all__ = ["main"]

# Long enough for CAREamics to have a model; how good it is does not matter here.
_PEER_SECONDS = 1.0
_MIB = 1024**2

Rows = list[dict[str, Any]]


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Command line, without the program's name.
    """
    options = _parser().parse_args(arguments)
    if options.memory_of is not None:
        sys.stdout.write(json.dumps(_memory(options.memory_of)))
        return
    pythons: Pythons = dict(options.peer_python)
    device = resolve_device(options.device)
    inference, training = best_rates(device)
    rows: Rows = []
    for precision in _precisions(device):
        trainer = _trainer(options.steps, device, precision)
        model = trainer.snapshot()
        rows.append(_training(trainer, model, precision, training))
        rows += [_denoising(side, model, device, precision, inference) for side in options.sides]
    for name in PEERS["careamics"][:1] if "careamics" in pythons else ():
        rows += [_peer(name, side, options.repeats, pythons) for side in options.sides]
    memory = [_measure_memory(side) for side in options.sides]
    result = surroundings(peer_versions(pythons)) | {
        "threads": torch.get_num_threads(),
        "ceiling": {"inference": inference, "training": training},
        "speed": rows,
        "memory": memory,
    }
    options.json.write_text(json.dumps(result, indent=2) + "\n")
    ceiling = (
        f"{inference / 1e9:.1f} G multiply-adds/s without gradients, {training / 1e9:.1f} with"
    )
    sys.stdout.write(f"Best 3×3 convolution, {torch.get_num_threads()} threads: {ceiling}\n\n")
    sys.stdout.write(f"{_table(rows)}\n\n{_table(memory)}\n")


def _precisions(device: torch.device) -> tuple[Precision, ...]:
    """Return what is worth timing on a device."""
    return ("float32", "bfloat16") if has_fast_bfloat16(device) else ("float32",)


def _trainer(steps: int, device: torch.device, precision: Precision) -> Trainer:
    """Return a run of so many steps."""
    mixed = precision != "float32"
    config = TrainingConfig(steps=steps, device=str(device), mixed_precision=mixed)
    return Trainer([_image(512)], config)


def _training(
    trainer: Trainer, model: TrainedModel, precision: Precision, ceiling: float
) -> dict[str, Any]:
    """Time steps, of which the first does not count."""
    stamps = [0.0]
    for event in trainer.events():
        if isinstance(event, Started):
            plan = event.plan
        if isinstance(event, StepDone):
            stamps.append(event.seconds)
    rate = 1 / median(np.diff(stamps)[1:])
    per_pixel = multiply_adds_per_pixel(model.build(), (1, 256, 256))
    # Two passes over each patch; the gradients cost twice what the output does.
    work = 2 * 3 * per_pixel * plan.batch * math.prod(plan.patch)
    row = {"what": "training, ours", "steps/s": rate, "multiply-adds/pixel": per_pixel}
    return _with_precision(row, precision, work * rate / ceiling)


def _denoising(
    side: int, model: TrainedModel, device: torch.device, precision: Precision, ceiling: float
) -> dict[str, Any]:
    """Time whole calls, normalisation, tiles and blending included."""
    image, config = _image(side), DenoiseConfig(device=str(device), precision=precision)
    rate = side**2 / seconds_of(lambda: denoise(image, model, config), device)
    per_pixel = multiply_adds_per_pixel(model.build(), (1, 256, 256))
    row = {
        "what": f"denoising {side}², ours",
        "megapixels/s": rate / 1e6,
        "multiply-adds/pixel": per_pixel,
    }
    return _with_precision(row, precision, per_pixel * rate / ceiling)


def _with_precision(row: dict[str, Any], precision: Precision, share: float) -> dict[str, Any]:
    """Add the share of the ceiling, which is one of float32 alone."""
    if precision == "float32":
        return row | {"share of ceiling": share}
    return row | {"what": f"{row['what']}, {precision}"}


def _peer(name: str, side: int, repeats: int, pythons: Pythons) -> dict[str, Any]:
    """Time a peer's prediction; a peer that cannot says why."""
    image = _image(side)
    task = Task(np.asarray(image.data), image.axes)
    runs = [run(Choice(name, _PEER_SECONDS), task, pythons).measured for _ in range(repeats)]
    errors = [measured["error"] for measured in runs if "error" in measured]
    if errors:
        return {"what": f"denoising {side}², {name}", "error": errors[0]}
    seconds = median(measured["denoising_seconds"] for measured in runs)
    return {"what": f"denoising {side}², {name}", "megapixels/s": side**2 / seconds / 1e6}


def _measure_memory(side: int) -> dict[str, Any]:
    """Start a process that denoises one image."""
    command = [sys.executable, __file__, "--memory-of", str(side)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _memory(side: int) -> dict[str, Any]:
    """Denoise, and return what that took, in MiB, beyond libraries, image and network."""
    small, image = _image(256), _image(side)
    model = Trainer([small], TrainingConfig(steps=1, device="cpu")).snapshot()
    denoise(small, model, DenoiseConfig(device="cpu"))
    before = memory_in_use() or 0
    result = denoise(image, model, DenoiseConfig(device="cpu"))
    extra = (peak_memory() or 0) - before
    return {
        "what": f"denoising {side}², ours",
        "peak beyond start (MiB)": extra / _MIB,
        "of it the result (MiB)": result.nbytes / _MIB,
        "working memory (MiB)": (extra - result.nbytes) / _MIB,
    }


def _image(side: int) -> Image:
    """Return smooth structure with Poisson noise, the same each time."""
    generator = np.random.default_rng(0)
    waves = np.sin(np.arange(side) / 9.0)
    pixels = np.empty((side, side), np.uint16)
    for row, wave in zip(pixels, waves, strict=True):  # at once it would set the peak of memory
        row[:] = generator.poisson(200 + 150 * wave * waves)
    return Image(pixels, "YX")


def _table(rows: Rows) -> str:
    """Return numbers to three digits, a dash where there is none."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[_cell(row.get(key, "–")) for key in keys] for row in rows]
    return table([["" if key == "what" else key for key in keys], *cells])


def _cell(value: float | str) -> str:
    """Write a number with three digits."""
    return value if isinstance(value, str) else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path, default=Path("speed.json"), help="for the results")
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 1024, 2048, 4096])
    parser.add_argument("--steps", type=int, default=50, help="training steps to time")
    parser.add_argument("--repeats", type=int, default=3, help="runs of a peer")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    add_peer_option(parser)
    return parser


if __name__ == "__main__":
    main()
