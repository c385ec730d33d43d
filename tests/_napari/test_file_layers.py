from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_noise2same._napari.file_layers import read_layers
from napari_noise2same.core.batch import Job
from napari_noise2same.core.errors import FileError


def read(source: Path, target: Path) -> list[Any]:
    (layers,) = read_layers(Job(source, target, f"day 1/{source.name}"))
    return layers


def test_the_result_comes_if_it_is_there(tmp_path: Path) -> None:
    source, target = tmp_path / "a.tif", tmp_path / "b.tif"
    tifffile.imwrite(source, np.arange(64, dtype=np.uint16).reshape(8, 8))
    assert [arguments["name"] for _, arguments in read(source, target)] == ["a.tif"]
    tifffile.imwrite(target, np.ones((8, 8), np.float32))
    (_, noisy), (_, result) = read(source, target)
    assert (noisy["name"], result["name"]) == ("a.tif", "a.tif [n2s]")
    assert noisy["contrast_limits"] == result["contrast_limits"] == pytest.approx((0, 63), abs=1)


def test_planes_of_colours_become_colours_that_come_last(tmp_path: Path) -> None:
    path = tmp_path / "planar.tif"
    pixels = np.random.default_rng(0).integers(0, 255, (3, 8, 9), np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb", planarconfig="separate")
    ((data, arguments),) = read(path, tmp_path / "none.tif")
    assert arguments["rgb"]
    assert arguments["axis_labels"] == ("y", "x")
    np.testing.assert_array_equal(data, np.moveaxis(pixels, 0, -1))


@pytest.mark.parametrize("value", [5.0, np.nan])
def test_flat_images_have_contrast_limits_that_differ(tmp_path: Path, value: float) -> None:
    path = tmp_path / "flat.npy"
    np.save(path, np.full((8, 8), value))
    ((_, arguments),) = read(path, tmp_path / "none.npy")
    low, high = arguments["contrast_limits"]
    assert low < high


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nothing at"):
        read(tmp_path / "none.tif", tmp_path / "none.tif")
