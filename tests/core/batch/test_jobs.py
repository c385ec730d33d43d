from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from napari_noise2same.core.batch import (
    Source,
    create_folders,
    default_output,
    is_file_name,
    plan_jobs,
)
from napari_noise2same.core.errors import FileError


def targets(names: list[str], output: Path, **options: Any) -> list[str]:
    """Where the results of images in the folder ``in`` go."""
    sources = [Source(Path("in", name), Path("in")) for name in names]
    found = plan_jobs(sources, output, **options)
    return [
        job.target.relative_to(output).as_posix() if job.target != output else "" for job in found
    ]


def test_one_image_goes_to_the_file(tmp_path: Path) -> None:
    assert targets(["a.tif"], tmp_path / "new" / "out.ome.tif") == [""]
    assert not (tmp_path / "new").exists()


def test_results_lie_as_the_images_do(tmp_path: Path) -> None:
    names = ["a.ome.tif", "b/c.zarr", "b/d/e.npy"]
    assert targets(names, tmp_path) == names


def test_formats_that_are_not_written_become_tiff(tmp_path: Path) -> None:
    names = ["a.jpg", "b.lsm", "day 1.5/c.czi", "d.v2"]
    found = ["a.tif", "b.tif", "day 1.5/c.czi.tif", "d.v2.tif"]
    assert targets(names, tmp_path) == found


def test_a_png_stays_one_if_it_holds_the_result(tmp_path: Path) -> None:
    assert targets(["a.png"], tmp_path) == ["a.tif"]
    assert targets(["a.png"], tmp_path, dtype="keep") == ["a.png"]


@pytest.mark.parametrize(
    ("format", "found"),
    [
        ("tif", ["a.tif", "b.tif", "c.tif"]),
        ("ome.tif", ["a.ome.tif", "b.ome.tif", "c.ome.tif"]),
        ("zarr", ["a.zarr", "b.zarr", "c.zarr"]),
    ],
)
def test_all_results_can_have_one_format(tmp_path: Path, format: Any, found: list[str]) -> None:
    assert targets(["a.ome.tif", "b.TIF", "c.ome.zarr"], tmp_path, format=format) == found


def test_a_folder_may_have_a_dot_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "run.tif").mkdir()
    assert not is_file_name(tmp_path / "run.tif")
    assert targets(["a.tif"], tmp_path / "run.tif") == ["a.tif"]
    assert targets(["a.tif"], tmp_path / "2026.11.29") == ["a.tif"]
    assert targets(["a.tif"], tmp_path / "cells.v2 denoised") == ["a.tif"]
    assert targets(["a.tif", "b.tif"], tmp_path / "cells.new") == ["a.tif", "b.tif"]


@pytest.mark.parametrize("name", ["o.jpg", "o.SVS", "o.foo"])
def test_a_format_that_is_not_written_is_refused_and_no_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match=rf"found .*{name}: choose the name of a \.tif"):
        targets(["a.tif"], tmp_path / name)
    (tmp_path / name).mkdir()
    assert targets(["a.tif"], tmp_path / name) == ["a.tif"]


def test_an_old_zarr_is_the_file_not_a_folder_for_it(tmp_path: Path) -> None:
    (tmp_path / "old.zarr").mkdir()
    assert is_file_name(tmp_path / "old.zarr")
    assert targets(["a.tif"], tmp_path / "old.zarr") == [""]


def test_one_file_cannot_take_many_images(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="folder for 2 images"):
        targets(["a.tif", "b.tif"], tmp_path / "out.tif")


def test_a_file_name_and_another_format_contradict_each_other(tmp_path: Path) -> None:
    assert targets(["a.tif"], tmp_path / "out.ome.tif", format="ome.tif") == [""]
    with pytest.raises(FileError, match=r"ending in \.zarr, found .*out\.tif"):
        targets(["a.tif"], tmp_path / "out.tif", format="zarr")


@pytest.mark.parametrize("names", [("x/a.tif", "y/a.tif"), ("x/a.tif", "x/a.jpg")])
def test_two_results_cannot_have_one_name(tmp_path: Path, names: tuple[str, str]) -> None:
    one, other = map(Path, names)
    with pytest.raises(FileError, match=rf"found {one} and {other} both going to .*a\.tif"):
        plan_jobs([Source(one, one.parent), Source(other, other.parent)], tmp_path)


@pytest.mark.parametrize("output", ["", "a.tif", "sub/../a.tif"])
def test_an_image_is_never_overwritten(tmp_path: Path, output: str) -> None:
    (tmp_path / "sub").mkdir()
    with pytest.raises(FileError, match="another place"):
        plan_jobs([Source(tmp_path / "a.tif", tmp_path)], tmp_path / output)


def test_the_folder_that_an_image_is_a_part_of_is_never_overwritten(tmp_path: Path) -> None:
    source = Source(tmp_path / "a.zarr" / "0", tmp_path / "a.zarr")
    with pytest.raises(FileError, match=r"found .*a\.zarr: name another"):
        plan_jobs([source], tmp_path / "a.zarr")


def test_folders_are_created_with_those_above_them(tmp_path: Path) -> None:
    create_folders(plan_jobs([Source(Path("in/b/c.tif"), Path("in"))], tmp_path / "new"))
    assert (tmp_path / "new" / "b").is_dir()


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileError, match="cannot be created"):
        create_folders(plan_jobs([Source(Path("a.tif"), Path())], tmp_path / "file" / "folder"))


@pytest.mark.parametrize(
    "given", ["cells", "cells/", "cells/a.tif", "cells/b.zarr", "cells/*/*.tif", "x/../cells"]
)
def test_results_go_beside_the_folder_of_the_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_output([given, "other"]) == tmp_path / "cells denoised"


def test_without_images_there_is_no_place_for_results() -> None:
    assert default_output([]) is None
    assert default_output([Path("/").absolute()]) == Path("/denoised").absolute()
