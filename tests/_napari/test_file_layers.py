from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari.layers import Image as ImageLayer

from napari_noise2same._napari.file_layers import read_layers
from napari_noise2same.core.batch import Job
from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io import Image, write_image

pytestmark = pytest.mark.usefixtures("threads_of_zarr")


def read(source: Path, target: Path) -> list[Any]:
    (layers,) = read_layers(Job(source, target, f"day 1/{source.name}"))
    return layers


def write_result(path: Path, pixels: np.ndarray, axes: str, **options: Any) -> None:
    """Write an image that says that we have made it."""
    write_image(path, pixels, Image(pixels, axes, **options), description={"model": "m"})


def test_the_result_comes_if_it_is_there(tmp_path: Path) -> None:
    source, target = tmp_path / "a.tif", tmp_path / "b.tif"
    tifffile.imwrite(source, np.arange(64, dtype=np.uint16).reshape(8, 8))
    assert [arguments["name"] for _, arguments in read(source, target)] == ["a.tif"]
    tifffile.imwrite(target, np.ones((8, 8), np.float32))
    assert len(read(source, target)) == 1  # somebody else's
    target.unlink()
    write_result(target, np.ones((8, 8), np.float32), "YX")
    (_, noisy), (_, result) = read(source, target)
    assert (noisy["name"], result["name"]) == ("a.tif", "a.tif [n2s]")
    assert noisy["contrast_limits"] == result["contrast_limits"] == pytest.approx((0, 63), abs=1)


def test_images_of_several_sizes_are_shown_at_the_one_that_fits(tmp_path: Path) -> None:
    source, target = tmp_path / "a.ome.zarr", tmp_path / "b.ome.zarr"
    pixels = np.random.default_rng(0).poisson(60, (2, 3, 1100, 40)).astype(np.uint16)
    for path in (source, target):
        write_result(path, pixels, "CZYX", spacing={"Y": 0.2, "X": 0.1})
    layers = read(source, target)
    assert len(layers) == 2
    for data, arguments in layers:
        layer = ImageLayer(data, **arguments)
        sizes = [(3, 2, 1100, 40), (3, 2, 550, 20), (3, 2, 275, 10)]
        assert [level.shape for level in layer.data] == sizes
        assert layer.data_level == 2
        assert layer.axis_labels == ("z", "c", "y", "x")
        np.testing.assert_allclose(layer.scale, (1, 1, 0.2, 0.1))
        np.testing.assert_array_equal(layer.data[0], pixels.swapaxes(0, 1))


def test_an_image_of_one_size_is_a_plain_layer(tmp_path: Path) -> None:
    path, pixels = tmp_path / "a.ome.zarr", np.ones((8, 9), np.uint16)
    write_image(path, pixels, Image(pixels, "YX"))
    ((data, arguments),) = read(path, tmp_path / "none.zarr")
    assert data.shape == (8, 9)
    assert not arguments["multiscale"]


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


def test_nothing_is_shown_and_no_result_is_read_when_told_to_stop(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.ones((8, 8)))
    damaged = tmp_path / "b.npy"
    damaged.write_bytes(b"damaged")
    assert list(read_layers(Job(path, damaged, "a.npy"), lambda: True)) == []


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nothing at"):
        read(tmp_path / "none.tif", tmp_path / "none.tif")
