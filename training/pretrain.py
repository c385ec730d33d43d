"""Train the network for images that the package ships, on generated scenes alone.

python training/pretrain.py --output FOLDER [--steps 27000] [--batch 8] [--workers 0]

Interrupted, the same command goes on where it stopped. What each step sees depends on the seed, the
number of workers and the number of the step only.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from muon import Muon
from noise import observe
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from scenes import draw_scene
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from napari_noise2same.core.networks import build_network
from napari_noise2same.core.settings import NetworkConfig

__all__ = ["NETWORK", "Pool", "Pretraining", "load", "parse_options", "read_checkpoint"]

NETWORK = NetworkConfig(widths=(48, 96, 80, 80), blocks=(2, 1, 1, 1))

_SIDE, _PATCH = 192, 128
# Scenes that are kept and shown again.
_POOL = 2048
_WARM_UP = 300
_AVERAGING, _CLIP = 0.999, 1.0
_REPORT = 250
_PACKAGES = ("torch", "numpy", "scikit-image")


class Pool:
    """The latest generated scenes; scene number i depends on the seed and on i alone.

    Parameters
    ----------
    seed : tuple of int
        Seed of the scenes and of the noise.
    batch : int
        Number of pictures in a batch.
    earlier : int
        Number of batches drawn before.
    """

    # How often a scene is seen.
    shown = 8

    def __init__(self, seed: tuple[int, ...], batch: int, earlier: int) -> None:
        self.seed, self.size = seed, batch
        self._fresh = max(1, batch // self.shown)
        last = _POOL // 4 + self._fresh * earlier
        self.scenes = deque(map(self._draw, range(max(0, last - _POOL), last)), maxlen=_POOL)
        self._next = last

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Draw new scenes in the place of the oldest, and take noisy pictures of some.

        Parameters
        ----------
        step : int
            Number of the step.

        Returns
        -------
        noisy, clean : Tensor, shape (batch, 1, [planes,] side, side)
            In units of the noise.
        """
        for _ in range(self._fresh):
            self.scenes.append(self._draw(self._next))
            self._next += 1
        rng = np.random.default_rng((*self.seed, 1, step))
        pairs = [observe(self.view(rng), rng) for _ in range(self.size)]
        noisy, clean = (
            torch.from_numpy(np.stack(images))[:, None] for images in zip(*pairs, strict=True)
        )
        return noisy, clean

    def view(self, rng: np.random.Generator) -> np.ndarray:
        """Cut a patch out of a scene, and turn it.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        ndarray of float32, shape ([planes,] side, side)
            What there is to see.
        """
        scene = self.scenes[rng.integers(len(self.scenes))]
        y, x = rng.integers(_SIDE - _PATCH + 1, size=2)
        patch = np.rot90(scene[y : y + _PATCH, x : x + _PATCH], int(rng.integers(4)))
        return patch if rng.random() < 0.5 else patch.T

    def _draw(self, index: int) -> np.ndarray:
        """Draw one scene."""
        return draw_scene(_SIDE, np.random.default_rng((*self.seed, 0, index)))


class _Batches(IterableDataset[tuple[Tensor, Tensor]]):
    """Batches from one step to the last; each worker has scenes of its own."""

    def __init__(self, kind: type[Pool], seed: int, batch: int, steps: range) -> None:
        self._kind, self._seed, self._batch, self._steps = kind, seed, batch, steps

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        info = get_worker_info()
        worker, workers = (0, 1) if info is None else (info.id, info.num_workers)
        steps = self._steps[worker::workers]
        # The same whatever step the run goes on at.
        lane = (self._steps.start + worker) % workers
        earlier = len(range(lane, self._steps.start, workers))
        return map(self._kind((self._seed, lane), self._batch, earlier).batch, steps)


def load(
    kind: type[Pool], options: argparse.Namespace, step: int
) -> DataLoader[tuple[Tensor, Tensor]]:
    """Draw batches, in processes of their own if asked for.

    Parameters
    ----------
    kind : type of Pool
        Where they come from.
    options : argparse.Namespace
        Seed, size of a batch, number of steps and of workers.
    step : int
        The first step that needs one.

    Returns
    -------
    DataLoader
        One batch for each step.
    """
    batches = _Batches(kind, options.seed, options.batch, range(step, options.steps))
    return DataLoader(
        batches, batch_size=None, num_workers=options.workers, pin_memory=torch.cuda.is_available()
    )


