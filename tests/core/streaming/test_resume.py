from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_noise2same.core.denoising import DenoiseFinished, DenoiseStarted, TileDone
from napari_noise2same.core.errors import FileError, TakenError
from napari_noise2same.core.io import Image, create_pyramid, journal_path, open_pyramid, read_image
from napari_noise2same.core.model import TrainedModel, save_model
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.streaming import StreamDenoiser, denoise_to_zarr, target
from noise2same_testing.arrays import CountingArray, picture

ModelFactory = Callable[..., TrainedModel]
Array = NDArray[Any]

zarr = pytest.importorskip("zarr", reason="Zarr files need the extra 'zarr'")

# In one precision, as other processes do not know what a test has set.
CONFIG = DenoiseConfig(tile=32, precision="float32")
# Denoises, and kills itself in the middle of a cell: while the pixels are written.
KILLED = """
import os, signal, sys
from napari_noise2same.core import DenoiseConfig, load_model, read_image
from napari_noise2same.core.streaming import StreamDenoiser
from napari_noise2same.core.streaming.target import CellWriter

write = CellWriter.write
def write_and_die(self, index, values):
    write(self, index, values if index < 8 else values * 0)
    if index == 8:
        os.kill(os.getpid(), signal.SIGKILL)
CellWriter.write = write_and_die
image, model = read_image(sys.argv[1]), load_model(sys.argv[2])
for _ in StreamDenoiser(
    image, model, sys.argv[3], DenoiseConfig(tile=32, precision="float32")
).events():
    pass
"""


def levels(path: Path) -> list[Array]:
    return [np.asarray(level[...]) for level in open_pyramid(path).levels]


def run_until(job: StreamDenoiser, cells: int) -> list[Any]:
    """Stop when so many cells have been told of; one more may be done."""
    events: list[Any] = []
    for event in job.events(stop=lambda: len(events) > cells):
        events.append(event)
    return events


