"""Cells on the workers of a dask cluster, of this machine or of others."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any
from uuid import uuid4

import dask
import torch
from distributed import Client, Future, KilledWorker, LocalCluster, Worker, WorkerPlugin, get_worker
from numpy.typing import NDArray

from napari_noise2same.core.errors import DeviceError
from napari_noise2same.core.settings import local_workers
from napari_noise2same.core.streaming.cells import CellDenoiser
from napari_noise2same.core.streaming.journal import Journal
from napari_noise2same.core.streaming.sources import portable_source
from napari_noise2same.core.streaming.target import CellWriter, Target

__all__ = ["run_on_cluster"]

# Cells that each worker has or waits for, so that none is idle.
_AHEAD = 2
# A cell is given to another worker so often.
_RETRIES = 3
# Seconds between looks at the wish to stop.
_PATIENCE = 0.1
_SETTINGS = {
    # Pixels travel with their cell where no file holds them.
    "distributed.admin.large-graph-warning-threshold": "1 TiB",
    "distributed.comm.timeouts.connect": "10s",
    "distributed.scheduler.allowed-failures": _RETRIES,
}


def run_on_cluster(
    cells: CellDenoiser,
    target: Target,
    todo: Sequence[int],
    stop: Callable[[], bool],
    scheduler: str,
) -> Iterator[int]:
    """Denoise cells on the workers of a cluster.

    Parameters
    ----------
    cells : CellDenoiser
        What reads and denoises.
    target : Target
        Where the result goes.
    todo : sequence of int
        The cells.
    stop : callable
        Asked all the time; when it returns True, what is under way is dropped.
    scheduler : str
        ``"local:N"`` or the address of a scheduler.

    Yields
    ------
    int
        A cell that is done.

    Raises
    ------
    DeviceError
        If there is no such scheduler, or workers end again and again.
    """
    with _connected(scheduler) as client:
        worker = _CellWorker(cells, target.path, _threads(scheduler))
        client.register_plugin(worker)
        try:
            yield from _Run(client, worker.name, cells, target).cells(todo, stop)
        except KilledWorker as error:
            raise DeviceError(
                f"Expected workers that last, found that one cell has ended {_RETRIES + 1} of "
                "them: give each more memory, or use fewer."
            ) from error
        finally:
            client.unregister_worker_plugin(worker.name)


class _Run:
    """Cells under way, not too many of them."""

    def __init__(self, client: Client, name: str, cells: CellDenoiser, target: Target) -> None:
        self._client, self._name, self._cells, self._target = client, name, cells, target
        self._ship = portable_source(cells.source) is None
        self._pending: dict[Future[Any], int] = {}
        self._finished: SimpleQueue[Future[Any]] = SimpleQueue()

    def cells(self, todo: Sequence[int], stop: Callable[[], bool]) -> Iterator[int]:
        """Submit cells and take their results, in any order."""
        waiting = list(reversed(todo))
        try:
            while (waiting or self._pending) and not stop():
                room = _AHEAD * max(len(self._client.nthreads()), 1) - len(self._pending)
                for _ in range(min(room, len(waiting))):
                    self._submit(waiting.pop())
                yield from self._take()
        finally:
            self._client.cancel(list(self._pending), force=True)

    def _submit(self, index: int) -> None:
        """Send a cell, with its pixels where a worker cannot read them."""
        noisy = self._cells.read(index) if self._ship else None
        key = f"{self._name}-{index}"
        future = self._client.submit(
            _denoise, self._name, index, noisy, key=key, retries=_RETRIES, pure=False
        )
        self._pending[future] = index
        future.add_done_callback(self._finished.put)

    def _take(self) -> Iterator[int]:
        """Wait a moment for a cell, and write what the worker could not."""
        try:
            future = self._finished.get(timeout=_PATIENCE)
        except Empty:
            return
        values = future.result()
        index = self._pending.pop(future)
        if values is not None:
            self._target.writer.write(index, values)
        self._target.finish(index)
        yield index


class _CellWorker(WorkerPlugin):
    """What a worker has of a job; a worker that is started again gets it too."""

    def __init__(self, cells: CellDenoiser, path: Path, threads: int | None) -> None:
        self.name = f"napari-noise2same-{uuid4().hex}"
        self._cells = copy(cells)
        self._cells.source = portable_source(cells.source)
        self._path, self._threads = path, threads
        self._job = Journal(path).job

    def setup(self, worker: Worker) -> None:
        """Find out what this worker is."""
        self._lock = Lock()
        self._threads = self._threads or worker.state.nthreads
        reached = Journal(self._path).job == self._job
        self._writer = CellWriter(self._path, self._cells.plan) if reached else None
        devices = torch.cuda.device_count()
        config = self._cells.config
        if devices > 1 and config.device in ("auto", "cuda") and isinstance(worker.name, int):
            own = {"device": f"cuda:{worker.name % devices}"}
            self._cells.config = config.model_copy(update=own)

    def denoise(self, index: int, noisy: NDArray[Any] | None) -> NDArray[Any] | None:
        """Denoise a cell and write it; return its pixels if the folder is out of reach."""
        with self._lock, dask.config.set(scheduler="synchronous"):
            torch.set_num_threads(self._threads or 1)
            noisy = self._cells.read(index) if noisy is None else noisy
            values = self._cells.denoise(index, noisy)
        if self._writer is None:
            return values
        self._writer.write(index, values)
        return None


def _denoise(name: str, index: int, noisy: NDArray[Any] | None) -> NDArray[Any] | None:
    """Denoise a cell on the worker that this runs on."""
    worker = get_worker().plugins[name]
    assert isinstance(worker, _CellWorker)
    return worker.denoise(index, noisy)


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    """Start a cluster or find one; nothing of it is told on the terminal."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with dask.config.set(_SETTINGS), _address(scheduler) as address:
            try:
                client = Client(address, set_as_default=False)
            except OSError as error:
                raise DeviceError(
                    f"Expected a dask scheduler at {scheduler}, found none: check the address."
                ) from error
            with client:
                yield client
    finally:
        logger.setLevel(level)


@contextmanager
def _address(scheduler: str) -> Iterator[Any]:
    """Yield what a client connects to."""
    workers = local_workers(scheduler)
    if not workers:
        yield scheduler
        return
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        memory_limit=0,
        dashboard_address=None,
        silence_logs=logging.CRITICAL + 1,
    ) as cluster:
        yield cluster


def _threads(scheduler: str) -> int | None:
    """Share the cores of this machine between its workers; others know their own."""
    workers = local_workers(scheduler)
    return max(_cores() // workers, 1) if workers else None


def _cores() -> int:
    """Return how many cores this process may use, which a cluster's queue may have limited."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
