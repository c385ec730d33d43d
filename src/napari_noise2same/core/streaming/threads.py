"""Cells in this process: the next one is read and the last one written beside the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from numpy.typing import NDArray

from napari_noise2same.core.streaming.cells import CellDenoiser
from napari_noise2same.core.streaming.target import Target

__all__ = ["run_in_threads"]


def run_in_threads(
    cells: CellDenoiser, target: Target, todo: Sequence[int], stop: Callable[[], bool]
) -> Iterator[int]:
    """Denoise cells, never holding more than three of them.

    Parameters
    ----------
    cells : CellDenoiser
        What reads and denoises.
    target : Target
        Where the result goes.
    todo : sequence of int
        The cells.
    stop : callable
        Asked before each cell and each layer of the network.

    Yields
    ------
    int
        A cell that is done.
    """
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        written: Future[int] | None = None
        with cells.piece.predictor.interruptible(stop):
            for index, noisy in _read_ahead(cells, todo, reader):
                if stop():
                    break
                values = cells.denoise(index, noisy)
                if written is not None:
                    yield written.result()
                written = writer.submit(_write, target, index, values)
        if written is not None:
            yield written.result()


def _read_ahead(
    cells: CellDenoiser, todo: Sequence[int], reader: ThreadPoolExecutor
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield cells with their pixels, while the next one is read."""
    pending = [reader.submit(cells.read, index) for index in todo[:1]]
    for index, following in zip(todo, [*todo[1:], None], strict=True):
        noisy = pending.pop().result()
        if following is not None:
            pending.append(reader.submit(cells.read, following))
        yield index, noisy


def _write(target: Target, index: int, values: NDArray[Any]) -> int:
    """Write a cell and what depends on it."""
    target.writer.write(index, values)
    target.finish(index)
    return index
