"""Where tensors live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch

from napari_noise2same.core.errors import ConfigurationError, DeviceError

__all__ = [
    "available_devices",
    "device_errors",
    "has_fast_bfloat16",
    "is_out_of_memory",
    "keep_freed_memory",
    "resolve_device",
]

_MEMORY_HINTS = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
# glibc's thresholds grow to those of the largest block that has been freed, up to 32 MiB.
_LARGEST_KEPT = 31 << 20


def available_devices() -> tuple[str, ...]:
    """Return the names of the devices of this machine.

    Returns
    -------
    tuple of str
        The preferred one first.
    """
    cuda = tuple(f"cuda:{i}" for i in range(torch.cuda.device_count()))
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    return (*cuda, *mps, "cpu")


def resolve_device(name: str = "auto") -> torch.device:
    """Turn a device's name into a device that is there.

    Parameters
    ----------
    name : str
        ``"auto"`` (the best there is), ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.

    Returns
    -------
    torch.device
        The device.

    Raises
    ------
    ConfigurationError
        If there is no device of such a name.
    DeviceError
        If this machine does not have it.
    """
    found = available_devices()
    if name == "auto":
        return torch.device(found[0])
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (index and not (kind == "cuda" and index.isdigit())):
        raise ConfigurationError(
            f"Expected the device auto, cpu, cuda, cuda:N or mps, found {name!r}."
        )
    if not any(device == name or device.partition(":")[0] == name for device in found):
        raise DeviceError(
            f"Expected one of this machine's devices ({', '.join(found)}), found {name!r}: "
            "choose one of them, or auto."
        )
    return torch.device(name)


def has_fast_bfloat16(device: torch.device) -> bool:
    """Return whether a device convolves in bfloat16 faster than in float32.

    Parameters
    ----------
    device : torch.device
        The device.

    Returns
    -------
    bool
        True for GPUs of NVIDIA since Ampere and for processors with AMX (Intel Xeon since Sapphire
        Rapids, where a step of training takes half the time). Others have the type as well, but
        nothing is gained by it.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Older versions of torch do not tell.
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return device.type == "cpu" and bool(capabilities.get("amx_bf16"))


def keep_freed_memory() -> None:
    """Let the C library keep what networks free on a processor, for the next layer or step.

    By default glibc gives most of it back to the system, and each layer waits for fresh pages of
    zeros: a seventh of the time of an image of 512², a fifteenth of a step of training. It learns
    from the blocks that are freed (mallopt(3), ``M_MMAP_THRESHOLD``); this one is never touched,
    and takes no memory. Elsewhere nothing changes.
    """
    torch.empty(_LARGEST_KEPT, dtype=torch.uint8)


@contextmanager
def device_errors(device: torch.device) -> Iterator[None]:
    """Turn torch's out-of-memory errors into one that says what to do.

    Parameters
    ----------
    device : torch.device
        Where the work is done.

    Yields
    ------
    None
        Once.

    Raises
    ------
    DeviceError
        If the device's memory does not suffice.
    """
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceError(
            f"The memory of {device} does not suffice: choose a smaller patch, batch or tile, "
            "or another device."
        ) from error


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether torch could not allocate: CPU and MPS say so in the message only.

    Parameters
    ----------
    error : RuntimeError
        What torch has raised.

    Returns
    -------
    bool
        True for want of memory.
    """
    message = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or any(
        hint in message for hint in _MEMORY_HINTS
    )
