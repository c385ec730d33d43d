"""Training on several processes, GPUs or hosts, which do each step together.

Every process draws the same batch from the same seed and runs the network on its share of the
patches. The terms of the loss are those of the whole batch, roots included, so that any number of
processes does the steps of one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed

from napari_noise2same.core.errors import ConfigurationError, DeviceError
from napari_noise2same.core.objective import Mask, Terms, noise2same_terms

__all__ = ["Ranks", "Together", "choose_ranks", "join_ranks", "rank_device"]

# One process may wait for another to read its images.
_PATIENCE = timedelta(minutes=30)


class Ranks:
    """The processes that do each step together: this one alone."""

    def terms(
        self,
        network: Callable[[Tensor], Tensor],
        x: Tensor,
        mask: Mask,
        values: Tensor,
        teacher: Callable[[Tensor], Tensor] | None = None,
    ) -> Terms:
        """Return what `noise2same_terms` says of the whole batch, which all processes have."""
        return noise2same_terms(network, x, mask, values, teacher)

    def add_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Give each parameter the gradient that the whole batch has: all of it was here."""

    def agree(self, value: float) -> float:
        """Return what the first process says."""
        return value


class Together(Ranks):
    """One of several processes in torch's default process group.

    Parameters
    ----------
    device : torch.device
        Where this process trains.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._rank, self._size = distributed.get_rank(), distributed.get_world_size()

    def terms(
        self,
        network: Callable[[Tensor], Tensor],
        x: Tensor,
        mask: Mask,
        values: Tensor,
        teacher: Callable[[Tensor], Tensor] | None = None,
    ) -> Terms:
        """Run the network on this process' patches, which gradients reach, for the terms of all."""
        first, end = (len(x) * rank // self._size for rank in (self._rank, self._rank + 1))
        own = (mask.index[0] >= first) & (mask.index[0] < end)
        patch, *places = (index[own] for index in mask.index)
        hidden = Mask((patch - first, *places))
        part = noise2same_terms(network, x[first:end], hidden, values[own], teacher)
        pixels, masked = (end - first) / len(x), len(patch) / max(len(mask), 1)
        of_pixels = [part.rec, part.disagreement]
        of_masked = [part.inv, part.blind_spot, part.replaced, part.covariance, part.leverage]
        means = torch.stack(of_pixels + of_masked)
        weights = means.new_tensor([pixels] * len(of_pixels) + [masked] * len(of_masked))
        # Without a masked pixel, which small patches may lack, a mean is not a number.
        rec, disagreement, inv, blind_spot, replaced, covariance, leverage = _sum(
            torch.where(weights > 0, weights * means, 0)
        )
        residual = torch.zeros_like(x, dtype=torch.float32)
        residual[first:end] = part.residual
        distributed.all_reduce(residual)
        return Terms(
            rec, inv, blind_spot.detach(), replaced, covariance, leverage, residual, disagreement
        )

    def add_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Add up the gradients of all processes, each from its patches."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        total = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(total)
        sizes = [gradient.numel() for gradient in gradients]
        parts = total.split(sizes)  # type: ignore[no-untyped-call]
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view(gradient.shape))

    def agree(self, value: float) -> float:
        """Return what the first process says, to all of them."""
        said = torch.tensor(value, dtype=torch.float64, device=self._device)
        distributed.broadcast(said, src=0)
        return said.item()


class _Sum(torch.autograd.Function):
    """The sum over all processes, of which each differentiates its own summand only."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:  # noqa: ARG004
        total = values.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ARG004
        return gradient


def _sum(values: Tensor) -> Tensor:
    """Add up over all processes."""
    total: Tensor = _Sum.apply(values)  # type: ignore[no-untyped-call]
    return total


def choose_ranks(device: torch.device, batch: int) -> Ranks:
    """Return the processes that training runs on.

    Parameters
    ----------
    device : torch.device
        Where this process trains.
    batch : int
        Patches per step, of all processes together.

    Returns
    -------
    Ranks
        All processes of torch's default process group, or this one if there is no group.

    Raises
    ------
    ConfigurationError
        If there are more processes than patches.
    """
    if not _grouped():
        return Ranks()
    size = distributed.get_world_size()
    if batch < size:
        raise ConfigurationError(
            f"Expected a batch of at least one patch for each of {size} processes, found {batch}: "
            "choose a larger batch, or start fewer processes."
        )
    return Together(device)


def rank_device(device: torch.device) -> torch.device:
    """Return the device of this process among several.

    Parameters
    ----------
    device : torch.device
        The device that was chosen for training.

    Returns
    -------
    torch.device
        A GPU of its own instead of the first one; any device, if there is one process only.

    Raises
    ------
    DeviceError
        If the device cannot be used by several processes.
    """
    if not _grouped() or device.type == "cpu":
        return device
    if device.type != "cuda":
        raise DeviceError(
            f"Expected CUDA or the CPU for several processes, found {device}: choose cpu."
        )
    return torch.device("cuda", torch.cuda.current_device())


@contextmanager
def join_ranks() -> Iterator[None]:
    """Join the processes that `torchrun` has started, if it has started this one.

    Yields
    ------
    None
        Once all are there. At the end this process leaves them.

    Raises
    ------
    DeviceError
        If there are GPUs, but fewer than processes on this machine.
    """
    if not distributed.is_available() or not distributed.is_torchelastic_launched():
        yield
        return
    if torch.cuda.is_available():
        _take_gpu(int(os.environ["LOCAL_RANK"]))
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(backend, timeout=_PATIENCE)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def _take_gpu(rank: int) -> None:
    """Choose the GPU of a process of this machine."""
    count = torch.cuda.device_count()
    if rank >= count:
        raise DeviceError(
            f"Expected a GPU for each process, found {count} for process {rank + 1}: start no "
            "more processes than there are GPUs."
        )
    torch.cuda.set_device(rank)


def _grouped() -> bool:
    """Return whether this process is one of several."""
    return distributed.is_available() and distributed.is_initialized()
