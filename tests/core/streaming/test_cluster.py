from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from napari_noise2same.core.denoising import DenoiseFinished, DenoiseStarted, TileDone
from napari_noise2same.core.errors import DeviceError
from napari_noise2same.core.io import Image, open_pyramid, read_image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.streaming import StreamDenoiser, cluster, denoise_to_zarr
from noise2same_testing.arrays import picture

ModelFactory = Callable[..., TrainedModel]

distributed = pytest.importorskip("distributed", reason="needs the extra 'dask'")

# In one precision, as other processes do not know what a test has set.
CONFIG = DenoiseConfig(tile=32, precision="float32")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with two workers, without processes of their own."""
    with distributed.LocalCluster(
        n_workers=2, processes=False, dashboard_address=None, threads_per_worker=2
    ) as workers:
        yield workers.scheduler_address


def levels(path: Path) -> list[bytes]:
    return [level[...].tobytes() for level in open_pyramid(path).levels]


def test_processes_give_what_threads_give_even_if_one_is_killed(
    make_model: ModelFactory, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "noisy.npy", picture(200, 160))
    image, model = read_image(tmp_path / "noisy.npy"), make_model()
    job = StreamDenoiser(image, model, tmp_path / "a.zarr", CONFIG, scheduler="local:2")
    killed = 0
    for event in job.events():
        if isinstance(event, TileDone) and not killed:
            killed = next(iter(_children()))
            os.kill(killed, signal.SIGKILL)
    assert killed
    assert isinstance(event, DenoiseFinished)
    denoise_to_zarr(image, model, tmp_path / "b.zarr", CONFIG)
    assert levels(tmp_path / "a.zarr") == levels(tmp_path / "b.zarr")
    assert capfd.readouterr() == ("", "")


def _children() -> list[int]:
    """Workers among the processes that this one has started."""
    import psutil

    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_scheduler_at_an_address(
    make_model: ModelFactory, tmp_path: Path, address: str, kind: str
) -> None:
    pixels = picture(2, 96, 70, dtype=np.uint16)
    np.save(tmp_path / "noisy.npy", pixels)
    image = Image(pixels, "TYX") if kind == "memory" else read_image(tmp_path / "noisy.npy")
    job = StreamDenoiser(image, make_model(), tmp_path / "a.zarr", CONFIG, scheduler=address)
    started, *tiles, last = job.events()
    assert isinstance(started, DenoiseStarted)
    assert (started.device, started.total) == (address, 18)
    assert sorted(event.done for event in tiles if isinstance(event, TileDone)) == list(
        range(1, 19)
    )
    assert isinstance(last, DenoiseFinished)
    denoise_to_zarr(image, make_model(), tmp_path / "b.zarr", CONFIG)
    assert levels(tmp_path / "a.zarr") == levels(tmp_path / "b.zarr")


def test_workers_that_do_not_reach_the_folder_send_pixels(
    make_model: ModelFactory, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image(picture(70, 60), "YX")
    job = StreamDenoiser(image, make_model(), tmp_path / "a.zarr", CONFIG, scheduler=address)
    create = cluster._CellWorker.__init__

    def elsewhere(self: Any, cells: Any, path: Path, threads: int | None) -> None:
        create(self, cells, path, threads)
        self._path = tmp_path / "not mounted"

    monkeypatch.setattr(cluster._CellWorker, "__init__", elsewhere)
    for _ in job.events():
        pass
    denoise_to_zarr(image, make_model(), tmp_path / "b.zarr", CONFIG)
    assert levels(tmp_path / "a.zarr") == levels(tmp_path / "b.zarr")


def test_stopping_leaves_a_job_that_any_scheduler_goes_on_with(
    make_model: ModelFactory, tmp_path: Path, address: str
) -> None:
    image, path = Image(picture(128, 128), "YX"), tmp_path / "a.zarr"
    job = StreamDenoiser(image, make_model(), path, CONFIG, scheduler=address)
    events: list[Any] = []
    for event in job.events(stop=lambda: len(events) > 2):
        events.append(event)
    assert not isinstance(events[-1], DenoiseFinished)
    again = StreamDenoiser(image, make_model(), path, CONFIG)
    assert 0 < again.done < 16
    denoise_to_zarr(image, make_model(), path, CONFIG)
    denoise_to_zarr(image, make_model(), tmp_path / "b.zarr", CONFIG)
    assert levels(path) == levels(tmp_path / "b.zarr")


def test_an_error_on_a_worker_is_told_as_it_is(
    make_model: ModelFactory, tmp_path: Path, address: str
) -> None:
    config = DenoiseConfig(tile=32, device="cuda:99")
    job = StreamDenoiser(
        Image(picture(40, 40), "YX"), make_model(), tmp_path / "a.zarr", config, scheduler=address
    )
    with pytest.raises(DeviceError, match="cuda:99"):
        list(job.events())


@pytest.mark.parametrize(
    ("device", "used"),
    [("auto", "cuda:1"), ("cuda", "cuda:1"), ("cpu", "cpu"), ("cuda:0", "cuda:0")],
)
def test_workers_share_out_the_gpus_unless_one_device_is_asked_for(
    make_model: ModelFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    device: str,
    used: str,
) -> None:
    image = Image(picture(40, 40), "YX")
    job = StreamDenoiser(image, make_model(), tmp_path / "a.zarr", DenoiseConfig(device="cpu"))
    assert isinstance(next(job.events()), DenoiseStarted)
    cells = job._cells
    cells.config = DenoiseConfig(device=device)
    worker = cluster._CellWorker(cells, tmp_path / "a.zarr", 1)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    worker.setup(SimpleNamespace(name=3, state=SimpleNamespace(nthreads=1)))  # type: ignore[arg-type]
    assert worker._cells.config.device == used


def test_no_scheduler_at_an_address_is_one_clear_error(
    make_model: ModelFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cluster._SETTINGS, "distributed.comm.timeouts.connect", "200ms")
    job = StreamDenoiser(
        Image(picture(40, 40), "YX"),
        make_model(),
        tmp_path / "a.zarr",
        scheduler="tcp://127.0.0.1:9",
    )
    with pytest.raises(DeviceError, match=r"127\.0\.0\.1:9, found none"):
        list(job.events())
