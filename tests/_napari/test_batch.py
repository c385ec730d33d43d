"""The Batch tab in a real viewer, driven as a user drives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import tifffile
from napari import Viewer
from pytestqt.qtbot import QtBot
from zarr.core.sync import cleanup_resources

from napari_noise2same._napari.commands import open_denoise_dock
from napari_noise2same._napari.denoise_dock import DenoiseDock
from napari_noise2same._napari.file_layers import NewLayer, read_layers
from napari_noise2same.core import (
    BatchConfig,
    DenoiseConfig,
    TrainedModel,
    denoise,
    read_image,
)
from napari_noise2same.core.batch import Job
from napari_noise2same.core.denoising import Denoiser
from napari_noise2same.core.io import is_result
from napari_noise2same.widgets import FileState
from noise2same_testing.docks import TIMEOUT, wait

WAITING, DONE, SKIPPED, FAILED = (
    FileState.WAITING,
    FileState.DONE,
    FileState.SKIPPED,
    FileState.FAILED,
)


@pytest.fixture
def _zarr() -> Iterator[None]:
    """The threads of zarr outlive their first user."""
    yield
    cleanup_resources()


@pytest.fixture
def dock(viewer: Viewer, model: TrainedModel) -> DenoiseDock:
    dock = open_denoise_dock(viewer)
    dock.store.put("model", model)
    dock.panel.set_value(DenoiseConfig(device="cpu"))
    dock.panel.tabs.setCurrentIndex(1)
    return dock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three small images, the second one damaged."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "cells"
    (folder / "more").mkdir(parents=True)
    for name in ("1.tif", "2.tif", "more/3.tif"):
        tifffile.imwrite(folder / name, rng.poisson(60, (24, 20)).astype(np.uint16))
    (folder / "2.tif").write_bytes((folder / "2.tif").read_bytes()[:50])
    return folder


def hold_second_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the second image never end by itself."""
    events, begun, never = Denoiser.events, [], Event()

    def held(self: Denoiser, stop: Any) -> Any:
        begun.append(self)
        if len(begun) == 1:
            yield from events(self, stop)
            return
        yield next(events(self, stop))
        while not stop():
            never.wait(0.01)

    monkeypatch.setattr(Denoiser, "events", held)


def choose(qtbot: QtBot, dock: DenoiseDock, *paths: Path) -> None:
    table = dock.panel.batch.table
    dock.panel.batch.inputs.set_value(tuple(map(str, paths)))
    wait(qtbot, lambda: bool(table.states()))


def denoise_all(qtbot: QtBot, dock: DenoiseDock) -> None:
    dock.panel.batch.denoise.click()
    wait(qtbot, lambda: not dock.batch_controller.is_running)


def results(folder: Path) -> list[str]:
    found = folder.with_name(f"{folder.name} denoised").rglob("*.tif")
    return sorted(path.name for path in found)


def test_a_folder_with_a_damaged_file(
    qtbot: QtBot, dock: DenoiseDock, folder: Path, model: TrainedModel
) -> None:
    panel, table = dock.panel, dock.panel.batch.table
    choose(qtbot, dock, folder)
    assert table.states() == (WAITING,) * 3
    assert panel.batch.output.edit.placeholderText() == f"{folder} denoised"

    denoise_all(qtbot, dock)
    assert table.states() == (DONE, FAILED, DONE)
    assert "2.tif damaged or cut short" in table.text(1)
    assert [table.has_pictures(row) for row in range(3)] == [
        (True, True),
        (False, False),
        (True, True),
    ]
    assert "2 denoised, 1 failed. Results in" in panel.message.value()
    assert panel.batch.progress.label.text().startswith("image 3 / 3")

    target = folder.with_name("cells denoised") / "more" / "3.tif"
    expected = denoise(read_image(folder / "more/3.tif"), model, DenoiseConfig(device="cpu"))
    np.testing.assert_array_equal(read_image(target).data, expected)
    assert is_result(target)


