from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_noise2same.core.io import read_image, write_image

STACK = np.zeros((4, 2, 8, 9), np.uint16)


def test_ome_sizes_units_and_names_are_read(tmp_path: Path) -> None:
    metadata = {
        "axes": "TCYX",
        "PhysicalSizeX": 65.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.065,
        "TimeIncrement": 2.5,
        "TimeIncrementUnit": "min",
        "Channel": {"Name": ["DAPI", "GFP"], "EmissionWavelength": [450, 510]},
        "Description": "first try",
    }
    tifffile.imwrite(tmp_path / "a.tif", STACK, ome=True, metadata=metadata)
    image = read_image(tmp_path / "a.tif")
    assert image.spacing == {"X": 65.0, "Y": 0.065, "T": 2.5}
    assert image.units == {"X": "nanometer", "Y": "micrometer", "T": "minute"}
    assert image.channel_names == ("DAPI", "GFP")
    channels = image.metadata["ome"]["Channel"]
    assert [channel["EmissionWavelength"] for channel in channels] == ["450", "510"]
    assert image.metadata["ome"]["Description"] == "first try"


def test_ome_attributes_that_some_channels_lack_are_kept_for_the_others(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    channel = {"Name": ["DAPI", "GFP"], "Fluor": ["dye", "none"]}
    tifffile.imwrite(path, STACK, ome=True, metadata={"axes": "TCYX", "Channel": channel})
    xml = tifffile.tiffcomment(path)
    assert isinstance(xml, str)
    tifffile.tiffcomment(path, xml.replace(' Fluor="none"', ""))
    image = read_image(path)
    assert image.channel_names == ("DAPI", "GFP")
    write_image(tmp_path / "b.ome.tif", STACK, image)
    first, second = read_image(tmp_path / "b.ome.tif").metadata["ome"]["Channel"]
    assert first["Fluor"] == "dye"
    assert "Fluor" not in second


@pytest.mark.parametrize(
    ("text", "found"), [("0,5", 0.5), ("", None), ("unknown", None), ("NaN", None)]
)
def test_an_ome_size_that_is_no_number_is_left_out(
    tmp_path: Path, text: str, found: float | None
) -> None:
    path = tmp_path / "a.tif"
    sizes = {"PhysicalSizeX": "text", "PhysicalSizeY": 0.25}
    tifffile.imwrite(path, STACK, ome=True, metadata={"axes": "TCYX", **sizes})
    xml = tifffile.tiffcomment(path)
    assert isinstance(xml, str)
    tifffile.tiffcomment(path, xml.replace('"text"', f'"{text}"'))
    assert read_image(path).spacing == ({"X": found} if found else {}) | {"Y": 0.25}


def test_entries_of_other_programs_are_no_sizes(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", STACK[0], metadata={"axes": "ZYX", "spacing": 2.0})
    assert read_image(tmp_path / "a.tif").spacing == {}


@pytest.mark.parametrize("unit", ["\\u00B5m", "micron", "um"])
def test_imagej_sizes_and_units_are_read(tmp_path: Path, unit: str) -> None:
    metadata = {"axes": "TCYX", "unit": unit, "spacing": -0.5, "finterval": 30.0, "min": 3.0}
    tifffile.imwrite(tmp_path / "a.tif", STACK, imagej=True, resolution=(10, 4), metadata=metadata)
    image = read_image(tmp_path / "a.tif")
    assert image.spacing == {"X": 0.1, "Y": 0.25, "T": 30.0}
    assert image.units == {"X": "micrometer", "Y": "micrometer", "T": "second"}
    assert image.metadata["imagej"]["min"] == 3.0
    assert read_image(tmp_path / "a.tif", axes="ZCYX").spacing["Z"] == 0.5


def test_imagej_units_of_single_axes_count(tmp_path: Path) -> None:
    units = {"unit": "micron", "yunit": "nm", "zunit": "mm", "tunit": "min"}
    metadata = {"axes": "TZYX", "spacing": 2.0, "finterval": 5.0, **units}
    tifffile.imwrite(tmp_path / "a.tif", STACK, imagej=True, resolution=(4, 4), metadata=metadata)
    image = read_image(tmp_path / "a.tif")
    assert image.spacing == {"X": 0.25, "Y": 0.25, "Z": 2.0, "T": 5.0}
    assert image.units == {"X": "micrometer", "Y": "nanometer", "Z": "millimeter", "T": "minute"}


def test_how_fast_imagej_plays_a_movie_is_not_how_fast_it_was_taken(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", STACK[:, 0], imagej=True, metadata={"axes": "TYX", "fps": 4.0}
    )
    image = read_image(tmp_path / "a.tif")
    assert image.spacing == {}
    assert image.metadata["imagej"]["fps"] == 4.0


def test_an_imagej_file_without_calibration_has_no_sizes(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif",
        STACK,
        imagej=True,
        resolution=(1, 1),
        metadata={"axes": "ZCYX", "unit": "pixel"},
    )
    assert read_image(tmp_path / "a.tif").spacing == {}


@pytest.mark.parametrize(
    ("labels", "names"),
    [(["GFP", "RFP"] * 4, ("GFP", "RFP")), ([f"plane {i}" for i in range(8)], ())],
)
def test_imagej_labels_are_names_if_all_planes_of_a_channel_agree(
    tmp_path: Path, labels: list[str], names: tuple[str, ...]
) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", STACK, imagej=True, metadata={"axes": "ZCYX", "Labels": labels}
    )
    assert read_image(tmp_path / "a.tif").channel_names == names


@pytest.mark.parametrize(
    ("resolution", "unit", "size"),
    [
        ((20_000, 20_000), "CENTIMETER", 0.5),
        ((25_400, 25_400), "INCH", 1.0),
        ((300, 300), "INCH", None),
        ((300, 300), "CENTIMETER", 100 / 3),
        ((300, 300), "NONE", None),
        ((1, 1), "CENTIMETER", None),
    ],
)
def test_resolution_tags_give_a_size_unless_they_are_a_default(
    tmp_path: Path, resolution: Any, unit: str, size: float | None
) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", STACK[0, 0], resolution=resolution, resolutionunit=unit, metadata=None
    )
    image = read_image(tmp_path / "a.tif")
    expected = {} if size is None else {"X": size, "Y": size}
    assert image.spacing == pytest.approx(expected)
    assert set(image.units.values()) <= {"micrometer"}


def test_sizes_of_axes_that_the_user_denies_are_left_out(tmp_path: Path) -> None:
    metadata = {"axes": "ZYX", "unit": "um", "spacing": 0.5}
    tifffile.imwrite(
        tmp_path / "a.tif", STACK[:, 0], imagej=True, resolution=(10, 10), metadata=metadata
    )
    assert set(read_image(tmp_path / "a.tif", axes="TYX").spacing) == {"X", "Y"}
