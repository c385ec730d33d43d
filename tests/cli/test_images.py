from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_noise2same.cli.images import read_images
from napari_noise2same.core.sampling import load_blocks
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.core.training.planning import view_image

resource = pytest.importorskip("resource", reason="Windows has no limit of open files")


@pytest.fixture
def few_open_files() -> Iterator[None]:
    """Let no more than some twenty files be opened at once."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = len(list(Path("/dev/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("few_open_files")
@pytest.mark.parametrize("ending", ["tif", "npy"])
def test_there_may_be_more_images_than_open_files(tmp_path: Path, ending: str) -> None:
    write = tifffile.imwrite if ending == "tif" else np.save
    paths = [tmp_path / f"{n}.{ending}" for n in range(40)]
    for n, path in enumerate(paths):
        write(path, np.full((16, 16), n, np.uint16))
    images = read_images(paths, None, TrainingConfig())
    views = [view_image(image, TrainingConfig()) for image in images]
    blocks = load_blocks(views, 10_000_000, 0, patch=(16, 16))
    assert [int(block.values.min()) for block in blocks] == list(range(40))