class Pretraining:
    """Network, optimiser and averaged weights, with a checkpoint in a folder.

    Parameters
    ----------
    options : argparse.Namespace
        Folder, number of steps, peak rate and seed.
    start : mapping of str to Tensor, optional
        Weights to start at, of an earlier run.
    """

    config = NETWORK

    def __init__(
        self, options: argparse.Namespace, start: Mapping[str, Tensor] | None = None
    ) -> None:
        torch.manual_seed(options.seed)
        self._folder, self._seed = options.output, options.seed
        self._steps, self._rate = options.steps, options.rate
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        flat = self.config.spatial_dims == 2
        self._layout = torch.channels_last if flat else torch.contiguous_format
        self.network = build_network(self.config)
        if start is not None:
            # Blocks that an earlier network did not have begin as the identity.
            self.network.load_state_dict(self.network.state_dict() | dict(start))
        network = self.network.to(self._device, memory_format=self._layout)
        self._optimiser = Muon(network.parameters())
        self._average = {k: v.clone() for k, v in network.state_dict().items()}
        self._curve: list[dict[str, float]] = []
        self.step = 0
        if (self._folder / "checkpoint.safetensors").exists():
            self._restore()

    def run(self, batches: DataLoader[tuple[Tensor, Tensor]]) -> None:
        """Train to the end, leaving a checkpoint now and then.

        Parameters
        ----------
        batches : DataLoader
            What to learn from.
        """
        losses: list[Tensor] = []
        start = time.perf_counter()
        for noisy, clean in batches:
            losses.append(self._learn(noisy, clean))
            self.step += 1
            if self.step % _REPORT == 0 or self.step == self._steps:
                loss = torch.stack(losses).mean().item()
                self._report(loss, (time.perf_counter() - start) / len(losses))
                losses, start = [], time.perf_counter()

    def _learn(self, noisy: Tensor, clean: Tensor) -> Tensor:
        """Do one step of the optimiser."""
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate * self._shape()
        layout = {"device": self._device, "memory_format": self._layout, "non_blocking": True}
        noisy, clean = noisy.to(**layout), clean.to(**layout)
        # A processor needs the speed of half precision; bright scenes lose digits by it.
        with torch.autocast("cpu", torch.bfloat16):
            found = self.network(noisy)
        # The root weighs dim and bright scenes alike, as decibels do; squares would only see
        # the bright ones, whose errors are the largest.
        loss = (found.float() - clean).square().flatten(1).mean(1).add(1e-4).sqrt().mean()
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self._optimiser.step()
        keep = min(_AVERAGING, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                self._average[name].lerp_(value, 1 - keep)
        return loss.detach()

    def _shape(self) -> float:
        """Share of the peak rate: a short rise, and a fall to the end."""
        return min((self.step + 1) / _WARM_UP, 1 - self.step / self._steps)

    def _report(self, loss: float, seconds: float) -> None:
        """Write a line of the curve, the checkpoint, and the weights so far."""
        if not np.isfinite(loss):
            raise FloatingPointError(f"The loss before step {self.step} is not finite.")
        self._curve.append({"step": self.step, "rmse": loss, "seconds_per_step": seconds})
        sys.stderr.write(f"step {self.step}: error {loss:.4f} sigma, {seconds:.3f} s a step\n")
        moments = self._optimiser.state_dict()["state"]
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self._average.items()}
        tensors |= {f"{i}.{k}": v for i, state in moments.items() for k, v in state.items()}
        values = {
            "step": self.step,
            "seed": self._seed,
            "curve": self._curve,
            "versions": {name: version(name) for name in _PACKAGES},
        }
        self._write("checkpoint.safetensors", tensors, values)
        self._write("weights.safetensors", self._average, {"network": self.config.model_dump()})

    def _write(self, name: str, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Write a file whole or not at all."""
        part = self._folder / f"{name}.part"
        plain = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
        save_file(plain, part, {"json": json.dumps(values)})
        part.replace(self._folder / name)

    def _restore(self) -> None:
        """Go on from the checkpoint."""
        values, tensors = read_checkpoint(self._folder)
        self.step, self._curve = values["step"], values["curve"]
        members = {
            name: {k.removeprefix(name): v for k, v in tensors.items() if k.startswith(name)}
            for name in ("network.", "average.")
        }
        self.network.load_state_dict(members["network."])
        self._average = {k: v.to(self._device) for k, v in members["average."].items()}
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            index, _, moment = name.partition(".")
            if index.isdigit():
                state.setdefault(int(index), {})[moment] = tensor
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})


def read_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read what a run has left.

    Parameters
    ----------
    folder : Path
        Its folder.

    Returns
    -------
    values : dict
        Step, seed, curve, and versions of packages.
    tensors : dict of str to Tensor
        Weights, averaged weights and the optimiser's moments.
    """
    with safe_open(folder / "checkpoint.safetensors", framework="pt") as file:
        values = json.loads(file.metadata()["json"])
        return values, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def parse_options(description: str, batch: int) -> argparse.Namespace:
    """Read the command line, and prepare what it asks for.

    Parameters
    ----------
    description : str
        What the program does.
    batch : int
        Default size of a batch.

    Returns
    -------
    argparse.Namespace
        Folder, number of steps, size of a batch, rate, weights to start at, if any, seed, and
        number of workers.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--output", type=Path, required=True, help="folder for everything")
    parser.add_argument("--steps", type=int, default=27_000)
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=5e-4, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to start at")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="of the processor; all by default")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw batches")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    options.output.mkdir(parents=True, exist_ok=True)
    if options.start is not None:
        options.start = {k: v.float() for k, v in load_file(options.start).items()}
    return options


def main() -> None:
    """Run the program."""
    options = parse_options(__doc__.partition("\n")[0], batch=8)
    training = Pretraining(options, options.start)
    training.run(load(Pool, options, training.step))


if __name__ == "__main__":
    main()
