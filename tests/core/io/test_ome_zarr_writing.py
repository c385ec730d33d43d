from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_noise2same.core.io import Image, chunk_shape, open_pyramid, read_image, write_image

zarr = pytest.importorskip("zarr", reason="Zarr files need the extra 'zarr'")


def ome(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((path / "zarr.json").read_text())["attributes"]["ome"]
    return found


def test_a_large_image_is_written_at_several_sizes(tmp_path: Path) -> None:
    data = np.random.default_rng(0).poisson(90, (2, 1100, 600)).astype(np.uint16)
    image = Image(data, "CYX", spacing={"Y": 0.5, "X": 0.25}, channel_names=("a", "b"))
    write_image(tmp_path / "a.zarr", data, image)
    levels = open_pyramid(tmp_path / "a.zarr").levels
    assert [level.shape for level in levels] == [(2, 1100, 600), (2, 550, 300), (2, 275, 150)]
    mean = data.reshape(2, 550, 2, 300, 2).mean(axis=(2, 4))
    np.testing.assert_array_equal(levels[1][...], np.rint(mean))
    found = read_image(tmp_path / "a.zarr")
    np.testing.assert_array_equal(np.asarray(found.data), data)
    assert found.spacing == {"Y": 0.5, "X": 0.25}


@pytest.mark.parametrize("code", ["?", "b", ">u2", "<i4", "l", "q", "Q", ">u8", "e", ">f4", "d"])
def test_any_number_can_be_written_whatever_c_calls_it(tmp_path: Path, code: str) -> None:
    data = np.arange(12).reshape(3, 4).astype(code)
    write_image(tmp_path / "a.zarr", data, Image(data, "YX"))
    found = read_image(tmp_path / "a.zarr").data
    assert np.dtype(found.dtype).name == data.dtype.name
    np.testing.assert_array_equal(np.asarray(found[...]), data)


def test_the_centre_of_a_coarser_pixel_lies_between_those_it_covers(tmp_path: Path) -> None:
    data = np.zeros((1, 2000), np.float32)
    write_image(tmp_path / "a.zarr", data, Image(data, "YX", spacing={"Y": 3.0, "X": 0.5}))
    datasets = ome(tmp_path / "a.zarr")["multiscales"][0]["datasets"]
    assert [level["coordinateTransformations"] for level in datasets] == [
        [{"type": "scale", "scale": [3.0, 0.5]}],
        [
            {"type": "scale", "scale": [3.0, 1.0]},
            {"type": "translation", "translation": [0.0, 0.25]},
        ],
        [
            {"type": "scale", "scale": [3.0, 2.0]},
            {"type": "translation", "translation": [0.0, 0.75]},
        ],
    ]


def test_a_result_lies_where_its_source_does(tmp_path: Path) -> None:
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    own = [{"type": "scale", "scale": [0.5, 0.25]}, {"type": "translation", "translation": [5, 7]}]
    multiscale = {
        "axes": axes,
        "datasets": [{"path": "0", "coordinateTransformations": own}],
        "coordinateTransformations": [{"type": "scale", "scale": [2.0, 2.0]}],
    }
    attributes: dict[str, Any] = {"ome": {"version": "0.5", "multiscales": [multiscale]}}
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", attributes=attributes)
    group.create_array("0", data=np.zeros((600, 8), np.float32))
    source = read_image(tmp_path / "a.zarr")
    assert source.spacing == {"Y": 1.0, "X": 0.5}
    write_image(tmp_path / "b.zarr", np.asarray(source.data), source)
    datasets = ome(tmp_path / "b.zarr")["multiscales"][0]["datasets"]
    assert [level["coordinateTransformations"][1]["translation"] for level in datasets] == [
        [10.0, 14.0],
        [10.5, 14.25],
    ]


def test_colours_and_display_range_of_the_source_are_kept(tmp_path: Path) -> None:
    data = np.zeros((2, 8, 8), np.uint8)
    write_image(tmp_path / "a.zarr", data, Image(data, "CYX", channel_names=("a", "b")))
    path = tmp_path / "a.zarr" / "zarr.json"
    content = json.loads(path.read_text())
    window = {"min": 0, "max": 255, "start": 10, "end": 90}
    content["attributes"]["ome"]["omero"]["channels"][1] |= {"color": "00FF00", "window": window}
    path.write_text(json.dumps(content))
    image = read_image(tmp_path / "a.zarr")
    write_image(tmp_path / "b.zarr", data.astype(np.float32), image)
    first, second = ome(tmp_path / "b.zarr")["omero"]["channels"]
    assert (second["label"], second["color"], second["window"]) == ("b", "00FF00", window)
    assert (first["label"], first["color"]) == ("a", "FFFFFF")


def test_colours_are_kept_where_channels_have_no_names(tmp_path: Path) -> None:
    channels = [{"color": "FF0000"}, {"color": "0000FF"}]
    data = np.zeros((2, 8, 8), np.uint8)
    image = Image(data, "CYX", metadata={"omero": {"channels": channels}})
    write_image(tmp_path / "a.zarr", data, image)
    found = ome(tmp_path / "a.zarr")["omero"]["channels"]
    assert [channel["color"] for channel in found] == ["FF0000", "0000FF"]


def test_colours_of_another_number_of_channels_are_left_out(tmp_path: Path) -> None:
    data = np.zeros((2, 8, 8), np.uint8)
    image = Image(data, "CYX", metadata={"omero": {"channels": [{"color": "FF0000"}]}})
    write_image(tmp_path / "a.zarr", data, image)
    assert "omero" not in ome(tmp_path / "a.zarr")


@pytest.mark.parametrize(
    ("axes", "spatial", "expected"),
    [
        ("TCYX", "YX", (1, 1, 512, 512)),
        ("TZYX", "YX", (1, 1, 512, 512)),
        ("TZYX", "ZYX", (1, 16, 256, 256)),
    ],
)
def test_chunks_are_longer_than_one_along_spatial_axes_only(
    axes: str, spatial: str, expected: tuple[int, ...]
) -> None:
    assert chunk_shape((20, 20, 1000, 1000), axes, spatial) == expected
