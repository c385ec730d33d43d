from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_noise2same.cli.images import read_images
from napari_noise2same.core.sampling import load_blocks
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.core.training.planning import view_image

resource = pytest.importorskip("resource", reason="Windows has no limit of open files")

Run = Callable[..., Any]


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A Zarr array in a folder, one chunk of which is no longer what it was."""
    path = tmp_path / "in" / "a damaged.zarr"
    array = zarr.create_array(path, shape=(32, 32), chunks=(16, 16), dtype="f4")
    array[:] = np.random.default_rng(0).normal(9, 1, (32, 32))
    chunk = next(file for file in sorted((path / "c").rglob("*")) if file.is_file())
    chunk.write_bytes(b"garbage")
    return path


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
    images = [image for _, image in read_images(paths, None, TrainingConfig())]
    views = [view_image(image, TrainingConfig()) for image in images]
    blocks = load_blocks(views, 10_000_000, 0, patch=(16, 16))
    assert [int(block.values.min()) for block in blocks] == list(range(40))


@pytest.mark.parametrize("command", ["train", "denoise"])
def test_damage_that_shows_late_stops_no_training_on_the_others(
    run: Run, noisy: Path, damaged: Path, tmp_path: Path, command: str
) -> None:
    folder = damaged.parent
    noisy.rename(folder / "b.tif")
    target = ("--model", "m.safetensors") if command == "train" else ("--output", "out")
    option, name = target
    outcome = run(command, folder, option, tmp_path / name, "--steps", 1)
    assert f"{damaged} is left out of the training" in outcome.err
    assert (tmp_path / name).exists()
    assert outcome.code == (command == "denoise")


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_one_damaged_image_is_refused_by_a_sentence(
    run: Run, damaged: Path, tmp_path: Path, command: str
) -> None:
    option = "--reference" if command == "evaluate" else "--model"
    outcome = run(command, damaged, option, damaged if command == "evaluate" else tmp_path / "m")
    assert outcome.code == 1
    assert "Expected pixels that can be read" in outcome.err
    assert "Traceback" not in outcome.err
