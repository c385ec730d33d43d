from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from zarr import codecs

from napari_noise2same.core import (
    BatchDenoiser,
    DenoiseConfig,
    DenoiseFinished,
    DenoiseStarted,
    FileDone,
    FileFailed,
    FileSkipped,
    FileStarted,
    TileDone,
    TrainedModel,
    denoise,
    read_image,
)
from napari_noise2same.core.batch import ImageOpened, Job, find_images, plan_jobs
from napari_noise2same.core.denoising import Denoiser
from napari_noise2same.core.errors import ConfigurationError, DeviceError, FileError
from napari_noise2same.core.io import is_result

MakeFiles = Callable[..., list[Path]]
CPU = DenoiseConfig(device="cpu")


def plan(folder: Path) -> tuple[Job, ...]:
    return plan_jobs(find_images([folder / "in"]), folder / "out")


def ends(events: Iterator[Any]) -> list[tuple[str, str]]:
    """The name of each file, and what became of it."""
    kinds = (FileDone, FileSkipped, FileFailed)
    return [(e.job.name, type(e).__name__[4:]) for e in events if isinstance(e, kinds)]


def test_the_tree_of_results_is_that_of_the_images(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel
) -> None:
    make_files("in/a.tif", "in/b/c.tif")
    batch = BatchDenoiser(plan(tmp_path), model, CPU)
    assert ends(batch.events()) == [("a.tif", "Done"), ("b/c.tif", "Done")]

    expected = denoise(read_image(tmp_path / "in/b/c.tif"), model, CPU)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out/b/c.tif"), expected)
    assert is_result(tmp_path / "out/b/c.tif")


def test_what_is_no_model_is_refused() -> None:
    given: Any = "model.safetensors"
    with pytest.raises(ConfigurationError, match="Expected a model, found str"):
        BatchDenoiser([], given)


def test_every_file_tells_from_its_start_to_its_end(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel
) -> None:
    make_files("in/a.tif", "in/b.tif")
    events = list(BatchDenoiser(plan(tmp_path), model, CPU).events())
    kinds = [FileStarted, ImageOpened, DenoiseStarted, TileDone, DenoiseFinished, FileDone]
    assert [type(event) for event in events] == kinds * 2
    assert [event.index for event in events if isinstance(event, FileDone)] == [0, 1]


def test_a_result_is_written_before_it_is_told(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel
) -> None:
    make_files("in/a.tif")
    for event in BatchDenoiser(plan(tmp_path), model, CPU).events():
        finished = isinstance(event, DenoiseFinished | FileDone)
        assert (tmp_path / "out/a.tif").exists() == finished


def test_a_link_to_itself_does_not_stop_the_others(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel
) -> None:
    make_files("in/b.tif")
    for name in ("a.tif", "c.zarr"):
        (tmp_path / "in" / name).symlink_to(name)
    found = find_images([tmp_path / "in"], leave_out=tmp_path / "out/a.tif")
    assert [source.name for source in found] == ["a.tif", "b.tif", "c.zarr"]
    batch = BatchDenoiser(plan(tmp_path), model, CPU)
    assert ends(batch.events()) == [("a.tif", "Failed"), ("b.tif", "Done"), ("c.zarr", "Failed")]


def test_a_damaged_file_does_not_stop_the_others(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel
) -> None:
    first, *_ = make_files("in/1.tif", "in/2.tif")
    first.write_bytes(first.read_bytes()[:50])
    events = list(BatchDenoiser(plan(tmp_path), model, CPU).events())
    assert ends(iter(events)) == [("1.tif", "Failed"), ("2.tif", "Done")]
    failure = next(event for event in events if isinstance(event, FileFailed))
    assert "1.tif damaged or cut short" in failure.reason
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["2.tif"]


@pytest.mark.parametrize("codec", ["ZstdCodec", "GzipCodec"])
def test_damage_that_shows_late_does_not_stop_the_others(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel, codec: str
) -> None:
    make_files("in/2.tif")
    array = zarr.create_array(
        tmp_path / "in/1.zarr",
        shape=(24, 20),
        chunks=(24, 20),
        dtype="u2",
        compressors=getattr(codecs, codec)(),
    )
    array[:] = np.random.default_rng(0).integers(0, 1000, (24, 20))
    chunk = next(path for path in (tmp_path / "in/1.zarr/c").rglob("*") if path.is_file())
    chunk.write_bytes(chunk.read_bytes()[:100])
    events = list(BatchDenoiser(plan(tmp_path), model, CPU).events())
    assert ends(iter(events)) == [("1.zarr", "Failed"), ("2.tif", "Done")]
    failure = next(event for event in events if isinstance(event, FileFailed))
    assert failure.reason.startswith("Expected pixels that can be read, found an error instead")


