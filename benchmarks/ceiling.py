"""What a machine can do at best, and what a network asks for, in multiply-adds."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from itertools import product
from statistics import median

import torch
from torch import Tensor, nn

__all__ = ["best_rates", "multiply_adds_per_pixel", "seconds_of"]

_CHANNELS, _SIDES, _BATCH = (32, 64, 128), (32, 64, 128), 4
_REPEATS = 5


def best_rates(device: torch.device) -> tuple[float, float]:
    """Measure the fastest 3×3 convolution over several channel counts, sizes and layouts.

    Parameters
    ----------
    device : torch.device
        Where.

    Returns
    -------
    tuple of float
        Multiply-adds per second without gradients, and with them (where a step counts thrice:
        forward, gradient of the input, gradient of the weights).
    """
    layouts = (torch.contiguous_format, torch.channels_last)
    forward, training = [], []
    for channels, side, layout in product(_CHANNELS, _SIDES, layouts):
        shape = (_BATCH, channels, side, side)
        convolution = nn.Conv2d(channels, channels, 3, padding=1, bias=False).to(device)
        x = torch.randn(shape, device=device).to(memory_format=layout)
        convolution.to(memory_format=layout)  # type: ignore[call-overload]
        work = 9.0 * channels * x.numel()
        with torch.inference_mode():
            forward.append(work / seconds_of(partial(convolution, x), device))
        x.requires_grad_()
        steps = seconds_of(partial(_forward_backward, convolution, x), device)
        training.append(3 * work / steps)
    return max(forward), max(training)


def seconds_of(
    function: Callable[[], object], device: torch.device, repeats: int = _REPEATS
) -> float:
    """Return the median time of a call, after one that does not count.

    Parameters
    ----------
    function : callable
        What to time.
    device : torch.device
        What to wait for.
    repeats : int
        Calls that count.

    Returns
    -------
    float
        Seconds.
    """
    times = []
    for _ in range(repeats + 1):
        begun = time.perf_counter()
        function()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - begun)
    return median(times[1:])


def _forward_backward(layer: nn.Module, x: Tensor) -> None:
    """Take the gradients of the input and of the weights."""
    layer(x).sum().backward()


def multiply_adds_per_pixel(network: nn.Module, shape: tuple[int, ...]) -> float:
    """Count the multiply-adds of all convolutions by hooks.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    shape : tuple of int
        Channels and spatial shape of an image to try it on.

    Returns
    -------
    float
        Multiply-adds of one pass, for each pixel of the image.
    """
    total = 0

    def count(layer: nn.Module, _: object, output: Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d | nn.Conv3d):
            total += output.numel() * layer.weight[0].numel()

    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Conv3d)]
    hooks = [layer.register_forward_hook(count) for layer in convolutions]
    with torch.inference_mode():
        x = torch.zeros(1, *shape, device=next(network.parameters()).device)
        network(x)
    for hook in hooks:
        hook.remove()
    return total / x[0, 0].numel()
