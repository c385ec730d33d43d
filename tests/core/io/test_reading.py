from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import PIL.Image
import pytest
import tifffile

from napari_noise2same.core.errors import AxesError, FileError, ImageError
from napari_noise2same.core.io import Image, read_axes, read_image, write_image


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nothing at .*gone\.tif"):
        read_image(tmp_path / "gone.tif")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.czi", b"ZISRAWFILE", "none of these"),
        ("a.tif", b"no TIFF at all", "none of these"),
        ("a.tif", b"", "empty"),
    ],
)
def test_another_format_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=rf"{name}, which is {reason}: export it as OME-TIFF"):
        read_image(tmp_path / name)


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.tif").write_bytes(b"II*")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileError, match=r"a\.tif cannot be read \(Permission denied\)"):
        read_image(tmp_path / "a.tif")


def test_a_folder_that_is_no_zarr_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="found the folder"):
        read_image(tmp_path)


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "image.lsm", np.zeros((4, 5), np.uint8))
    assert read_image(str(tmp_path / "image.lsm")).data.shape == (4, 5)


def test_a_numpy_array_is_opened_without_loading_it(tmp_path: Path) -> None:
    data = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    np.save(tmp_path / "a.npy", data)
    image = read_image(tmp_path / "a.npy")
    assert image.axes == "TYX"
    assert isinstance(image.data, np.memmap)
    np.testing.assert_array_equal(image.data, data)


@pytest.mark.parametrize("length", [9, 60, 120])
def test_a_numpy_file_that_is_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((40, 40)))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(FileError, match=r"numpy\.save"):
        read_image(path)


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[{}]], dtype=object))
    with pytest.raises(FileError, match="numbers"):
        read_image(tmp_path / "a.npy")


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 4), np.complex64))
    with pytest.raises(ImageError, match="complex64"):
        read_image(tmp_path / "a.npy")


def test_axes_given_by_the_user_win(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 5)))
    assert read_image(tmp_path / "a.npy", axes="zyx").axes == "ZYX"
    with pytest.raises(AxesError, match=r"\(3, 4, 5\), found 'YX'"):
        read_image(tmp_path / "a.npy", axes="YX")


@pytest.mark.parametrize(
    ("shape", "axes"), [((8, 9), "YX"), ((8, 9, 3), "YXS"), ((8, 9, 2), "YXC")]
)
def test_a_png_picture_is_grey_rgb_or_grey_with_alpha(
    tmp_path: Path, shape: tuple[int, ...], axes: str
) -> None:
    data = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    imageio.imwrite(tmp_path / "a.png", data)
    image = read_image(tmp_path / "a.png")
    assert image.axes == axes
    np.testing.assert_array_equal(image.data, data)


def png_of_16_bits(data: np.ndarray, colour: int) -> bytes:
    """Write a PNG as the standard says: Pillow cannot."""

    def chunk(name: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + crc

    header = struct.pack(">IIBBBBB", data.shape[1], data.shape[0], 16, colour, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in data)
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize(("colour", "n_samples"), [(2, 3), (4, 2), (6, 4)])
def test_a_png_is_not_cut_to_8_bits(tmp_path: Path, colour: int, n_samples: int) -> None:
    data = np.random.default_rng(0).integers(0, 4096, (8, 9, n_samples))
    (tmp_path / "a.png").write_bytes(png_of_16_bits(data, colour))
    with pytest.raises(FileError, match=r"a\.png with several values of 16 bits .* TIFF"):
        read_image(tmp_path / "a.png")


def test_a_grey_png_has_16_bits(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(0, 4096, (8, 9))
    (tmp_path / "a.png").write_bytes(png_of_16_bits(data, 0))
    image = read_image(tmp_path / "a.png")
    assert image.data.dtype == np.uint16
    np.testing.assert_array_equal(image.data, data)


def test_inks_are_read_as_colours(tmp_path: Path) -> None:
    PIL.Image.new("CMYK", (9, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    image = read_image(tmp_path / "a.jpg")
    assert (image.axes, image.data.shape) == ("YXS", (8, 9, 3))
    red, *others = np.asarray(image.data).reshape(-1, 3).mean(0)
    assert red > 200
    assert max(others) < 60


def test_a_jpeg_picture_is_read(tmp_path: Path) -> None:
    imageio.imwrite(tmp_path / "a.jpg", np.zeros((8, 9, 3), np.uint8))
    assert read_image(tmp_path / "a.jpg").axes == "YXS"


@pytest.mark.parametrize("length", [8, 40, 2000])
def test_a_png_picture_that_is_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.png"
    imageio.imwrite(path, np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(FileError, match="not a whole PNG or JPEG"):
        read_image(path)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((4, 2, 6, 7), {"imagej": True, "metadata": {"axes": "ZCYX"}}),
        ((4, 2, 6, 7), {"ome": True, "metadata": {"axes": "ZCYX"}}),
        ((4, 2, 6, 7), {"ome": True, "metadata": {"axes": "TCYX"}, "compression": "zlib"}),
        ((5, 6, 7), {"metadata": {"axes": "ZYX"}, "photometric": "minisblack"}),
        ((6, 7, 3), {"photometric": "rgb"}),
        ((6, 7, 5), {"photometric": "minisblack", "planarconfig": "contig"}),
        ((6, 7), {"photometric": "palette", "colormap": np.eye(3, 256, dtype=np.uint16)}),
    ],
)
def test_the_headers_say_what_reading_finds_without_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], options: dict[str, Any]
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros(shape, np.uint8), **options)
    image = read_image(path)

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("pixels are read")

    monkeypatch.setattr(tifffile.TiffPageSeries, "asarray", refuse)
    monkeypatch.setattr(tifffile.FileHandle, "memmap_array", refuse)
    assert read_axes(path) == (image.axes, image.data.shape)


def test_axes_of_a_file_that_names_none_are_none(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 5)))
    assert read_axes(tmp_path / "a.npy") == ("", ())
    (tmp_path / "a.tif").write_bytes(b"II*\x00")
    for name in ("a.tif", "gone.tif"):
        with pytest.raises(FileError, match=name):
            read_axes(tmp_path / name)


def test_a_zarr_folder_says_what_reading_finds_without_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zarr = pytest.importorskip("zarr")
    pixels = np.zeros((2, 4, 6, 7), np.uint8)
    write_image(tmp_path / "a.ome.zarr", pixels, Image(pixels, "CZYX"))
    zarr.create_array(
        tmp_path / "b.zarr", shape=(3, 8, 8), dtype="uint8", dimension_names=["z", "y", "x"]
    )
    zarr.create_array(tmp_path / "c.zarr", shape=(3, 8, 8), dtype="uint8")

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("pixels are read")

    monkeypatch.setattr(zarr.Array, "__getitem__", refuse)
    assert read_axes(tmp_path / "a.ome.zarr") == ("CZYX", (2, 4, 6, 7))
    assert read_axes(tmp_path / "b.zarr") == ("ZYX", (3, 8, 8))
    assert read_axes(tmp_path / "c.zarr") == ("", (3, 8, 8))