def test_a_job_that_was_killed_ends_as_one_that_was_not(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    np.save(tmp_path / "noisy.npy", picture(130, 140))
    save_model(make_model(), tmp_path / "m.safetensors")
    path = tmp_path / "killed.zarr"
    arguments = [str(tmp_path / "noisy.npy"), str(tmp_path / "m.safetensors"), str(path)]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert done.returncode == -9
    (path / "0" / "c" / "0" / "leftover.partial").touch()
    image = read_image(tmp_path / "noisy.npy")
    job = StreamDenoiser(image, make_model(), path, CONFIG)
    started, *tiles, last = job.events()
    assert isinstance(started, DenoiseStarted)
    assert (started.done, started.total, job.done) == (8, 25, 8)
    assert len(tiles) == 25 - 8
    assert isinstance(tiles[0], TileDone)
    assert tiles[0].done == 9
    assert isinstance(last, DenoiseFinished)
    denoise_to_zarr(image, make_model(), tmp_path / "whole.zarr", CONFIG)
    for found, expected in zip(levels(path), levels(tmp_path / "whole.zarr"), strict=True):
        assert found.tobytes() == expected.tobytes()
    assert not list(path.rglob("*.partial"))
    assert not journal_path(path).exists()


def test_no_finished_cell_is_done_again(make_model: ModelFactory, tmp_path: Path) -> None:
    source = CountingArray(picture(96, 96))
    image, path = Image(source, "YX"), tmp_path / "a.zarr"
    events = run_until(StreamDenoiser(image, make_model(), path, CONFIG), 4)
    assert not any(isinstance(event, DenoiseFinished) for event in events)
    job = StreamDenoiser(image, make_model(), path, CONFIG)
    before = job.done
    source.indices.clear()
    assert before >= 4
    for _ in job.events():
        pass
    assert len(source.reads) == 9 - before


def test_stopping_at_once_leaves_a_job_to_go_on_with(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    job = StreamDenoiser(Image(picture(64, 64), "YX"), make_model(), tmp_path / "a.zarr", CONFIG)
    assert [type(event) for event in job.events(stop=lambda: True)] == [DenoiseStarted]
    assert isinstance(list(job.events())[-1], DenoiseFinished)


def test_a_job_whose_last_moment_was_missed_only_needs_to_end(
    make_model: ModelFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, path = Image(picture(64, 64), "YX"), tmp_path / "a.zarr"
    with monkeypatch.context() as patch:
        patch.setattr("napari_noise2same.core.streaming.target.Target.complete", lambda _: False)
        denoise_to_zarr(image, make_model(), path, CONFIG)
    assert journal_path(path).exists()
    started, last = StreamDenoiser(image, make_model(), path, CONFIG).events()
    assert isinstance(started, DenoiseStarted)
    assert started.done == started.total
    assert isinstance(last, DenoiseFinished)
    assert not journal_path(path).exists()


def test_two_processes_do_not_make_one_result(make_model: ModelFactory, tmp_path: Path) -> None:
    image, path = Image(picture(96, 96), "YX"), tmp_path / "a.zarr"
    first = StreamDenoiser(image, make_model(), path, CONFIG).events()
    next(first)
    for overwrite in (False, True):
        other = Image(picture(96, 96) + overwrite, "YX")
        second = StreamDenoiser(other, make_model(), path, CONFIG, overwrite=overwrite)
        with pytest.raises(FileError, match="found one that is being made"):
            next(second.events())
    *_, last = first
    assert isinstance(last, DenoiseFinished)
    assert not list(path.glob("*.lock"))
    assert not list(path.glob(".*.lock"))


def test_two_processes_do_not_create_one_result(
    make_model: ModelFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, path = Image(picture(64, 64), "YX"), tmp_path / "a.zarr"
    place = "napari_noise2same.core.streaming.target.create_pyramid"

    def create_late(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(place, create_pyramid)
        other = StreamDenoiser(image, make_model(), path, CONFIG)
        with pytest.raises(FileError, match=r"^Expected a result that nobody else is making"):
            next(other.events())
        return create_pyramid(*arguments, **options)

    monkeypatch.setattr(place, create_late)
    *_, last = StreamDenoiser(image, make_model(), path, CONFIG).events()
    assert isinstance(last, DenoiseFinished)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zarr"]


def test_a_result_that_another_process_has_made_meanwhile_is_not_replaced(
    make_model: ModelFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, path = Image(picture(64, 64), "YX"), tmp_path / "a.zarr"
    opened = target.Target.opened

    def opened_late(*arguments: Any) -> Any:
        monkeypatch.setattr(target.Target, "opened", opened)
        denoise_to_zarr(image, make_model(), path, CONFIG)
        return opened(*arguments)

    monkeypatch.setattr(target.Target, "opened", opened_late)
    with pytest.raises(TakenError, match="found a result at"):
        next(StreamDenoiser(image, make_model(), path, CONFIG).events())


def test_parts_of_a_mapped_file_are_different_images(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", np.stack([picture(96, 96), picture(96, 96) + 5]))
    parts, path = np.load(tmp_path / "a.npy", mmap_mode="r"), tmp_path / "a.zarr"
    run_until(StreamDenoiser(Image(parts[0], "YX"), make_model(), path, CONFIG), 1)
    with pytest.raises(FileError, match="another job"):
        StreamDenoiser(Image(parts[1], "YX"), make_model(), path, CONFIG)


def test_arrays_of_one_name_in_different_stores_are_different_images(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    path = tmp_path / "a.zarr"

    def array(name: str) -> Image:
        with zarr.storage.ZipStore(tmp_path / name, mode="w") as store:
            zarr.create_array(store, data=picture(96, 96), chunks=(96, 96))
        return Image(zarr.open_array(zarr.storage.ZipStore(tmp_path / name)), "YX")

    run_until(StreamDenoiser(array("a.zip"), make_model(), path, CONFIG), 1)
    with pytest.raises(FileError, match="another job"):
        StreamDenoiser(array("b.zip"), make_model(), path, CONFIG)


def other_jobs(model: TrainedModel, image: Image) -> dict[str, tuple[Any, ...]]:
    """The same job but for one thing."""
    weights = {name: weight * 1.001 for name, weight in model.weights.items()}
    domain = replace(model.domains[0], mean=model.domains[0].mean + 1)
    changed = np.asarray(image.data) + 1
    return {
        "weights": (image, replace(model, weights=weights), CONFIG),
        "domain": (image, replace(model, domains=(domain,)), CONFIG),
        "setting": (image, model, DenoiseConfig(tile=32, averaging=True)),
        "averaging": (image, replace(model, settings={"effort": 2.0}), CONFIG),
        "start": (image, replace(model, start="pretrained"), CONFIG),
        "cells": (image, model, DenoiseConfig(tile=48)),
        "pixels": (Image(changed, "YX"), model, CONFIG),
    }


@pytest.mark.parametrize(
    "change", ["weights", "domain", "setting", "averaging", "start", "cells", "pixels"]
)
def test_another_job_does_not_go_on_with_it(
    make_model: ModelFactory, tmp_path: Path, change: str
) -> None:
    image, path = Image(picture(64, 96), "YX"), tmp_path / "a.zarr"
    run_until(StreamDenoiser(image, make_model(), path, CONFIG), 2)
    other_image, model, config = other_jobs(make_model(), image)[change]
    with pytest.raises(TakenError, match="an unfinished result of another job"):
        StreamDenoiser(other_image, model, path, config)
    found = denoise_to_zarr(other_image, model, path, config, overwrite=True)
    expected = denoise_to_zarr(other_image, model, tmp_path / "b.zarr", config)
    np.testing.assert_array_equal(np.asarray(found.data), np.asarray(expected.data))


def test_asked_to_overwrite_the_same_job_goes_on(make_model: ModelFactory, tmp_path: Path) -> None:
    image, path = Image(picture(64, 96), "YX"), tmp_path / "a.zarr"
    run_until(StreamDenoiser(image, make_model(), path, CONFIG, overwrite=True), 2)
    assert StreamDenoiser(image, make_model(), path, CONFIG, overwrite=True).done >= 2


def test_a_finished_result_is_replaced_only_when_asked(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    image, path = Image(picture(64, 96), "YX"), tmp_path / "a.zarr"
    denoise_to_zarr(image, make_model(), path, CONFIG)
    before = levels(path)[0]
    with pytest.raises(TakenError, match=r"found a result at .*: take it as it is"):
        StreamDenoiser(image, make_model(seed=1), path, CONFIG)
    np.testing.assert_array_equal(levels(path)[0], before)
    denoise_to_zarr(image, make_model(seed=1), path, CONFIG, overwrite=True)
    assert not np.array_equal(levels(path)[0], before)


def test_a_file_that_has_changed_is_another_image(make_model: ModelFactory, tmp_path: Path) -> None:
    file, path = tmp_path / "noisy.npy", tmp_path / "a.zarr"
    np.save(file, picture(64, 96))
    run_until(StreamDenoiser(read_image(file), make_model(), path, CONFIG), 2)
    np.save(file, picture(64, 96) + 1)
    with pytest.raises(FileError, match="another job"):
        StreamDenoiser(read_image(file), make_model(), path, CONFIG)


def test_a_zarr_that_was_written_anew_is_another_image(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    import zarr

    source, path = tmp_path / "noisy.zarr", tmp_path / "a.zarr"
    for attempt in range(2):
        zarr.create_array(source, data=picture(64, 96), overwrite=True)
        image = read_image(source)
        if attempt == 0:
            run_until(StreamDenoiser(image, make_model(), path, CONFIG), 2)
            assert StreamDenoiser(image, make_model(), path, CONFIG).done
    with pytest.raises(FileError, match="another job"):
        StreamDenoiser(image, make_model(), path, CONFIG)


def test_a_cell_that_was_stopped_is_done_again(make_model: ModelFactory, tmp_path: Path) -> None:
    image, model = Image(picture(96, 96), "YX"), make_model()
    expected = denoise_to_zarr(image, model, tmp_path / "whole.zarr", CONFIG)
    job = StreamDenoiser(image, model, tmp_path / "out.zarr", CONFIG)
    calls: list[int] = []
    network = job._cells.piece.predictor.network
    hook = next(network.children()).register_forward_hook(lambda *_: calls.append(1))
    events = list(job.events(stop=lambda: len(calls) == 3))
    hook.remove()
    assert [type(event) for event in events] == [DenoiseStarted, TileDone, TileDone]
    again = StreamDenoiser(image, model, tmp_path / "out.zarr", CONFIG)
    assert again.done == 2
    *_, last = again.events()
    assert isinstance(last, DenoiseFinished)
    np.testing.assert_array_equal(levels(tmp_path / "out.zarr")[0], np.asarray(expected.data))
