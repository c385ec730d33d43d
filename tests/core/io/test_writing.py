from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_noise2same.core.errors import AxesError, FileError
from napari_noise2same.core.io import Image, read_image, write_image

DATA = np.arange(48, dtype=np.uint8).reshape(6, 8)
IMAGE = Image(DATA, "YX")


def fail_half_way(file: Path, *_args: object, **_kwargs: object) -> None:
    Path(file).write_bytes(b"half")
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("name", ["a.npy", "a.png", "A.TIF", "a.tiff"])
def test_pixels_are_read_back(tmp_path: Path, name: str) -> None:
    write_image(str(tmp_path / name), DATA, IMAGE)
    np.testing.assert_array_equal(read_image(tmp_path / name).data, DATA)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_png_holds_rgb(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    write_image(tmp_path / "a.png", data, Image(data, "YXS"))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png").data, data)


@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_a_png_holds_16_bits_of_grey(tmp_path: Path, dtype: str) -> None:
    data = np.random.default_rng(0).integers(0, 2**16, (6, 8)).astype(dtype)
    write_image(tmp_path / "a.png", data, Image(data, "YX"))
    found = read_image(tmp_path / "a.png").data
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, data)


@pytest.mark.parametrize(
    ("data", "axes"),
    [
        (DATA.astype(np.float32), "YX"),
        (np.zeros((6, 8, 3), np.uint16), "YXS"),
        (np.stack([DATA, DATA]), "ZYX"),
    ],
)
def test_a_png_refuses_what_it_cannot_show(tmp_path: Path, data: np.ndarray, axes: str) -> None:
    with pytest.raises(FileError, match=rf"found {data.dtype.name} with axes {axes}"):
        write_image(tmp_path / "a.png", data, Image(data, axes))
    assert not list(tmp_path.iterdir())


def test_an_unknown_ending_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"\.tif, .*\.npy, \.png, found a\.czi"):
        write_image(tmp_path / "a.czi", DATA, IMAGE)


def test_other_axes_than_those_of_the_image_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AxesError, match="'YX'"):
        write_image(tmp_path / "a.tif", DATA[np.newaxis], IMAGE)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"found none at .*gone"):
        write_image(tmp_path / "gone" / "a.tif", DATA, IMAGE)


@pytest.mark.parametrize("name", ["a.tif", "a.zarr"])
def test_a_folder_is_not_replaced_by_an_image(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("years of work")
    with pytest.raises(FileError, match="found the folder"):
        write_image(tmp_path / name, DATA, IMAGE)
    assert (tmp_path / name / "thesis.txt").exists()


def test_a_zarr_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    pytest.importorskip("zarr", reason="Zarr files need the extra 'zarr'")
    write_image(tmp_path / "a.zarr", DATA, IMAGE)
    folder = (tmp_path / "a.zarr").rename(tmp_path / "a.tif")
    with pytest.raises(FileError, match="found the folder"):
        write_image(folder, DATA, IMAGE)
    assert read_image(folder).data.shape == DATA.shape


@pytest.mark.parametrize("name", ["a.tif", "a.zarr"])
def test_a_link_stays_a_link_to_what_is_written(tmp_path: Path, name: str) -> None:
    drive, link = tmp_path / "drive", tmp_path / name
    drive.mkdir()
    write_image(drive / name, DATA, IMAGE)
    try:
        link.symlink_to(drive / name)
    except OSError:
        pytest.skip("this system lets only some users make links")
    write_image(link, DATA + 1, IMAGE)
    assert link.is_symlink()
    assert [path.name for path in drive.iterdir()] == [name]
    np.testing.assert_array_equal(read_image(drive / name).data, DATA + 1)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tif"
    write_image(path, DATA, IMAGE)
    monkeypatch.setattr(tifffile, "imwrite", fail_half_way)
    with pytest.raises(FileError, match=r"a\.tif cannot be written \(No space left on device\)"):
        write_image(path, DATA + 1, IMAGE)
    assert list(tmp_path.iterdir()) == [path]
    np.testing.assert_array_equal(read_image(path).data, DATA)


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(file: Path, *_args: object, **_kwargs: object) -> None:
        Path(file).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(tifffile, "imwrite", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_image(tmp_path / "a.tif", DATA, IMAGE)
    assert not list(tmp_path.iterdir())


def test_an_old_zarr_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zarr = pytest.importorskip("zarr", reason="Zarr files need the extra 'zarr'")
    path = tmp_path / "a.zarr"
    write_image(path, DATA, IMAGE)
    write_image(path, DATA + 1, IMAGE)
    np.testing.assert_array_equal(read_image(path).data[...], DATA + 1)

    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr.Group, "create_array", fail)
    with pytest.raises(FileError, match="No space left"):
        write_image(path, DATA, IMAGE)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == [path]
    np.testing.assert_array_equal(read_image(path).data[...], DATA + 1)


def test_an_old_zarr_comes_back_if_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("zarr", reason="Zarr files need the extra 'zarr'")
    path = tmp_path / "a.zarr"
    write_image(path, DATA, IMAGE)
    rename = Path.rename

    def refuse_new(source: Path, target: Path) -> Path:
        if source != path and "-old-" not in source.name:
            raise PermissionError(13, "Permission denied")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", refuse_new)
    with pytest.raises(FileError, match="Permission denied"):
        write_image(path, DATA + 1, IMAGE)
    assert list(tmp_path.iterdir()) == [path]
    np.testing.assert_array_equal(read_image(path).data[...], DATA)


def test_channel_names_go_with_the_number_of_channels(tmp_path: Path) -> None:
    image = Image(np.zeros((2, 6, 8), np.uint8), "CYX", channel_names=("a", "b"))
    write_image(tmp_path / "a.ome.tif", np.zeros((3, 6, 8), np.uint8), image)
    assert read_image(tmp_path / "a.ome.tif").channel_names == ()
