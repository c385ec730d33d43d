from __future__ import annotations

from pathlib import Path

import pytest

from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io import output_paths


def test_one_image_goes_to_the_file(tmp_path: Path) -> None:
    output = tmp_path / "new" / "out.ome.tif"
    assert output_paths([tmp_path / "a.tif"], output) == [output]
    assert output.parent.is_dir()
    assert not output.exists()


def test_many_images_keep_their_names_in_a_new_folder(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "today"
    found = output_paths(["x/a.ome.tif", "x/b.zarr", "x/c.jpg"], folder)
    assert found == [folder / "a.ome.tif", folder / "b.zarr", folder / "c.tif"]
    assert folder.is_dir()


def test_a_folder_may_have_a_dot_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "run.tif").mkdir()
    assert output_paths(["a.tif"], tmp_path / "run.tif") == [tmp_path / "run.tif" / "a.tif"]


def test_an_old_zarr_is_the_file_not_a_folder_for_it(tmp_path: Path) -> None:
    (tmp_path / "old.zarr").mkdir()
    assert output_paths(["a.tif"], tmp_path / "old.zarr") == [tmp_path / "old.zarr"]


def test_one_file_cannot_take_many_images(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="folder for 2 images"):
        output_paths(["a.tif", "b.tif"], tmp_path / "out.tif")


def test_two_results_cannot_have_one_name(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="same name twice"):
        output_paths(["x/a.tif", "y/a.tif"], tmp_path)


@pytest.mark.parametrize("output", ["", "a.tif", "sub/../a.tif"])
def test_an_image_is_never_overwritten(tmp_path: Path, output: str) -> None:
    (tmp_path / "sub").mkdir()
    with pytest.raises(FileError, match="another place"):
        output_paths([tmp_path / "a.tif"], tmp_path / output)


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileError, match="cannot be created"):
        output_paths(["a.tif"], tmp_path / "file" / "folder")
