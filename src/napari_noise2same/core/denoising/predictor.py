"""The network, applied to one piece of normalised image at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_noise2same.core.denoising.context import Parts
from napari_noise2same.core.device import (
    has_fast_bfloat16,
    is_out_of_memory,
    keep_freed_memory,
    resolve_device,
)
from napari_noise2same.core.errors import DeviceError
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.networks import (
    TURNS,
    UNTURNED,
    crop_to,
    even_out,
    pad_to_multiple,
    put_together,
    take_apart,
    turn,
    turn_back,
)
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.tiling import plan_tiles

__all__ = ["Predictor", "averages"]

_DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def averages(model: TrainedModel, config: DenoiseConfig) -> bool:
    """Return whether flips and turns are averaged: as asked for, else as the model was trained.

    Parameters
    ----------
    model : TrainedModel
        The model.
    config : DenoiseConfig
        How to denoise.

    Returns
    -------
    bool
        Whether they are.
    """
    return model.thorough if config.averaging is None else config.averaging


class _Interrupted(Exception):  # noqa: N818
    """The user has had enough."""


class Predictor:
    """A trained network on its device.

    Where memory does not suffice for a piece, the piece is cut in two, and so on; the result
    stays the same, because each half is read with its context.

    Parameters
    ----------
    model : TrainedModel
        The model.
    config : DenoiseConfig
        Where to run it, in which precision, and whether to average over flips and turns.
    twice : bool
        Whether it looks at images twice, which then need more context.

    Attributes
    ----------
    device : torch.device
        Where it runs.
    parts : Parts
        How an image is cut for the network: pieces begin on the grid.
    largest : int or None
        Most pixels that may fit into memory, once it has fallen short of more.
    """

    def __init__(self, model: TrainedModel, config: DenoiseConfig, *, twice: bool = False) -> None:
        self.device = resolve_device(config.device)
        keep_freed_memory()
        network = model.build()
        layout = _memory_format(model.network.spatial_dims, self.device)
        self.network = network.to(device=self.device, memory_format=layout)  # type: ignore[call-overload]
        self._distance = model.noise_distance
        self.parts = Parts(model.network, model.noise_distance, config, twice=twice)
        self.largest: int | None = None
        by_device = "bfloat16" if has_fast_bfloat16(self.device) else "float32"
        self._dtype = _DTYPES.get(config.precision or by_device)
        self._turns = TURNS if averages(model, config) else (UNTURNED,)

    def predict(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Denoise one piece.

        Parameters
        ----------
        values : ndarray, shape (channels, [Z,] Y, X)
            Normalised pixels.

        Returns
        -------
        ndarray of float32, same shape
            Denoised normalised pixels.

        Raises
        ------
        DeviceError
            If memory does not suffice even for a piece that is mostly context.
        """
        if self.largest is not None and values[0].size > self.largest:
            return self._predict_halves(values)
        try:
            return self._average(torch.from_numpy(values)[None].to(self.device))[0].cpu().numpy()
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.largest = values[0].size - 1
        return self._predict_halves(values)

    @contextmanager
    def interruptible(self, stop: Callable[[], bool]) -> Iterator[None]:
        """Leave a block of code in the middle of a piece, because a piece of a volume takes long.

        Parameters
        ----------
        stop : callable
            Asked before each layer of the network; when it returns True the block ends there, and
            what follows it goes on.
        """

        def ask(*_layer: object) -> None:
            if stop():
                raise _Interrupted

        layers = [layer for layer in self.network.modules() if not [*layer.children()]]
        hooks = [layer.register_forward_pre_hook(ask) for layer in layers]
        try:
            yield
        except _Interrupted:
            return
        finally:
            for hook in hooks:
                hook.remove()

    def _predict_halves(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cut the longest axis in two, each half with its context."""
        shape = values.shape[1:]
        axis = int(np.argmax(shape))
        tile = list(shape)
        tile[axis] = -(-shape[axis] // 2)
        halo = [h if i == axis else 0 for i, h in enumerate(self.parts.reach)]
        tiles = plan_tiles(shape, tile, halo=halo, band=(0,) * len(shape), multiple=self.parts.grid)
        if any(t.read[axis] == slice(0, shape[axis]) for t in tiles):
            raise DeviceError(
                f"The memory of {self.device} does not suffice for a piece of "
                f"{' × '.join(map(str, shape))} pixels: choose another device."
            )
        result = np.empty_like(values)
        for piece in tiles:
            part = self.predict(np.ascontiguousarray(values[(slice(None), *piece.read)]))
            result[(slice(None), *piece.write)] = part[(slice(None), *piece.inner)]
        return result

    @torch.inference_mode()
    def _average(self, x: Tensor) -> Tensor:
        """Run the network on every view of a piece, and average what comes back."""
        # Padded before it is turned, so that every view sees the grid of the whole image.
        rows, columns = self.parts.grid[-2:]
        apart = take_apart(pad_to_multiple(x, (rows, columns)), self._distance)
        total = torch.zeros_like(apart)
        for way in self._turns:
            total += turn_back(self._run(turn(apart, way)), way)
        clean = put_together(total / len(self._turns), self._distance)
        return even_out(crop_to(clean, x), self._distance)

    def _run(self, x: Tensor) -> Tensor:
        """Run the network in the precision asked for."""
        with torch.autocast(self.device.type, self._dtype, enabled=self._dtype is not None):
            result: Tensor = self.network(x)
        return result.float()


def _memory_format(spatial_dims: int, device: torch.device) -> torch.memory_format:
    """Return the order of memory in which convolutions are fastest.

    On a CPU the result then does not depend on the number of threads; volumes in the contiguous
    format do.
    """
    if spatial_dims == 2:
        return torch.channels_last
    return torch.channels_last_3d if device.type == "cpu" else torch.contiguous_format
