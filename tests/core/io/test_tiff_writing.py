from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io import Image, read_image, tiff_writing, write_image

SPACING = {"T": 1.5, "Z": 0.3, "Y": 0.11, "X": 0.1}
UNITS = {"T": "second", "Z": "micrometer", "Y": "micrometer", "X": "micrometer"}
SHAPE = {"T": 2, "Z": 3, "C": 2, "Y": 12, "X": 10, "S": 3}


def make_image(axes: str, dtype: str = "uint16", **options: Any) -> Image:
    shape = tuple(SHAPE[axis] for axis in axes)
    scale = 200 if dtype != "bool" else 2
    data = np.floor(np.random.default_rng(0).random(shape) * scale).astype(dtype)
    spatial = [axis for axis in axes if axis in SPACING]
    defaults: dict[str, Any] = {
        "spacing": {axis: SPACING[axis] for axis in spatial},
        "units": {axis: UNITS[axis] for axis in spatial},
        "channel_names": ("DAPI", "GFP") if "C" in axes else (),
    }
    return Image(data, axes, **(defaults | options))


def round_trip(path: Path, image: Image) -> Image:
    write_image(path, np.asarray(image.data), image)
    return read_image(path)


def assert_same(found: Image, image: Image) -> None:
    assert found.axes == image.axes
    assert found.spacing == pytest.approx(dict(image.spacing), rel=1e-6)
    assert found.units == image.units
    assert found.channel_names == image.channel_names
    assert found.data.dtype == image.data.dtype
    np.testing.assert_array_equal(found.data, np.asarray(image.data))


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.tf8"])
@pytest.mark.parametrize(
    "axes", ["YX", "ZYX", "TYX", "CYX", "ZCYX", "TZCYX", "CZYX", "YXS", "TYXS"]
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_a_file_tells_all_of_an_image(tmp_path: Path, name: str, axes: str, dtype: str) -> None:
    image = make_image(axes, dtype)
    assert_same(round_trip(tmp_path / name, image), image)


@pytest.mark.parametrize("axes", ["YXC", "TYXC"])
@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_channels_may_come_last(tmp_path: Path, axes: str, n_channels: int) -> None:
    data = make_image(axes).data[..., :1] * np.arange(1, n_channels + 1, dtype=np.uint16)
    assert_same(round_trip(tmp_path / "a.tif", Image(data, axes)), Image(data, axes))


@pytest.mark.parametrize("axes", ["XY", "ZXY", "YXC"])
def test_ome_tiff_holds_masks_of_any_order(tmp_path: Path, axes: str) -> None:
    image = make_image(axes, "bool", channel_names=())
    found = round_trip(tmp_path / "a.ome.tif", image)
    order = [axes.index(axis) for axis in found.axes]
    np.testing.assert_array_equal(found.data, np.asarray(image.data).transpose(order))


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.tf8"])
@pytest.mark.parametrize("axes", ["YX", "ZCYX"])
@pytest.mark.parametrize("dtype", ["bool", "uint16", "float32"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_what_was_white_stays_white(
    tmp_path: Path, name: str, axes: str, dtype: str, photometric: str
) -> None:
    noisy = np.asarray(make_image(axes, "bool" if dtype == "bool" else "uint16").data)
    tifffile.imwrite(
        tmp_path / "noisy.tif", noisy, photometric=photometric, metadata={"axes": axes}
    )
    image = read_image(tmp_path / "noisy.tif")
    np.testing.assert_array_equal(image.data, noisy)
    write_image(tmp_path / name, noisy.astype(dtype), image)
    with tifffile.TiffFile(tmp_path / name) as tif:
        assert tif.pages.first.photometric == tifffile.PHOTOMETRIC[photometric.upper()]
    np.testing.assert_array_equal(read_image(tmp_path / name).data, noisy.astype(dtype))


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.tf8"])
def test_date_and_text_of_a_plain_tiff_are_kept(tmp_path: Path, name: str) -> None:
    noisy, date = np.asarray(make_image("YX").data), "2024:02:29 12:00:01"
    tifffile.imwrite(
        tmp_path / "noisy.tif", noisy, description="63x oil", datetime=date, metadata=None
    )
    write_image(
        tmp_path / name, noisy, read_image(tmp_path / "noisy.tif"), description={"by": "us"}
    )
    with tifffile.TiffFile(tmp_path / name) as tif:
        assert tif.pages.first.tags.valueof("DateTime") == date
        if tif.is_ome:
            text = read_image(tmp_path / name).metadata["ome"]["Description"]
        elif tif.imagej_metadata:
            text = tif.imagej_metadata["Info"]
        else:
            assert tif.shaped_metadata is not None
            text = tif.shaped_metadata[0]["info"] + "\nby: us"
    assert text == "63x oil\nby: us"


@pytest.mark.parametrize("axes", ["SYX", "TSYX", "YXS"])
def test_ome_tiff_refuses_samples_of_bits(tmp_path: Path, axes: str) -> None:
    with pytest.raises(FileError, match=r"black and white planes .* found axes T?YXS"):
        round_trip(tmp_path / "a.ome.tif", make_image(axes, "bool"))


def test_ome_channels_that_a_file_describes_in_part_are_left_out(tmp_path: Path) -> None:
    image = make_image("CYX", channel_names=(), metadata={"ome": {"Channel": [{"Name": "DAPI"}]}})
    assert_same(round_trip(tmp_path / "a.ome.tif", image), image)


@pytest.mark.parametrize("axes", ["YX", "ZYX", "TZCYX", "CZYX"])
@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif"])
def test_masks_are_kept(tmp_path: Path, name: str, axes: str) -> None:
    image = make_image(axes, "bool")
    assert_same(round_trip(tmp_path / name, image), image)


def test_masks_with_samples_are_refused(tmp_path: Path) -> None:
    image = make_image("YXS", "bool")
    with pytest.raises(FileError, match="convert it to uint8"):
        write_image(tmp_path / "a.tif", np.asarray(image.data), image)


@pytest.mark.parametrize("axes", ["SYX", "YXC", "ZYXC"])
def test_a_plain_tiff_keeps_any_order_of_axes(tmp_path: Path, axes: str) -> None:
    image = make_image(axes)
    assert_same(round_trip(tmp_path / "a.tif", image), image)


@pytest.mark.parametrize(
    ("axes", "shape", "planar"), [("SYX", (3, 8, 3), "SEPARATE"), ("YXC", (8, 5, 2), "CONTIG")]
)
def test_other_programs_find_samples_of_a_plain_tiff_in_one_page(
    tmp_path: Path, axes: str, shape: tuple[int, ...], planar: str
) -> None:
    round_trip(tmp_path / "a.tif", Image(np.zeros(shape, np.uint8), axes))
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert len(tif.pages) == 1
        assert tif.pages.first.planarconfig == tifffile.PLANARCONFIG[planar]
        assert tif.pages.first.imagewidth == shape[axes.index("X")]


@pytest.mark.parametrize("axes", ["SYX", "YXC"])
def test_ome_tiff_gets_the_order_that_it_prescribes(tmp_path: Path, axes: str) -> None:
    image = make_image(axes)
    found = round_trip(tmp_path / "a.ome.tif", image)
    order = {"SYX": "YXS", "YXC": "CYX"}[axes]
    assert found.axes == order
    moved = np.transpose(np.asarray(image.data), [axes.index(axis) for axis in order])
    np.testing.assert_array_equal(found.data, moved)


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif"])
def test_an_axis_of_length_one_does_not_turn_rows_into_colours(tmp_path: Path, name: str) -> None:
    image = Image(np.arange(5 * 64 * 3, dtype=np.uint8).reshape(5, 64, 3), "ZYX")
    assert_same(round_trip(tmp_path / name, image), image)


def test_a_stack_of_one_plane_stays_a_stack(tmp_path: Path) -> None:
    image = Image(np.zeros((1, 8, 8), np.uint16), "ZYX")
    assert_same(round_trip(tmp_path / "a.tif", image), image)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [("TZYX", (2, 3, 1, 1)), ("CYX", (2, 64, 1)), ("ZYX", (9, 1, 33)), ("YX", (1, 7))],
)
def test_a_line_stays_a_line(tmp_path: Path, axes: str, shape: tuple[int, ...]) -> None:
    image = Image(np.arange(np.prod(shape), dtype=np.uint8).reshape(shape), axes)
    assert_same(round_trip(tmp_path / "a.tif", image), image)


@pytest.mark.parametrize("samples", [3, 4])
def test_rgba_keeps_its_alpha(tmp_path: Path, samples: int) -> None:
    data = np.random.default_rng(0).integers(0, 255, (6, 7, samples)).astype(np.uint8)
    image = Image(data, "YXS")
    assert_same(round_trip(tmp_path / "a.tif", image), image)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.is_imagej is (samples == 3)  # ImageJ itself knows no alpha


@pytest.mark.parametrize(
    ("axes", "dtype", "is_imagej"),
    [
        ("TZCYX", "uint8", True),
        ("TZCYX", "uint16", True),
        ("YX", "float32", True),
        ("YXS", "uint8", True),
        ("YXS", "uint16", False),
        ("CZYX", "uint16", False),
        ("YX", "float64", False),
    ],
)
def test_fiji_gets_a_hyperstack_wherever_it_can(
    tmp_path: Path, axes: str, dtype: str, is_imagej: bool
) -> None:
    round_trip(tmp_path / "a.tif", make_image(axes, dtype))
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.is_imagej is is_imagej


def test_what_is_too_large_for_imagej_becomes_a_plain_tiff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = make_image("ZYX")
    monkeypatch.setattr(tiff_writing, "_IMAGEJ_BYTES", np.asarray(image.data).nbytes)
    assert_same(round_trip(tmp_path / "a.tif", image), image)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert not tif.is_imagej


@pytest.mark.parametrize("unit", ["nanometer", "angstrom", "furlong"])
def test_imagej_keeps_units_other_than_micrometres(tmp_path: Path, unit: str) -> None:
    units = dict.fromkeys("ZYX", unit)
    image = make_image("ZYX", units=units)
    assert_same(round_trip(tmp_path / "a.tif", image), image)


def test_imagej_leaves_out_a_unit_that_it_cannot_spell(tmp_path: Path) -> None:
    image = make_image("YX", units={"Y": "步", "X": "步"})
    found = round_trip(tmp_path / "a.tif", image)
    assert found.units == {}
    assert found.spacing == pytest.approx(dict(image.spacing))


def test_imagej_gets_one_unit_of_length_and_seconds(tmp_path: Path) -> None:
    image = make_image(
        "TZYX",
        spacing={"T": 2.0, "Z": 300.0, "Y": 0.1, "X": 0.1},
        units={"T": "minute", "Z": "nanometer", "Y": "micrometer", "X": "micrometer"},
    )
    found = round_trip(tmp_path / "a.tif", image)
    assert found.spacing == pytest.approx({"T": 120.0, "Z": 0.3, "Y": 0.1, "X": 0.1})
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.imagej_metadata is not None
        assert tif.imagej_metadata["unit"] == "\\u00B5m"


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.tf8"])
def test_sizes_without_a_unit_are_kept(tmp_path: Path, name: str) -> None:
    image = make_image("ZYX", spacing={"Z": 3.0, "Y": 0.5, "X": 0.5}, units={})
    assert_same(round_trip(tmp_path / name, image), image)


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif"])
@pytest.mark.parametrize(("unit", "size"), [("day", 2.0), ("fortnight", 2.0)])
def test_times_are_never_given_in_a_wrong_unit(
    tmp_path: Path, name: str, unit: str, size: float
) -> None:
    data = np.zeros((3, 8, 9), np.uint8)
    image = Image(data, "TYX", spacing={"T": size}, units={"T": unit})
    write_image(tmp_path / name, data, image)
    found = read_image(tmp_path / name)
    # OME has no unit of its own making; ImageJ takes any.
    kept = {("day", "a.tif"): (172_800.0, "second"), ("fortnight", "a.ome.tif"): (None, None)}
    expected = kept.get((unit, name), (size, unit))
    assert (found.spacing.get("T"), found.units.get("T")) == expected


def test_imagej_keeps_the_unit_of_planes_that_pixels_lack(tmp_path: Path) -> None:
    data = np.zeros((3, 8, 9), np.uint8)
    image = Image(data, "ZYX", spacing={"Z": 0.5}, units={"Z": "micrometer"})
    write_image(tmp_path / "a.tif", data, image)
    found = read_image(tmp_path / "a.tif")
    assert (found.spacing["Z"], found.units["Z"]) == (0.5, "micrometer")


@pytest.mark.parametrize("unit", ["meter", "furlong"])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_tiny_pixels_are_written(tmp_path: Path, unit: str, dtype: str) -> None:
    data = np.zeros((8, 9), dtype)
    sizes = {"X": 1e-10, "Y": 2e-10}
    write_image(
        tmp_path / "a.tif", data, Image(data, "YX", spacing=sizes, units=dict.fromkeys("XY", unit))
    )
    found = read_image(tmp_path / "a.tif")
    if unit == "meter" and dtype == "uint8":
        assert found.units == {"X": "nanometer", "Y": "nanometer"}
        assert found.spacing == pytest.approx({"X": 0.1, "Y": 0.2})
    else:
        # ImageJ has no room for so many of an unknown unit; a plain TIFF says it in words.
        assert found.spacing == (sizes if dtype == "float64" else {})


def test_other_programs_find_the_pixel_size_of_a_plain_tiff(tmp_path: Path) -> None:
    round_trip(tmp_path / "a.tif", make_image("YX", "float64"))
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        page = tif.pages.first
        assert page.resolution == pytest.approx((1e5, 1e4 / 0.11), rel=1e-4)
        assert page.resolutionunit == tifffile.RESUNIT.CENTIMETER


def test_a_plain_tiff_claims_no_centimetres_that_are_not_known(tmp_path: Path) -> None:
    round_trip(tmp_path / "a.tif", make_image("YX", "float64", units={}))
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.pages.first.resolutionunit == tifffile.RESUNIT.NONE


def test_imagej_labels_of_planes_are_kept(tmp_path: Path) -> None:
    labels = [f"plane {i}" for i in range(6)]
    round_trip(tmp_path / "a.tif", make_image("ZCYX", metadata={"imagej": {"Labels": labels}}))
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.imagej_metadata is not None
        assert tif.imagej_metadata["Labels"] == labels


def test_imagej_display_settings_survive(tmp_path: Path) -> None:
    luts = [np.zeros((3, 256), np.uint8), np.full((3, 256), 7, np.uint8)]
    metadata = {
        "axes": "CYX",
        "mode": "composite",
        "Ranges": (1.0, 90.0, 2.0, 80.0),
        "LUTs": luts,
        "Info": "from the microscope",
    }
    data = np.asarray(make_image("CYX").data)
    tifffile.imwrite(tmp_path / "in.tif", data, imagej=True, metadata=metadata)
    write_image(tmp_path / "out.tif", data, read_image(tmp_path / "in.tif"))
    with tifffile.TiffFile(tmp_path / "out.tif") as tif:
        found = tif.imagej_metadata
    assert found is not None
    assert found["mode"] == "composite"
    assert found["Ranges"] == (1.0, 90.0, 2.0, 80.0)
    assert found["Info"] == "from the microscope"
    np.testing.assert_array_equal(found["LUTs"][1], luts[1])


def test_ome_attributes_survive(tmp_path: Path) -> None:
    channel = {"Name": ["a", "b"], "EmissionWavelength": [450, 510]}
    about = {"Name": "embryo 7", "AcquisitionDate": "2024-05-17T09:30:00", "Description": "late"}
    data = np.asarray(make_image("CYX").data)
    tifffile.imwrite(
        tmp_path / "in.ome.tif", data, metadata={"axes": "CYX", "Channel": channel} | about
    )
    write_image(tmp_path / "out.ome.tif", data, read_image(tmp_path / "in.ome.tif"))
    found = read_image(tmp_path / "out.ome.tif").metadata["ome"]
    assert [channel["EmissionWavelength"] for channel in found["Channel"]] == ["450", "510"]
    assert {key: found[key] for key in about} == about


def test_metadata_of_planes_and_channels_are_dropped_with_their_number(tmp_path: Path) -> None:
    image = make_image("CYX", metadata={"imagej": {"Labels": ["a", "b"]}})
    write_image(tmp_path / "a.tif", np.zeros((5, 12, 10), np.uint16), image)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.imagej_metadata is not None
        assert "Labels" not in tif.imagej_metadata


@pytest.mark.parametrize("dtype", ["float16", "uint64"])
def test_ome_tiff_refuses_types_that_it_does_not_have(tmp_path: Path, dtype: str) -> None:
    image = make_image("YX", dtype)
    with pytest.raises(FileError, match=f"^Expected one of the types.*found {dtype}"):
        write_image(tmp_path / "a.ome.tif", np.asarray(image.data), image)
    assert_same(round_trip(tmp_path / "a.tif", image), image)


@pytest.mark.parametrize(
    ("name", "dtype"), [("a.tif", "uint16"), ("a.tif", "float64"), ("a.ome.tif", "uint16")]
)
def test_the_file_tells_how_it_was_made(tmp_path: Path, name: str, dtype: str) -> None:
    image = make_image(
        "ZYX", dtype, metadata={"imagej": {"Info": "raw"}, "ome": {"Description": "raw"}}
    )
    write_image(tmp_path / name, np.asarray(image.data), image, description={"model": "λ & co"})
    with tifffile.TiffFile(tmp_path / name) as tif:
        if tif.is_ome:
            text = read_image(tmp_path / name).metadata["ome"]["Description"]
        elif tif.imagej_metadata:
            text = tif.imagej_metadata["Info"]
        else:
            assert tif.shaped_metadata is not None
            assert tif.shaped_metadata[0]["description"] == {"model": "λ & co"}
            return
    assert text == "raw\nmodel: λ & co"


def test_the_name_can_ask_for_bigtiff(tmp_path: Path) -> None:
    round_trip(tmp_path / "a.tf8", make_image("YX"))
    with tifffile.TiffFile(tmp_path / "a.tf8") as tif:
        assert tif.is_bigtiff
