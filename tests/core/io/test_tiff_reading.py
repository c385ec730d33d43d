from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import tifffile

from napari_noise2same.core.errors import FileError, MissingDependencyError
from napari_noise2same.core.io import read_image

RNG = np.random.default_rng(0)
STACK = RNG.integers(0, 4000, (3, 16, 20)).astype(np.uint16)


@pytest.mark.parametrize(
    ("options", "axes"),
    [
        ({}, "TYX"),
        ({"metadata": None}, "TYX"),
        ({"metadata": {"axes": "ZYX"}}, "ZYX"),
        ({"imagej": True, "metadata": {"axes": "CYX"}}, "CYX"),
        ({"ome": True, "metadata": {"axes": "ZYX"}}, "ZYX"),
        ({"byteorder": ">", "bigtiff": True}, "TYX"),
        ({"compression": "zlib", "predictor": True}, "TYX"),
        ({"tile": (16, 16)}, "TYX"),
    ],
)
def test_each_kind_of_tiff_gives_its_pixels_and_axes(
    tmp_path: Path, options: dict[str, Any], axes: str
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK, photometric="minisblack", **options)
    image = read_image(path)
    assert image.axes == axes
    np.testing.assert_array_equal(image.data, STACK)


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_uncompressed_pixels_stay_on_disk(tmp_path: Path, byteorder: str) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK, photometric="minisblack", byteorder=byteorder)  # type: ignore[arg-type]
    assert isinstance(read_image(path).data, np.memmap)


@pytest.mark.parametrize(("planar", "axes"), [("contig", "YXS"), ("separate", "SYX")])
@pytest.mark.parametrize("samples", [3, 4])
def test_rgb_and_rgba_are_samples(tmp_path: Path, planar: str, axes: str, samples: int) -> None:
    shape = (6, 7, samples) if planar == "contig" else (samples, 6, 7)
    extra = ["unassalpha"] * (samples - 3)
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.zeros(shape, np.uint8),
        photometric="rgb",
        planarconfig=planar,
        extrasamples=extra,
    )
    assert read_image(tmp_path / "a.tif").axes == axes


def test_samples_that_are_no_colours_are_channels(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.zeros((6, 7, 3), np.uint8),
        photometric="minisblack",
        planarconfig="contig",
    )
    assert read_image(tmp_path / "a.tif").axes == "YXC"


def test_more_samples_than_rgba_are_channels(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.zeros((6, 7, 5), np.uint8),
        photometric="rgb",
        planarconfig="contig",
        extrasamples=["unspecified", "unspecified"],
    )
    assert read_image(tmp_path / "a.tif").axes == "YXC"


def test_a_lookup_table_leaves_the_intensities_alone(tmp_path: Path) -> None:
    data = RNG.integers(0, 256, (8, 9)).astype(np.uint8)
    green = np.zeros((3, 256), np.uint16)
    green[1] = np.arange(256) * 257
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="palette", colormap=green)
    image = read_image(tmp_path / "a.tif")
    assert image.axes == "YX"
    np.testing.assert_array_equal(image.data, data)


def test_indexed_colours_become_rgb(tmp_path: Path) -> None:
    data = RNG.integers(0, 256, (8, 9)).astype(np.uint8)
    colormap = RNG.integers(0, 256, (3, 256)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="palette", colormap=colormap * 257)
    image = read_image(tmp_path / "a.tif")
    assert image.axes == "YXS"
    np.testing.assert_array_equal(image.data, np.moveaxis(colormap[:, data], 0, -1))


def test_imagej_colours_are_always_a_lookup_table(tmp_path: Path) -> None:
    data = RNG.integers(0, 256, (8, 9)).astype(np.uint8)
    colormap = RNG.integers(0, 2**16, (3, 256)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", data, imagej=True, colormap=colormap)
    assert read_image(tmp_path / "a.tif").axes == "YX"


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"imagej": True}, {"ome": True}])
@pytest.mark.parametrize("kept", [4, 8, 12, 100, 400, 0.5])
def test_a_file_that_is_cut_short_is_refused_not_shortened(
    tmp_path: Path, options: dict[str, Any], kept: float
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK, photometric="minisblack", **options)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept if kept > 1 else kept * len(content))])
    with pytest.raises(FileError, match=r"a\.tif damaged or cut short"):
        read_image(path)


@pytest.mark.parametrize("imagej", [False, True])
def test_a_list_of_pages_that_is_cut_short_is_refused(tmp_path: Path, imagej: bool) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK, photometric="minisblack", imagej=imagej)
    with tifffile.TiffFile(path) as tif:
        assert len(tif.pages) == len(STACK)
        end = tif.pages.next_page_offset
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(FileError, match="pages are missing"):
        read_image(path)


def test_a_damaged_stream_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK[0], compression="zlib")
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages.first.dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[offset + 40 : offset + 60] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(FileError, match="damaged"):
        read_image(path)


def write_set(folder: Path, planes: np.ndarray) -> list[Path]:
    """An OME-TIFF of one file for each plane; each file describes all of them."""
    names = [f"t{index}.ome.tif" for index in range(len(planes))]
    uuids = [f"urn:uuid:{uuid4()}" for _ in names]
    entries = "".join(
        f'<TiffData FirstT="{index}" IFD="0" PlaneCount="1">'
        f'<UUID FileName="{name}">{uuid}</UUID></TiffData>'
        for index, (name, uuid) in enumerate(zip(names, uuids, strict=True))
    )
    _, height, width = planes.shape
    for name, uuid, plane in zip(names, uuids, planes, strict=True):
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{uuid}">'
            '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" '
            f'SizeX="{width}" SizeY="{height}" SizeZ="1" SizeC="1" SizeT="{len(planes)}">'
            f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/>{entries}</Pixels></Image></OME>'
        )
        tifffile.imwrite(folder / name, plane, description=xml, metadata=None)
    return [folder / name for name in names]


def test_it_is_said_that_files_of_an_image_are_missing(tmp_path: Path) -> None:
    first, second, _ = write_set(tmp_path, STACK)
    np.testing.assert_array_equal(read_image(first).data, STACK)
    second.unlink()
    with pytest.warns(UserWarning, match="1 of 3 planes are missing"):
        found = read_image(first)
    np.testing.assert_array_equal(found.data, STACK * [[[1]], [[0]], [[1]]])


@pytest.mark.parametrize(
    "error",
    [
        ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package"),
        ModuleNotFoundError("No module named 'compression'"),  # of Zstandard
    ],
)
def test_a_compression_that_needs_imagecodecs_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise error

    tifffile.imwrite(tmp_path / "a.tif", STACK, photometric="minisblack", compression="zlib")
    monkeypatch.setattr(tifffile.TiffPageSeries, "asarray", refuse)
    with pytest.raises(MissingDependencyError, match=r"napari-noise2same\[all\]"):
        read_image(tmp_path / "a.tif")


def test_the_first_of_several_images_is_read_with_a_warning(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(STACK, photometric="minisblack")
        writer.write(np.zeros((5, 5), np.uint8))
    with pytest.warns(UserWarning, match="holds 2 images"):
        image = read_image(tmp_path / "a.tif")
    assert image.data.shape == STACK.shape


def test_the_finest_level_of_a_pyramid_is_read(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(STACK[0], subifds=1)
        writer.write(STACK[0, ::2, ::2], subfiletype=1)
    assert read_image(tmp_path / "a.tif").data.shape == (16, 20)
