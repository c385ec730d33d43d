"""The denoised image as a dask array, computed where and when it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.denoising import domains_for
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel, check_model
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.streaming.cells import CellDenoiser
from napari_noise2same.core.streaming.plan import CellPlan, plan_cells
from napari_noise2same.core.streaming.scheduler import require_dask

if TYPE_CHECKING:
    import dask.array

__all__ = ["denoise_lazy"]


def denoise_lazy(
    image: Image, model: TrainedModel, config: DenoiseConfig | None = None
) -> dask.array.Array:
    """Return the denoised image as a dask array of one block per cell.

    Parameters
    ----------
    image : Image
        The noisy image.
    model : TrainedModel
        The model.
    config : DenoiseConfig, optional
        How.

    Returns
    -------
    dask.array.Array
        An array of the shape and axes order of the image; nothing is computed yet.

    Raises
    ------
    AxesError
        If the model does not fit the image's axes or channels.
    ConfigurationError
        If the one is no image or the other no model.
    ImageError
        If a domain is to be fitted to pixels that single precision cannot hold.
    MissingDependencyError
        If dask is not installed.
    """
    require_dask("dask")
    import dask.array

    config = config or DenoiseConfig()
    check_model(model)
    domains = domains_for(model.view_of(image), model, config)
    plan = plan_cells(image, model, config, domains)
    cells = CellDenoiser(image.data, plan, model, domains, config)
    array: dask.array.Array = dask.array.map_blocks(
        _Blocks(cells),
        chunks=_block_shapes(plan),
        dtype=plan.dtype,
        meta=np.empty((0,) * len(plan.shape), plan.dtype),
    )
    return array


class _Blocks:
    """Computes the cell at a place in the grid of blocks."""

    def __init__(self, cells: CellDenoiser) -> None:
        self._cells, plan = cells, cells.plan
        self._grid = np.empty([len(lengths) for lengths in _block_shapes(plan)], np.int64)
        view = plan.view(self._grid)
        places = np.arange(len(plan.tiles)).reshape(1, *view.spatial_shape)
        for sample in range(len(view)):
            view.assign(sample, None, places + sample * len(plan.tiles))

    def __call__(self, block_id: tuple[int, ...]) -> NDArray[Any]:
        """Return the pixels of a cell, in the axes order of the image."""
        plan, index = self._cells.plan, int(self._grid[block_id])
        values = self._cells.denoise(index, self._cells.read(index))
        shape = [lengths[i] for lengths, i in zip(_block_shapes(plan), block_id, strict=True)]
        block = np.empty(shape, plan.dtype)
        plan.view(block).assign(0, None, values)
        return block


def _block_shapes(plan: CellPlan) -> list[tuple[int, ...]]:
    """Return the lengths of all blocks along each axis of the image."""
    side = dict(zip(plan.layout.spatial, plan.cell, strict=True))
    if plan.joint_channels:
        side[plan.layout.channel] = plan.n_channels
    steps = [side.get(axis, 1) for axis in plan.layout.axes]
    return [
        tuple(min(step, n - i) for i in range(0, n, step))
        for n, step in zip(plan.shape, steps, strict=True)
    ]
