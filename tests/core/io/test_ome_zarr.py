from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_noise2same.core.batch import find_images
from napari_noise2same.core.errors import AxesError, FileError, MissingDependencyError
from napari_noise2same.core.io import Image, read_image, write_image, zarr_levels

zarr = pytest.importorskip("zarr", reason="Zarr files need the extra 'zarr'")

SHAPE = {"T": 2, "C": 2, "Z": 3, "Y": 12, "X": 10, "S": 3}


def make_image(axes: str, dtype: str = "uint16") -> Image:
    data = (np.random.default_rng(0).random([SHAPE[axis] for axis in axes]) * 99).astype(dtype)
    return Image(
        data,
        axes,
        spacing={"Y": 0.11, "X": 0.1},
        units={"Y": "micrometer", "X": "micrometer"},
        channel_names=("DAPI", "GFP") if "C" in axes else (),
    )


@pytest.mark.parametrize("axes", ["YX", "ZYX", "TYX", "CZYX", "TCZYX"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64", "bool"])
def test_a_file_tells_all_of_an_image(tmp_path: Path, axes: str, dtype: str) -> None:
    image = make_image(axes, dtype)
    write_image(tmp_path / "a.ome.zarr", np.asarray(image.data), image)
    found = read_image(tmp_path / "a.ome.zarr")
    assert isinstance(found.data, zarr.Array)
    assert found.axes == axes
    assert found.spacing == image.spacing
    assert found.units == image.units
    assert found.channel_names == image.channel_names
    np.testing.assert_array_equal(found.data[...], np.asarray(image.data))


@pytest.mark.parametrize(("axes", "order"), [("ZCYX", "CZYX"), ("YXS", "SYX")])
def test_axes_get_the_order_that_the_format_prescribes(
    tmp_path: Path, axes: str, order: str
) -> None:
    image = make_image(axes)
    write_image(tmp_path / "a.zarr", np.asarray(image.data), image)
    found = read_image(tmp_path / "a.zarr")
    assert found.axes == order.replace("S", "C")
    moved = np.transpose(np.asarray(image.data), [axes.index(axis) for axis in order])
    np.testing.assert_array_equal(found.data[...], moved)


def test_the_array_alone_tells_its_axes_too(tmp_path: Path) -> None:
    image = make_image("CZYX")
    write_image(tmp_path / "a.zarr", np.asarray(image.data), image)
    assert read_image(tmp_path / "a.zarr" / "0").axes == "CZYX"


def test_the_metadata_follow_version_0_5(tmp_path: Path) -> None:
    image = make_image("CYX", "float32")
    path = tmp_path / "a.zarr"
    write_image(path, np.asarray(image.data), image, description={"model": "m"})
    attributes = json.loads((path / "zarr.json").read_text())["attributes"]
    assert attributes["napari-noise2same"] == {"model": "m"}
    assert attributes["ome"]["version"] == "0.5"
    assert attributes["ome"]["multiscales"] == [
        {
            "axes": [
                {"name": "c", "type": "channel"},
                {"name": "y", "type": "space", "unit": "micrometer"},
                {"name": "x", "type": "space", "unit": "micrometer"},
            ],
            "datasets": [
                {
                    "path": "0",
                    "coordinateTransformations": [{"type": "scale", "scale": [1.0, 0.11, 0.1]}],
                }
            ],
        }
    ]
    channels = attributes["ome"]["omero"]["channels"]
    assert [channel["label"] for channel in channels] == ["DAPI", "GFP"]
    assert channels[1]["window"]["end"] == float(np.asarray(image.data)[1].max())


def test_a_tile_needs_a_small_part_of_a_large_image(tmp_path: Path) -> None:
    image = Image(np.zeros((2, 40, 300, 300), np.uint8), "TZYX")
    write_image(tmp_path / "a.zarr", np.asarray(image.data), image)
    assert read_image(tmp_path / "a.zarr").data.chunks == (1, 16, 256, 256)  # type: ignore[attr-defined]


def write_group(path: Path, version: int, attributes: dict[str, Any]) -> None:
    group = zarr.open_group(path, mode="w", zarr_format=version, attributes=attributes)
    for level, size in enumerate((8, 4)):
        group.create_array(str(level), shape=(2, size, size), dtype="uint16")


@pytest.mark.parametrize("version", [2, 3])
def test_the_finest_level_is_read_with_both_scales(tmp_path: Path, version: int) -> None:
    scale = [{"type": "scale", "scale": [1.0, 0.5, 0.5]}]
    multiscales = [
        {
            "axes": [
                {"name": "time", "type": "time", "unit": "second"},
                {"name": "y", "type": "space", "unit": "nanometer"},
                {"name": "x", "type": "space"},
            ],
            "datasets": [
                {"path": "0", "coordinateTransformations": scale},
                {"path": "1", "coordinateTransformations": scale},
            ],
            "coordinateTransformations": [
                {"type": "scale", "scale": [30.0, 2.0, 1.0]},
                {"type": "translation", "translation": [9.0, 9.0, 9.0]},
            ],
        }
    ]
    content = {"multiscales": multiscales}
    write_group(tmp_path / "a.zarr", version, content if version == 2 else {"ome": content})
    image = read_image(tmp_path / "a.zarr")
    assert image.data.shape == (2, 8, 8)
    assert image.axes == "TYX"
    assert image.spacing == {"T": 30.0, "Y": 1.0, "X": 0.5}
    assert image.units == {"T": "second", "Y": "nanometer"}


def test_what_is_null_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    axes = [{"name": "c", "type": "channel", "unit": None}, {"name": "y"}, {"name": "x"}]
    level = {"path": "0", "coordinateTransformations": None}
    omero = {"id": None, "channels": [{"label": None, "window": None}, {"label": "GFP"}]}
    image = {"axes": axes, "coordinateTransformations": None, "datasets": [level]}
    write_group(tmp_path / "a.zarr", 2, {"multiscales": [image], "omero": omero})
    found = read_image(tmp_path / "a.zarr")
    assert (found.axes, found.units, found.channel_names) == ("CYX", {}, ("", "GFP"))
    write_image(tmp_path / "b.zarr", np.asarray(found.data), found)
    content = json.loads((tmp_path / "b.zarr/zarr.json").read_text())
    assert "null" not in json.dumps(content["attributes"])
    write_group(tmp_path / "c.zarr", 2, {"multiscales": [image], "omero": {"channels": None}})
    assert read_image(tmp_path / "c.zarr").channel_names == ()
    write_group(tmp_path / "d.zarr", 2, {"multiscales": [image], "omero": None})
    assert not read_image(tmp_path / "d.zarr").metadata


@pytest.mark.parametrize("version", [2, 3])
def test_all_sizes_of_an_image_are_opened_finest_first(tmp_path: Path, version: int) -> None:
    multiscales = [{"axes": ["t", "y", "x"], "datasets": [{"path": "0"}, {"path": "1"}]}]
    content = {"multiscales": multiscales}
    write_group(tmp_path / "a.zarr", version, content if version == 2 else {"ome": content})
    assert [level.shape for level in zarr_levels(tmp_path / "a.zarr")] == [(2, 8, 8), (2, 4, 4)]
    assert [level.shape for level in zarr_levels(tmp_path / "a.zarr" / "1")] == [(2, 4, 4)]


def test_a_missing_size_is_refused(tmp_path: Path) -> None:
    image = {"axes": ["t", "y", "x"], "datasets": [{"path": "0"}, {"path": "9"}]}
    write_group(tmp_path / "a.zarr", 2, {"multiscales": [image]})
    with pytest.raises(FileError, match=r"damaged metadata .*9"):
        zarr_levels(tmp_path / "a.zarr")


def test_axes_of_version_0_3_are_names_alone(tmp_path: Path) -> None:
    image = {"axes": ["c", "y", "x"], "datasets": [{"path": "0"}]}
    write_group(tmp_path / "a.zarr", 2, {"multiscales": [image]})
    assert read_image(tmp_path / "a.zarr").axes == "CYX"


def test_axes_before_version_0_3_are_always_the_same(tmp_path: Path) -> None:
    attributes = {"multiscales": [{"datasets": [{"path": "0"}]}]}
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2, attributes=attributes)
    group.create_array("0", shape=(1, 2, 3, 8, 8), dtype="uint16")
    assert read_image(tmp_path / "a.zarr").axes == "TCZYX"


def test_an_axis_of_any_name_is_told_by_its_type(tmp_path: Path) -> None:
    axes = [
        {"name": "stain", "type": "channel"},
        {"name": "y", "type": "space"},
        {"name": "x", "type": "space"},
    ]
    image = {"axes": axes, "datasets": [{"path": "0"}]}
    write_group(tmp_path / "a.zarr", 2, {"multiscales": [image]})
    assert read_image(tmp_path / "a.zarr").axes == "CYX"


def test_the_first_image_of_a_converted_microscope_file_is_read(tmp_path: Path) -> None:
    zarr.open_group(tmp_path, mode="w", attributes={"ome": {"bioformats2raw.layout": 3}})
    image = make_image("CYX")
    write_image(tmp_path / "0.zarr", np.asarray(image.data), image)
    (tmp_path / "0.zarr").rename(tmp_path / "0")
    assert read_image(tmp_path).channel_names == ("DAPI", "GFP")
    assert [level.shape for level in zarr_levels(tmp_path)] == [image.data.shape]


def test_of_several_images_the_first_is_read_with_a_warning(tmp_path: Path) -> None:
    zarr.open_group(tmp_path, mode="w", attributes={"ome": {"bioformats2raw.layout": 3}})
    for number in range(3):
        image = Image(np.full((4, 5), number, np.uint8), "YX")
        write_image(tmp_path / f"{number}.zarr", np.asarray(image.data), image)
        (tmp_path / f"{number}.zarr").rename(tmp_path / str(number))
    zarr.open_group(tmp_path / "OME", mode="w")
    with pytest.warns(UserWarning, match="holds 3 images, of which the first is read"):
        assert not np.asarray(read_image(tmp_path).data).any()


def test_of_several_multiscales_the_first_is_read_with_a_warning(tmp_path: Path) -> None:
    image = {"axes": ["c", "y", "x"], "datasets": [{"path": "0"}]}
    write_group(tmp_path / "a.zarr", 2, {"multiscales": [image, image]})
    with pytest.warns(UserWarning, match="holds 2 images, of which the first is read"):
        read_image(tmp_path / "a.zarr")


@pytest.mark.parametrize("version", [2, 3])
def test_an_array_is_opened_without_loading_it(tmp_path: Path, version: int) -> None:
    zarr.create_array(tmp_path / "a", shape=(3, 8, 8), dtype="uint8", zarr_format=version)
    image = read_image(tmp_path / "a")
    assert image.axes == "TYX"
    assert isinstance(image.data, zarr.Array)
    assert read_image(tmp_path / "a", axes="CYX").axes == "CYX"


def test_an_array_may_name_its_dimensions(tmp_path: Path) -> None:
    zarr.create_array(
        tmp_path / "a", shape=(3, 8, 8), dtype="uint8", dimension_names=["z", "y", "x"]
    )
    assert read_image(tmp_path / "a").axes == "ZYX"


def test_an_array_of_one_dimension_is_no_image(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "a", shape=(8,), dtype="uint8")
    with pytest.raises(AxesError, match=r"\(8,\)"):
        read_image(tmp_path / "a")


def test_a_plate_and_a_well_are_told_by_the_pattern_of_their_images(tmp_path: Path) -> None:
    plate = tmp_path / "p.zarr"
    groups: dict[str, dict[str, Any]] = {"": {"plate": {}}, "A": {}, "A/1": {"well": {}}}
    for place, content in groups.items():
        zarr.open_group(plate / place, mode="w", zarr_format=2, attributes=content)
    image = make_image("CYX")
    write_image(plate / "A/1/0.zarr", np.asarray(image.data), image)
    (plate / "A/1/0.zarr").rename(plate / "A/1/0")
    for group, kind in ((plate, "plate"), (plate / "A/1", "well")):
        with pytest.raises(FileError, match=f"is a {kind} of many: .* pattern '") as caught:
            read_image(group)
        (found,) = find_images([str(caught.value).split("'")[1]])
        assert found.path == plate / "A/1/0"
        assert read_image(found.path).axes == "CYX"


@pytest.mark.parametrize("content", ["{", "[]", '{"zarr_format": 3, "node_type": "group"}'])
def test_damaged_or_empty_groups_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "zarr.json").write_text(content)
    with pytest.raises(FileError, match="Expected a Zarr array or an OME-Zarr image"):
        read_image(tmp_path)


