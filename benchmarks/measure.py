"""One method on one image, in a process of its own, so that its peak memory is its own.

Started by ``quality.py``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from methods import METHODS

from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.io import read_image

__all__ = ["main", "peak_memory"]

_STATUS = Path("/proc/self/status")


def main(method: str, noisy: str, output: str, seed: str) -> None:
    """Denoise, and write what came out and what it took.

    Parameters
    ----------
    method : str
        Name of the method.
    noisy : str
        The noisy image's file.
    output : str
        Folder for ``prediction.npy`` and ``measured.json``.
    seed : str
        Seed, a whole number.
    """
    try:
        outcome = METHODS[method](read_image(noisy), int(seed))
    except Noise2SameError as error:
        sys.exit(str(error))
    measured = {
        "training_seconds": outcome.training_seconds,
        "denoising_seconds": outcome.denoising_seconds,
        "peak_memory": peak_memory(),
    }
    np.save(Path(output) / "prediction.npy", outcome.prediction)
    (Path(output) / "measured.json").write_text(json.dumps(measured))


def peak_memory() -> int | None:
    """Return the largest resident size of this process so far.

    Returns
    -------
    int or None
        Bytes; None on a system that does not tell.
    """
    if _STATUS.exists():
        # Not getrusage: there a process begins with the peak of the one that started it.
        fields = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        return 1024 * int(fields["VmHWM"].split()[0])
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


if __name__ == "__main__":
    main(*sys.argv[1:])
