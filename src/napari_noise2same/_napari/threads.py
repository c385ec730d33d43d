"""How many cores the engine may use beside a window."""

from __future__ import annotations

import os

__all__ = ["leave_a_core"]


def leave_a_core() -> None:
    """Leave one core to the window; called in the thread that is going to work.

    With all cores at work each of torch's parallel loops waits for the one that the GUI thread
    has just taken: the window stutters, and training is slower than with one core less.
    """
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
