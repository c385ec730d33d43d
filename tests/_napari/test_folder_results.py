"""Results that go into folders, in a real viewer: they fill, are stopped, and gone on with."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import psutil
import pytest
from napari import Viewer
from napari.layers import Image
from napari.layers._source import layer_source
from pytestqt.qtbot import QtBot

from napari_noise2same._napari.commands import open_denoise_dock
from napari_noise2same._napari.denoise_dock import DenoiseDock
from napari_noise2same.core import DenoiseConfig, TrainedModel, read_image
from napari_noise2same.core.denoising import PieceDenoiser
from napari_noise2same.core.io import open_pyramid
from napari_noise2same.core.settings import ResultConfig
from noise2same_testing.docks import denoise, wait

pytestmark = pytest.mark.usefixtures("threads_of_zarr")


@pytest.fixture
def lazy(viewer: Viewer) -> Image:
    """A lazy layer of several cells, with a pixel size of its own."""
    pixels = np.random.default_rng(0).poisson(60, (600, 560)).astype(np.uint16)
    data = da.from_array(pixels, chunks=(128, 128), name="pixels")
    return viewer.add_image(
        data, name="big/one", scale=(0.2, 0.1), translate=(5, -3), contrast_limits=(20, 110)
    )


@pytest.fixture
def dock(viewer: Viewer, lazy: Image, model: TrainedModel, tmp_path: Path) -> DenoiseDock:
    """A dock with a model, a lazy layer, and small cells that go into a folder."""
    dock = open_denoise_dock(viewer)
    dock.store.put("model", model)
    dock.panel.layers.set_value([lazy.unique_id])
    dock.panel.set_value(DenoiseConfig(tile=256, device="cpu"))
    dock.panel.result.set_value(ResultConfig(place="folder", folder=str(tmp_path / "results")))
    return dock


def in_memory(qtbot: QtBot, viewer: Viewer, dock: DenoiseDock) -> np.ndarray[Any, Any]:
    """Denoise into memory what goes into a folder otherwise."""
    dock.panel.result.place.set_value("memory")
    denoise(qtbot, dock)
    result: np.ndarray[Any, Any] = viewer.layers[viewer.layers.selection.active.name].data
    return result


def stop_after_a_cell(monkeypatch: pytest.MonkeyPatch, dock: DenoiseDock) -> None:
    """Press Cancel as soon as one cell is denoised."""
    original = PieceDenoiser.denoise

    def denoise_and_cancel(*arguments: Any, **settings: Any) -> Any:
        values = original(*arguments, **settings)
        assert dock.controller.worker is not None
        dock.controller.worker.stop()
        return values

    monkeypatch.setattr(PieceDenoiser, "denoise", denoise_and_cancel)


def test_a_lazy_layer_fills_a_multiscale_layer_in_a_folder(
    qtbot: QtBot, viewer: Viewer, lazy: Image, dock: DenoiseDock, tmp_path: Path
) -> None:
    denoise(qtbot, dock)
    result = viewer.layers["big/one [n2s]"]
    folder = tmp_path / "results" / "big_one [n2s].ome.zarr"
    assert dock.panel.message.value() == f"The result is in {folder}."
    assert result.multiscale
    assert [level.shape for level in result.data] == [(600, 560), (300, 280)]
    assert viewer.layers.index(result) == viewer.layers.index(lazy) + 1
    np.testing.assert_allclose(result.scale, lazy.scale)
    np.testing.assert_allclose(result.translate, lazy.translate)
    np.testing.assert_allclose(result.extent.world, lazy.extent.world)
    assert tuple(result.contrast_limits) == (20, 110)
    assert result.metadata["noise2same"]["folder"] == str(folder)

    # Its coarsest size and its thumbnail, which napari keeps, have filled too.
    np.testing.assert_array_equal(result.data[1], open_pyramid(folder).levels[1][:])
    assert result.thumbnail[..., :3].any()

    whole = in_memory(qtbot, viewer, dock)
    np.testing.assert_array_equal(result.data[0], whole)
    written = read_image(folder)
    assert written.spacing == {"Y": 0.2, "X": 0.1}
    np.testing.assert_array_equal(written.data[...], whole)


def test_the_layer_is_there_and_drawn_while_it_fills(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after_a_cell(monkeypatch, dock)
    denoise(qtbot, dock)
    result = viewer.layers["big/one [n2s]"]
    finest = np.asarray(result.data[0])
    assert finest[:256, :256].all()
    assert not finest[300:].any()
    # What napari shows is what the folder holds by now.
    assert np.asarray(result._slice.image.view).any()
    assert dock.panel.progress.bar.value() > 0


def test_the_size_that_napari_keeps_is_read_in_the_thread_alone(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    zarr = pytest.importorskip("zarr")
    readers: dict[str, set[bool]] = {"0": set(), "1": set()}
    read = zarr.Array.__getitem__

    def note(array: Any, index: Any) -> Any:
        readers[array.basename].add(threading.current_thread() is threading.main_thread())
        return read(array, index)

    monkeypatch.setattr(zarr.Array, "__getitem__", note)
    denoise(qtbot, dock)
    assert readers["1"] == {False}
    assert np.asarray(viewer.layers["big/one [n2s]"].data[1]).all()


def test_what_was_cancelled_goes_on_in_the_same_folder_and_layer(
    qtbot: QtBot,
    viewer: Viewer,
    dock: DenoiseDock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as stopping:
        stop_after_a_cell(stopping, dock)
        denoise(qtbot, dock)
    folder = tmp_path / "results" / "big_one [n2s].ome.zarr"
    assert dock.panel.message.value() == f"Stopped: Denoise goes on with {folder} where it was."
    before = viewer.layers["big/one [n2s]"]

    cells = []
    original = PieceDenoiser.denoise

    def count(*arguments: Any, **settings: Any) -> Any:
        cells.append(arguments)
        return original(*arguments, **settings)

    monkeypatch.setattr(PieceDenoiser, "denoise", count)
    denoise(qtbot, dock)
    # Nine cells, of which one or two were done when it was stopped.
    assert 0 < len(cells) < 9
    assert [layer.name for layer in viewer.layers] == ["big/one", "big/one [n2s]"]
    assert viewer.layers["big/one [n2s]"] is before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    np.testing.assert_array_equal(before.data[0], in_memory(qtbot, viewer, dock))


def test_a_disk_too_full_to_go_on_is_no_reason_for_another_name(
    qtbot: QtBot, dock: DenoiseDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stopping:
        stop_after_a_cell(stopping, dock)
        denoise(qtbot, dock)
    usage = shutil.disk_usage(tmp_path)._replace(free=1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    denoise(qtbot, dock)
    folder = tmp_path / "results" / "big_one [n2s].ome.zarr"
    assert f" MB of free space for {folder}, found 0.0 MB" in dock.panel.message.value()


def test_a_finished_result_is_never_replaced(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock, tmp_path: Path
) -> None:
    denoise(qtbot, dock)
    denoise(qtbot, dock)
    names = sorted(path.name for path in (tmp_path / "results").iterdir())
    assert names == ["big_one [n2s] 2.ome.zarr", "big_one [n2s].ome.zarr"]
    assert [layer.name for layer in viewer.layers][1:] == ["big/one [n2s] [1]", "big/one [n2s]"]


def test_colours_and_frames_keep_the_order_of_their_axes(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock
) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (64, 48, 3), np.uint8)
    colours = viewer.add_image(pixels, name="colours", rgb=True)
    dock.panel.layers.set_value([colours.unique_id])
    denoise(qtbot, dock)
    assert dock.panel.message.value().startswith("The result is in")
    result = viewer.layers["colours [n2s]"]
    assert result.rgb
    assert result.data[0].shape == (64, 48, 3)
    np.testing.assert_array_equal(result.data[0], in_memory(qtbot, viewer, dock))


def test_another_frame_is_another_result(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = np.random.default_rng(0).poisson(60, (2, 300, 40)).astype(np.uint16)
    frames = viewer.add_image(stack, name="frames", axis_labels=("t", "y", "x"))
    dock.panel.layers.set_value([frames.unique_id])
    dock.panel.region.set_value("frame")
    viewer.dims.set_current_step(0, 0)
    with monkeypatch.context() as stopping:
        stop_after_a_cell(stopping, dock)
        denoise(qtbot, dock)
    viewer.dims.set_current_step(0, 1)
    denoise(qtbot, dock)
    second = viewer.layers["frames [n2s] [1]"]
    assert second.metadata["noise2same"]["folder"].endswith("frames [n2s] 2.ome.zarr")
    assert second.data[0].shape == (1, 300, 40)
    np.testing.assert_array_equal(second.data[0], in_memory(qtbot, viewer, dock))


def test_a_full_disk_is_told_before_anything_is_done(
    qtbot: QtBot,
    viewer: Viewer,
    dock: DenoiseDock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    dock.panel.result.folder.set_value((str(tmp_path / "full"),))
    note = dock.panel.result.note
    wait(qtbot, lambda: "only 1.0 MB are free there" in note.text())
    assert "big_one [n2s].ome.zarr: up to 1.7 MB" in note.text()
    denoise(qtbot, dock)
    assert "free space" in dock.panel.message.value()
    assert list(viewer.layers) == [viewer.layers["big/one"]]
    assert dock.panel.denoise.isEnabled()


def test_what_memory_cannot_hold_goes_into_a_folder_unless_the_user_insists(
    viewer: Viewer, dock: DenoiseDock
) -> None:
    form = dock.panel.result
    form.set_value(ResultConfig())
    assert not form.in_folder()
    number = psutil.virtual_memory().total // (4 * 1000 * 1000)
    huge = da.zeros((number, 1000, 1000), dtype=np.uint16, chunks=(1, 1000, 1000))
    layer = viewer.add_image(huge, name="huge", contrast_limits=(0, 1))
    dock.panel.layers.set_value([layer.unique_id])
    assert form.in_folder()
    assert "more than a third of the" in form.note.text()
    assert form.folder.edit.placeholderText() == str(Path.home())
    # The frame fits.
    dock.panel.region.set_value("frame")
    assert not form.in_folder()
    dock.panel.region.set_value("all")
    assert form.in_folder()
    # What is half typed changes nothing.
    form.scheduler.editor.set_value("loc")
    assert form.in_folder()
    form.scheduler.editor.set_value("local:2")
    form.place.set_value("memory")
    assert "more than a third of the" in form.note.text()
    assert not form.in_folder()


@pytest.mark.parametrize("name", ["image.tif", "image.ome.zarr", "image.ome.zarr/0"])
def test_results_lie_beside_the_file_of_the_layer(
    viewer: Viewer, dock: DenoiseDock, tmp_path: Path, name: str
) -> None:
    with layer_source(path=str(tmp_path / name)):
        layer = viewer.add_image(np.zeros((32, 32)), name="image")
    dock.panel.layers.set_value([layer.unique_id])
    dock.panel.result.set_value(ResultConfig(place="folder"))
    assert dock.panel.result.folder.edit.placeholderText() == str(tmp_path)


def test_closing_the_dock_in_mid_run_ends_it(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()
    original = PieceDenoiser.denoise

    def held(*arguments: Any, **settings: Any) -> Any:
        going.wait()
        return original(*arguments, **settings)

    monkeypatch.setattr(PieceDenoiser, "denoise", held)
    dock.panel.denoise.click()
    wait(qtbot, lambda: "big/one [n2s]" in viewer.layers)
    worker = dock.controller.worker
    assert worker is not None
    viewer.window.remove_dock_widget(dock)
    going.set()
    wait(qtbot, lambda: not worker.is_running)


def test_where_results_go_is_remembered(
    qtbot: QtBot, viewer: Viewer, dock: DenoiseDock, tmp_path: Path
) -> None:
    wanted = ResultConfig(place="folder", folder=str(tmp_path / "results"), scheduler="threads")
    denoise(qtbot, dock)
    again = DenoiseDock(viewer)
    qtbot.addWidget(again)
    assert again.panel.result.value() == wanted