def test_a_level_that_is_no_array_is_refused(tmp_path: Path) -> None:
    image = {"axes": ["c", "y", "x"], "datasets": [{"path": "sub"}]}
    write_group(tmp_path, 2, {"multiscales": [image]})
    zarr.open_group(tmp_path / "sub", mode="w", zarr_format=2)
    with pytest.raises(FileError, match="sub is not an array"):
        read_image(tmp_path)


def test_a_channel_without_any_number_has_a_display_window_all_the_same(tmp_path: Path) -> None:
    data = np.array([[[np.nan, np.nan]], [[1.0, np.inf]]], np.float32)
    image = Image(data, "CYX", channel_names=("a", "b"))
    write_image(tmp_path / "a.zarr", data, image)
    attributes = json.loads((tmp_path / "a.zarr" / "zarr.json").read_text())["attributes"]
    windows = [channel["window"] for channel in attributes["ome"]["omero"]["channels"]]
    assert [(window["start"], window["end"]) for window in windows] == [(0.0, 1.0), (1.0, 1.0)]


def test_channels_of_rgb_do_not_fit(tmp_path: Path) -> None:
    image = Image(np.zeros((1, 8, 8, 3), np.uint8), "CYXS")
    with pytest.raises(FileError, match="CYXS"):
        write_image(tmp_path / "a.zarr", np.asarray(image.data), image)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = make_image("YX")
    write_image(tmp_path / "a.zarr", np.asarray(image.data), image)
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(MissingDependencyError, match=r"napari-noise2same\[zarr\]"):
        read_image(tmp_path / "a.zarr")
    with pytest.raises(MissingDependencyError, match=r"napari-noise2same\[zarr\]"):
        write_image(tmp_path / "b.zarr", np.asarray(image.data), image)