def test_an_image_too_large_for_the_memory_does_not_stop_the_others(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_files("in/1.tif", "in/2.tif")
    events = Denoiser.events

    def first_fails(*_: Any) -> Any:
        monkeypatch.setattr(Denoiser, "events", events)
        raise MemoryError

    monkeypatch.setattr(Denoiser, "events", first_fails)
    found = list(BatchDenoiser(plan(tmp_path), model, CPU).events())
    assert ends(iter(found)) == [("1.tif", "Failed"), ("2.tif", "Done")]
    assert "1.tif needs more memory than there is" in str(found)


def test_what_is_done_is_skipped_unless_it_is_to_be_made_anew(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel
) -> None:
    make_files("in/a.tif", "in/b.tif")
    first, rest = plan(tmp_path)
    assert ends(BatchDenoiser([first], model, CPU).events()) == [("a.tif", "Done")]
    before = first.target.stat().st_mtime_ns
    batch = BatchDenoiser([first, rest], model, CPU)
    assert ends(batch.events()) == [("a.tif", "Skipped"), ("b.tif", "Done")]
    assert first.target.stat().st_mtime_ns == before

    batch = BatchDenoiser([first, rest], model, CPU, overwrite=True)
    assert ends(batch.events()) == [("a.tif", "Done"), ("b.tif", "Done")]
    assert first.target.stat().st_mtime_ns != before


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.npy", "a.zarr"])
def test_what_is_no_result_is_neither_done_nor_replaced_unless_told(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel, name: str
) -> None:
    source, *_ = make_files("in/a.tif", "out/foreign.tif")
    job = Job(source, tmp_path / "out" / name, "a.tif")
    if name == "a.zarr":
        zarr.create_group(job.target)
    elif name == "a.tif":
        (tmp_path / "out/foreign.tif").rename(job.target)
    else:
        job.target.touch()
    (failed,) = [
        event
        for event in BatchDenoiser([job], model, CPU).events()
        if isinstance(event, FileDone | FileSkipped | FileFailed)
    ]
    assert isinstance(failed, FileFailed)
    assert "found something else at" in failed.reason
    assert ends(BatchDenoiser([job], model, CPU, overwrite=True).events()) == [("a.tif", "Done")]
    assert ends(BatchDenoiser([job], model, CPU).events()) == [("a.tif", "Skipped")]


def test_a_result_under_way_that_is_stopped_leaves_no_file(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel
) -> None:
    make_files("in/a.tif", "in/b.tif", "in/c.tif")
    seen: list[Any] = []
    batch = BatchDenoiser(plan(tmp_path), model, DenoiseConfig(tile=8, device="cpu"))
    for event in batch.events(lambda: "b.tif" in str(seen) and isinstance(seen[-1], TileDone)):
        seen.append(event)
    assert ends(iter(seen)) == [("a.tif", "Done")]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.tif"]


def test_axes_count_more_than_those_of_the_files(tmp_path: Path, model: TrainedModel) -> None:
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in/a.npy", np.ones((24, 20, 3), np.float32))
    batch = BatchDenoiser(plan(tmp_path), model, CPU, axes="YXT")
    opened = [event for event in batch.events() if isinstance(event, ImageOpened)]
    assert opened[0].image.axes == "YXT"


def test_a_missing_device_is_told_once_before_anything_is_done(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel
) -> None:
    make_files("in/a.tif")
    with pytest.raises(DeviceError):
        BatchDenoiser(plan(tmp_path), model, DenoiseConfig(device="cuda:99"))


def test_folders_that_cannot_be_created_end_it_at_once(
    make_files: MakeFiles, tmp_path: Path, model: TrainedModel
) -> None:
    make_files("in/a.tif")
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(FileError, match="cannot be created"):
        list(BatchDenoiser(plan(tmp_path), model, CPU).events())
