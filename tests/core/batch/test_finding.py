from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import zarr

from napari_noise2same.core.batch import find_images
from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io import read_image, write_image

MakeFiles = Callable[..., list[Path]]


def names(*inputs: str | Path, leave_out: Path | None = None) -> list[str]:
    return [source.name for source in find_images(inputs, leave_out=leave_out)]


def test_a_folder_is_searched_to_the_bottom(make_files: MakeFiles, tmp_path: Path) -> None:
    make_files("in/b.tif", "in/a/c.TIFF", "in/a/d/e.lsm")
    (tmp_path / "in/f.jpg").touch()
    assert names(tmp_path / "in") == ["a/c.TIFF", "a/d/e.lsm", "b.tif", "f.jpg"]


def test_numbers_in_names_count(make_files: MakeFiles, tmp_path: Path) -> None:
    make_files("in/t10.tif", "in/t2.tif", "in/day11/t1.tif", "in/day9/t1.tif")
    assert names(tmp_path / "in") == ["day9/t1.tif", "day11/t1.tif", "t2.tif", "t10.tif"]


def test_other_and_hidden_files_are_left_out(make_files: MakeFiles, tmp_path: Path) -> None:
    make_files("in/a.tif", "in/._a.tif", "in/.cache/b.tif")
    (tmp_path / "in/notes.txt").touch()
    (tmp_path / "in/model.safetensors").touch()
    assert names(tmp_path / "in") == ["a.tif"]
    assert names(f"{tmp_path}/in/**/*") == ["a.tif"]


def test_files_of_microscopes_without_a_reader_are_told(
    make_files: MakeFiles, tmp_path: Path
) -> None:
    make_files("in/a.tif")
    (tmp_path / "in/b.CZI").touch()
    with pytest.warns(UserWarning, match=r"The \.CZI files in .*in are left out, as no reader"):
        assert names(tmp_path / "in") == ["a.tif"]


def test_a_zarr_folder_is_one_image(make_files: MakeFiles, tmp_path: Path) -> None:
    make_files("in/a.tif", "in/damaged.zarr/0/c.tif")
    zarr.create_group(tmp_path / "in/b").create_array("0", shape=(8, 8), dtype="u2")
    assert names(tmp_path / "in") == ["a.tif", "b", "damaged.zarr"]
    assert names(tmp_path / "in/b") == ["b"]


@pytest.mark.parametrize("name", ["r.tif", "r.ome.tif", "r.btf", "r.zarr"])
def test_results_of_earlier_runs_are_left_out(
    make_files: MakeFiles, tmp_path: Path, name: str
) -> None:
    path, *_ = make_files("in/a.tif")
    image = read_image(path)
    write_image(tmp_path / "in" / name, np.asarray(image.data), image, description={"by": "us"})
    write_image(tmp_path / "in" / f"copy-{name}", np.asarray(image.data), image)
    assert names(tmp_path / "in") == ["a.tif", f"copy-{name}"]
    # Who names a file means it.
    assert names(tmp_path / "in" / name) == [name]


def test_the_folder_of_the_results_is_not_searched(make_files: MakeFiles, tmp_path: Path) -> None:
    make_files("in/a.tif", "in/out/a.tif", "in/b/out/a.tif")
    assert names(tmp_path / "in", leave_out=tmp_path / "in/out") == ["a.tif", "b/out/a.tif"]


def test_files_are_taken_whatever_their_names(make_files: MakeFiles) -> None:
    assert names(*make_files("b.dat", "a.tif")) == ["b.dat", "a.tif"]


def test_patterns_that_the_shell_did_not_replace_keep_the_places(
    make_files: MakeFiles, tmp_path: Path
) -> None:
    make_files("in/day1/a.tif", "in/day1/b.png", "in/day2/a.tif", "in/other/a.tif")
    assert names(f"{tmp_path}/in/day*/*.tif") == ["day1/a.tif", "day2/a.tif"]
    assert names(f"{tmp_path}/in/day*") == ["day1/a.tif", "day1/b.png", "day2/a.tif"]


def test_brackets_in_names_are_no_pattern(make_files: MakeFiles, tmp_path: Path) -> None:
    make_files("in [1]/a.tif")
    assert names(tmp_path / "in [1]") == ["a.tif"]


def test_an_image_given_twice_is_taken_once(
    make_files: MakeFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, *_ = make_files("in/a.tif")
    monkeypatch.chdir(tmp_path)
    assert names("in/a.tif", path, "in", "in/../in") == ["a.tif"]


def test_links_to_folders_are_not_followed(make_files: MakeFiles, tmp_path: Path) -> None:
    make_files("in/a.tif")
    (tmp_path / "in/loop").symlink_to(tmp_path / "in")
    assert names(tmp_path / "in") == ["a.tif"]


def test_an_empty_name_is_not_the_folder_that_one_is_in(
    make_files: MakeFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_files("a.tif")
    monkeypatch.chdir(tmp_path)
    assert len(find_images(["."])) == 1
    with pytest.raises(FileError, match="found an empty name"):
        find_images([""])


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nothing at .*missing\.tif"):
        find_images([tmp_path / "missing.tif"])


@pytest.mark.parametrize("given", ["", "*.tif"])
def test_a_folder_without_images_is_an_error(tmp_path: Path, given: str) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(FileError, match="Expected images in"):
        find_images([tmp_path / given])


def test_a_folder_that_cannot_be_read_does_not_hide_the_others(
    make_files: MakeFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_files("in/a/a.tif", "in/b/b.tif")
    iterdir = Path.iterdir

    def deny(folder: Path) -> Iterator[Path]:
        if folder.name == "a":
            raise PermissionError(13, "Permission denied")
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", deny)
    with pytest.warns(UserWarning, match=r"in.a cannot be read \(Permission denied\)"):
        assert names(tmp_path / "in") == ["b/b.tif"]


def test_a_search_can_be_stopped(make_files: MakeFiles, tmp_path: Path) -> None:
    make_files(*(f"in/{i}/{i}.tif" for i in range(9)))
    answers = iter([False] * 7)
    found = find_images([tmp_path / "in"], stop=lambda: next(answers, True))
    assert 0 < len(found) < 9


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="newer Python gives it a meaning")
def test_a_pattern_that_means_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="Expected a pattern of names"):
        names(f"{tmp_path}/f**/x*")
