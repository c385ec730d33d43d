"""How much memory the work takes."""

from __future__ import annotations

import psutil

__all__ = ["device_memory"]


def device_memory(device: str) -> int:
    """Return the memory in use.

    Parameters
    ----------
    device : str
        Name of a device on which the engine has been at work.

    Returns
    -------
    int
        Bytes: of the device where it is a GPU, else of this process.
    """
    # The engine has imported it by now.
    import torch

    if device.startswith("cuda"):
        return int(torch.cuda.memory_allocated(device))
    if device == "mps":
        return int(torch.mps.current_allocated_memory())
    return int(psutil.Process().memory_info().rss)
