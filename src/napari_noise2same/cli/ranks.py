"""Which of the processes that ``torchrun`` starts this one is; only the first one talks."""

from __future__ import annotations

import os

__all__ = ["is_first", "is_one_of_several"]


def is_one_of_several() -> bool:
    """Return whether `torchrun` has started this process.

    Returns
    -------
    bool
        True also if it has started no other.
    """
    return "TORCHELASTIC_RUN_ID" in os.environ


def is_first() -> bool:
    """Return whether this process is to show progress and write files.

    Returns
    -------
    bool
        True for the first of several processes, and for one alone.
    """
    return not is_one_of_several() or os.environ.get("RANK", "0") == "0"
