"""One method on one image, in a process of its own, so that its peak memory is its own.

Started by ``running.py``, in the interpreter of a peer too: needs numpy and the method alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from methods import find_method
from outcome import Task

__all__ = ["main", "memory_in_use", "peak_memory"]

_STATUS = Path("/proc/self/status")


def main(method: str, folder: str) -> None:
    """Denoise, and write what came out and what it took.

    Parameters
    ----------
    method : str
        Name of the method.
    folder : str
        Where ``noisy.npy`` and ``task.json`` are, and ``prediction.npy`` and ``measured.json``
        are to be.
    """
    place = Path(folder)
    settings = json.loads((place / "task.json").read_text())
    outcome = find_method(method)(Task(np.load(place / "noisy.npy"), **settings))
    measured = {
        "training_seconds": outcome.training_seconds,
        "denoising_seconds": outcome.denoising_seconds,
        "peak_memory": peak_memory(),
    }
    np.save(place / "prediction.npy", outcome.prediction)
    (place / "measured.json").write_text(json.dumps(measured))


def peak_memory() -> int | None:
    """Return the largest resident size of this process so far.

    Returns
    -------
    int or None
        Bytes; None on a system that does not tell.
    """
    if _STATUS.exists():
        # Not getrusage: there a process begins with the peak of the one that started it.
        return _status("VmHWM")
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def memory_in_use() -> int | None:
    """Return the resident size of this process now.

    Returns
    -------
    int or None
        Bytes; None on a system that does not tell.
    """
    return _status("VmRSS") if _STATUS.exists() else None


def _status(field: str) -> int:
    """Read a size from what Linux tells of this process."""
    fields = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
    return 1024 * int(fields[field].split()[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