def test_what_is_done_is_skipped_unless_it_is_to_be_made_anew(
    qtbot: QtBot, dock: DenoiseDock, folder: Path
) -> None:
    batch, table = dock.panel.batch, dock.panel.batch.table
    (folder / "2.tif").unlink()
    choose(qtbot, dock, folder)
    denoise_all(qtbot, dock)
    assert table.states() == (DONE, DONE)

    first = folder.with_name("cells denoised") / "1.tif"
    before = first.stat().st_mtime_ns
    denoise_all(qtbot, dock)
    assert table.states() == (SKIPPED, SKIPPED)
    assert "2 done before" in dock.panel.message.value()
    assert first.stat().st_mtime_ns == before

    batch.overwrite.click()
    wait(qtbot, lambda: table.states() == (WAITING, WAITING))
    denoise_all(qtbot, dock)
    assert table.states() == (DONE, DONE)
    assert first.stat().st_mtime_ns > before


def test_one_file_is_told_of_in_the_singular(qtbot: QtBot, dock: DenoiseDock, folder: Path) -> None:
    choose(qtbot, dock, folder / "2.tif")
    denoise_all(qtbot, dock)
    assert dock.panel.message.value().startswith("Of 1 image 1 failed.")


def test_cancelling_leaves_no_half_result(
    qtbot: QtBot, dock: DenoiseDock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_second_image(monkeypatch)
    (folder / "2.tif").unlink()
    batch, table = dock.panel.batch, dock.panel.batch.table
    choose(qtbot, dock, folder)
    batch.denoise.click()
    batch.denoise.click()  # a second click starts no second run
    dock.controller.denoise()  # nor does the other tab
    wait(qtbot, lambda: table.states() == (DONE, FileState.RUNNING))
    assert not dock.panel.denoise.isEnabled()
    batch.cancel.click()
    wait(qtbot, lambda: not dock.batch_controller.is_running)
    assert table.states() == (DONE, WAITING)
    assert results(folder) == ["1.tif"]
    assert "1 denoised, 1 not done" in dock.panel.message.value()
    assert dock.panel.denoise.isEnabled()


@pytest.mark.parametrize("what", ["dock", "viewer"])
def test_closing_ends_a_run(
    qtbot: QtBot,
    viewer: Viewer,
    dock: DenoiseDock,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    hold_second_image(monkeypatch)
    (folder / "2.tif").unlink()
    table = dock.panel.batch.table
    choose(qtbot, dock, folder)
    dock.panel.batch.denoise.click()
    wait(qtbot, lambda: FileState.RUNNING in table.states() and DONE in table.states())
    worker = dock.batch_controller.worker
    assert worker is not None
    if what == "viewer":
        viewer.close()
    else:
        viewer.window.remove_dock_widget(dock)
    wait(qtbot, lambda: not worker.is_running)
    assert results(folder) == ["1.tif"]


def test_clicking_a_row_twice_opens_the_image_and_its_result(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock, tmp_path: Path
) -> None:
    path, table = tmp_path / "cells" / "stack.ome.tif", dock.panel.batch.table
    path.parent.mkdir()
    pixels = np.random.default_rng(0).poisson(60, (3, 2, 24, 20)).astype(np.uint16)
    metadata = {"axes": "ZCYX", "PhysicalSizeX": 0.2, "PhysicalSizeXUnit": "µm"}
    tifffile.imwrite(path, pixels, metadata=metadata)
    choose(qtbot, dock, path)
    table.row_opened.emit(0)
    wait(qtbot, lambda: len(viewer.layers) == 1)
    viewer.layers.clear()

    denoise_all(qtbot, dock)
    assert table.states() == (DONE,), table.text(0)
    table.row_opened.emit(0)
    wait(qtbot, lambda: len(viewer.layers) == 2)
    noisy, result = viewer.layers
    assert (noisy.name, result.name) == ("stack.ome.tif", "stack.ome.tif [n2s]")
    assert noisy.axis_labels == result.axis_labels == ("z", "c", "y", "x")
    assert noisy.scale[-1] == pytest.approx(0.2)
    assert noisy.contrast_limits == result.contrast_limits
    np.testing.assert_array_equal(noisy.data, pixels)
    assert result.data.shape == pixels.shape
    assert result.data.std() != pixels.std()


def test_a_file_may_be_read_for_longer_than_the_batch_takes(
    qtbot: QtBot,
    viewer: Viewer,
    dock: DenoiseDock,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch_over = Event()

    def read_late(job: Job, stop: Callable[[], bool]) -> Iterator[list[NewLayer]]:
        batch_over.wait(TIMEOUT / 1000)
        yield from read_layers(job, stop)

    monkeypatch.setattr("napari_noise2same._napari.batch_controller.read_layers", read_late)
    choose(qtbot, dock, folder / "1.tif")
    dock.panel.batch.table.row_opened.emit(0)
    denoise_all(qtbot, dock)
    batch_over.set()
    wait(qtbot, lambda: [layer.name for layer in viewer.layers] == ["1.tif", "1.tif [n2s]"])


@pytest.mark.usefixtures("_zarr")
@pytest.mark.parametrize("suffix", ["tif", "zarr"])
def test_colours_are_shown_as_colours(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock, tmp_path: Path, suffix: Any
) -> None:
    path, batch = tmp_path / "cells" / "rgb.tif", dock.panel.batch
    path.parent.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (24, 20, 3), np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb")
    batch.format.set_value(suffix)
    choose(qtbot, dock, path)
    denoise_all(qtbot, dock)
    assert batch.table.has_pictures(0) == (True, True)
    batch.table.row_opened.emit(0)
    wait(qtbot, lambda: len(viewer.layers) == 2)
    noisy, result = viewer.layers
    assert noisy.rgb
    # OME-Zarr knows no colours, only channels.
    assert result.rgb == (suffix == "tif")
    if suffix == "tif":
        assert result.data.dtype == np.uint8


def test_a_damaged_row_that_is_opened_says_why_it_cannot_be(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock, folder: Path
) -> None:
    choose(qtbot, dock, folder)
    dock.panel.batch.table.row_opened.emit(1)
    wait(qtbot, lambda: "damaged" in dock.panel.message.value())
    assert not viewer.layers


def test_problems_are_one_sentence_and_the_tab_can_be_used_again(
    qtbot: QtBot, dock: DenoiseDock, folder: Path
) -> None:
    batch, message = dock.panel.batch, dock.panel.message
    batch.denoise.click()
    assert "choose a folder or files" in message.value()
    batch.inputs.set_value([str(folder / "none")])
    wait(qtbot, lambda: "nothing at" in message.value())
    batch.output.set_value([str(folder / "out.tif")])
    batch.inputs.set_value([str(folder)])
    wait(qtbot, lambda: "folder for 3 images" in message.value())
    denoise_all(qtbot, dock)
    assert "folder for 3 images" in message.value()
    assert batch.progress.bar.maximum() > 0  # no longer busy
    assert batch.progress.label.text() == ""
    batch.output.set_value([])
    wait(qtbot, lambda: len(batch.table.states()) == 3)
    assert message.value() == ""
    batch.inputs.set_value([])
    assert batch.table.states() == ()


def test_the_files_of_the_last_session_are_looked_for_once_they_are_wanted(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock, folder: Path, model: TrainedModel
) -> None:
    dock.panel.batch.format.set_value("ome.tif")
    choose(qtbot, dock, folder)
    denoise_all(qtbot, dock)
    viewer.window.remove_dock_widget(dock)

    again = DenoiseDock(viewer)
    qtbot.addWidget(again)
    again.store.put("model", model)
    batch = again.panel.batch
    assert batch.value() == BatchConfig(inputs=(str(folder),), format="ome.tif")
    assert batch.table.states() == ()
    again.panel.tabs.setCurrentIndex(1)
    wait(qtbot, lambda: batch.table.states() == (SKIPPED, WAITING, SKIPPED))


def test_files_that_come_and_go_show_when_the_tab_is_in_front_again(
    qtbot: QtBot, dock: DenoiseDock, folder: Path
) -> None:
    tabs, table = dock.panel.tabs, dock.panel.batch.table
    choose(qtbot, dock, folder)
    denoise_all(qtbot, dock)
    assert table.states() == (DONE, FAILED, DONE)
    reason = table.text(1)

    (folder / "0.tif").write_bytes((folder / "1.tif").read_bytes())
    (folder.with_name("cells denoised") / "more" / "3.tif").unlink()
    tabs.setCurrentIndex(0)
    tabs.setCurrentIndex(1)
    wait(qtbot, lambda: len(table.states()) == 4)
    assert table.states() == (WAITING, DONE, FAILED, WAITING)
    assert table.text(2) == reason
    assert table.has_pictures(1) == (True, True)
    assert table.has_pictures(3) == (False, False)

    denoise_all(qtbot, dock)
    assert table.states() == (DONE, SKIPPED, FAILED, DONE)
