from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

MakeFiles = Callable[..., list[Path]]


@pytest.fixture
def make_files(tmp_path: Path) -> MakeFiles:
    """Small noisy images at the given places below the folder of the test."""

    def make(*names: str) -> list[Path]:
        rng = np.random.default_rng(0)
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(path, rng.poisson(60, (24, 20)).astype(np.uint16))
        return paths

    return make
