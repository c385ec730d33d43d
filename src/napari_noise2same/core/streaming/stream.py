"""Denoising images of any size into a Zarr folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from napari_noise2same.core.array import ArrayLike, transposed
from napari_noise2same.core.denoising import (
    DenoiseFinished,
    DenoiseStarted,
    TileDone,
    domains_for,
)
from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io import Image, read_image, require_zarr, zarr_levels
from napari_noise2same.core.model import TrainedModel, check_model
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.streaming.cells import CellDenoiser
from napari_noise2same.core.streaming.identity import describe_job
from napari_noise2same.core.streaming.plan import plan_cells
from napari_noise2same.core.streaming.scheduler import check_scheduler
from napari_noise2same.core.streaming.sources import file_of
from napari_noise2same.core.streaming.target import Target
from napari_noise2same.core.streaming.threads import run_in_threads

__all__ = ["StreamDenoiser", "StreamEvent", "denoise_to_zarr"]

StreamEvent = DenoiseStarted[list[ArrayLike]] | TileDone | DenoiseFinished[list[ArrayLike]]


def denoise_to_zarr(
    image: Image,
    model: TrainedModel,
    path: str | Path,
    config: DenoiseConfig | None = None,
    *,
    scheduler: str = "threads",
    overwrite: bool = False,
    description: Mapping[str, str] | None = None,
) -> Image:
    """Denoise an image of any size into an OME-Zarr folder.

    Ended in between, the same call goes on where it was. A finished result is not made again: it
    is in the way, as any other.

    Parameters
    ----------
    image : Image
        The noisy image, which is read part by part.
    model : TrainedModel
        The model.
    path : str or Path
        Folder for the result.
    config : DenoiseConfig, optional
        How. An `overlap` is context alone: nothing is blended.
    scheduler : str
        ``"threads"`` (this process), ``"local:N"`` (N processes of this machine) or the address of
        a dask scheduler such as ``"tcp://host:8786"``. A script that starts processes needs the
        usual ``if __name__ == "__main__":``.
    overwrite : bool
        Whether another result at `path` may be replaced.
    description : mapping of str to str, optional
        How the pixels are made; kept in the metadata.

    Returns
    -------
    Image
        The result, on disk.

    Raises
    ------
    AxesError
        If the model does not fit the image's axes or channels.
    ConfigurationError
        If the one is no image, the other no model, or there is no such scheduler.
    DeviceError
        If the device is missing or its memory does not suffice.
    FileError
        If the image or something else is at `path`, another process works on it, the format cannot
        hold the image, or a disk refuses.
    ImageError
        If a domain is to be fitted to pixels that single precision cannot hold.
    MissingDependencyError
        If zarr, or dask where it is needed, is not installed.
    """
    job = StreamDenoiser(
        image,
        model,
        path,
        config,
        scheduler=scheduler,
        overwrite=overwrite,
        description=description,
    )
    for _ in job.events():
        pass
    return read_image(path)


class StreamDenoiser:
    """One job that fills a Zarr folder: `events` runs it.

    Parameters
    ----------
    image : Image
        As in `denoise_to_zarr`.
    model : TrainedModel
        As in `denoise_to_zarr`.
    path : str or Path
        As in `denoise_to_zarr`.
    config : DenoiseConfig, optional
        As in `denoise_to_zarr`.
    scheduler : str
        As in `denoise_to_zarr`.
    overwrite : bool
        As in `denoise_to_zarr`.
    description : mapping of str to str, optional
        As in `denoise_to_zarr`.

    Attributes
    ----------
    path : Path
        Folder of the result.
    plan : CellPlan
        The cells.
    done : int
        Number of cells that an earlier run has left done.
    """

    def __init__(
        self,
        image: Image,
        model: TrainedModel,
        path: str | Path,
        config: DenoiseConfig | None = None,
        *,
        scheduler: str = "threads",
        overwrite: bool = False,
        description: Mapping[str, str] | None = None,
    ) -> None:
        require_zarr()
        check_scheduler(scheduler)
        config = config or DenoiseConfig()
        self.path = Path(path).absolute()
        check_model(model)
        view = model.view_of(image)
        # Before a pixel is read, as domains may be fitted to the image.
        _refuse_source(image.data, self.path)
        domains = domains_for(view, model, config)
        self.plan = plan_cells(image, model, config, domains)
        self._image, self._scheduler = image, scheduler
        self._description = description or {}
        self._cells = CellDenoiser(image.data, self.plan, model, domains, config)
        self._job = describe_job(image, model, domains, config, self.plan)
        self._overwrite = overwrite
        self.done = len(self._target().done)

    def events(self, stop: Callable[[], bool] = lambda: False) -> Iterator[StreamEvent]:
        """Denoise, cell by cell.

        Parameters
        ----------
        stop : callable
            Asked before every cell, in this process before every layer of the network too; when it
            returns True there is no `DenoiseFinished`, and the same job goes on later.

        Yields
        ------
        DenoiseStarted or TileDone or DenoiseFinished
            As those of `Denoiser`. The image is the list of the result's sizes, finest first, as
            arrays with the axes order of the image that show what the folder holds at the time.
        """
        begun, total = time.perf_counter(), len(self.plan)
        target, device = self._target(), self._device()
        todo = [index for index in range(total) if index not in target.done]
        first = total - len(todo)
        with target.opened(self._image, self._cells.domains, self._description):
            levels = self._levels()
            yield DenoiseStarted(levels, self.plan.cell, total, device, first)
            for done, index in enumerate(self._run(target, todo, stop), 1):
                seconds = time.perf_counter() - begun
                remaining = seconds * (len(todo) - done) / done
                sample, tile = self.plan.position(index)
                yield TileDone(first + done, total, sample, tile.write, seconds, remaining)
            if not target.complete():
                return
        yield DenoiseFinished(levels, time.perf_counter() - begun, self.plan.cell, device)

    def _levels(self) -> list[ArrayLike]:
        """Open the sizes of the result, in the axes order of the image."""
        stored, wanted = self.plan.result_layout.axes, self.plan.layout.axes.replace("S", "C")
        return [transposed(level, stored, wanted) for level in zarr_levels(self.path)]

    def _target(self) -> Target:
        """Look at what is at the path."""
        return Target(self.path, self.plan, self._job, overwrite=self._overwrite)

    def _device(self) -> str:
        """Say where the work is done, which must be there."""
        if self._scheduler == "threads":
            return str(self._cells.piece.predictor.device)
        return self._scheduler

    def _run(self, target: Target, todo: list[int], stop: Callable[[], bool]) -> Iterator[int]:
        """Denoise cells where the scheduler says."""
        if not todo:
            return iter(())
        if self._scheduler == "threads":
            return run_in_threads(self._cells, target, todo, stop)
        from napari_noise2same.core.streaming.cluster import run_on_cluster

        return run_on_cluster(self._cells, target, todo, stop, self._scheduler)


def _refuse_source(array: ArrayLike, path: Path) -> None:
    """Refuse to replace the image by its result, which would be made of nothing then."""
    source, target = file_of(array), path.resolve()
    if source is not None and (target in (found := source.resolve()).parents or target == found):
        raise FileError(
            f"Expected another place for the result than that of the image, found {path}: choose "
            "another name."
        )
