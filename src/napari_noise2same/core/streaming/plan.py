"""Into which cells an image is cut, and where each lies in the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from napari_noise2same.core.array import ArrayLike, ImageView, Layout, Region
from napari_noise2same.core.denoising import Parts, looks_twice
from napari_noise2same.core.io import Image, chunk_shape, zarr_axes
from napari_noise2same.core.model import TrainedModel, check_model
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.tiling import Tile, plan_tiles

__all__ = ["CellPlan", "plan_cells"]


@dataclass(frozen=True)
class CellPlan:
    """An image as cells, which partition it and share no chunk of the result.

    Attributes
    ----------
    shape : tuple of int
        Shape of the image.
    layout : Layout
        The use of its axes.
    joint_channels : bool
        Whether a cell holds all channels of a frame.
    dtype : dtype
        Type of the result.
    cell : tuple of int
        Spatial shape of a cell, without its context.
    tiles : tuple of Tile
        The cells of one sample, with their context.
    chunk : tuple of int
        Spatial shape of a chunk of the result.
    """

    shape: tuple[int, ...]
    layout: Layout
    joint_channels: bool
    dtype: np.dtype[Any]
    cell: tuple[int, ...]
    tiles: tuple[Tile, ...]
    chunk: tuple[int, ...]

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self._samples) * len(self.tiles)

    @property
    def n_channels(self) -> int:
        """Number of channels of the image."""
        return self._samples.n_channels

    @cached_property
    def _samples(self) -> ImageView:
        """The samples of any image of this shape."""
        return self.view(np.broadcast_to(np.uint8(0), self.shape))

    @cached_property
    def result_layout(self) -> Layout:
        """The use of the result's axes, which are in the order of OME-Zarr."""
        axes, channel = zarr_axes(self.layout.axes), self.layout.channel.replace("S", "C")
        return Layout(axes, self.layout.spatial, channel, self.layout.samples)

    @property
    def result_shape(self) -> tuple[int, ...]:
        """Shape of the result."""
        return self._in_order(self.shape)

    @property
    def result_chunks(self) -> tuple[int, ...]:
        """Shape of a chunk of the result."""
        side = dict(zip(self.layout.spatial, self.chunk, strict=True))
        return self._in_order(tuple(side.get(axis, 1) for axis in self.layout.axes))

    def position(self, index: int) -> tuple[int, Tile]:
        """Return the sample that a cell belongs to, and its place there."""
        sample, tile = divmod(index, len(self.tiles))
        return sample, self.tiles[tile]

    def channels(self, index: int) -> tuple[int, ...]:
        """Return the indices of the image's channels that a cell holds."""
        return self._samples.channels(self.position(index)[0])

    def view(self, source: ArrayLike) -> ImageView:
        """Return a view of the image, or of an array of its axes."""
        return ImageView(source, self.layout, joint_channels=self.joint_channels)

    def result_view(self, result: ArrayLike) -> ImageView:
        """Return the same view of the result."""
        return ImageView(result, self.result_layout, joint_channels=self.joint_channels)

    def result_region(self, index: int) -> Region:
        """Return the place of a cell in the result."""
        sample, tile = self.position(index)
        nothing = np.broadcast_to(np.uint8(0), self.result_shape)
        return self.result_view(nothing).place(sample, tile.write)

    def _in_order(self, lengths: tuple[int, ...]) -> tuple[int, ...]:
        """Bring one number for each axis of the image into the order of the result's axes."""
        length = dict(zip(self.layout.axes.replace("S", "C"), lengths, strict=True))
        return tuple(length[axis] for axis in self.result_layout.axes)


def plan_cells(
    image: Image, model: TrainedModel, config: DenoiseConfig, domains: Sequence[Domain] = ()
) -> CellPlan:
    """Cut an image into cells that the memory of any machine can hold.

    Parameters
    ----------
    image : Image
        The noisy image.
    model : TrainedModel
        The model.
    config : DenoiseConfig
        How to denoise.
    domains : sequence of Domain, optional
        The domain of each channel of the image.

    Returns
    -------
    CellPlan
        The cells.

    Raises
    ------
    AxesError
        If the model does not fit the image's axes.
    ConfigurationError
        If the one is no image or the other no model.
    FileError
        If the format of the result cannot hold the image's axes.
    """
    check_model(model)
    view = model.view_of(image)
    layout, shape = view.layout, view.spatial_shape
    chunk = chunk_shape(shape, layout.spatial, layout.spatial)
    parts = Parts(model.network, model.noise_distance, config, twice=looks_twice(model, domains))
    if parts.sides is not None:
        chunk = (*chunk[:-2], *map(min, chunk[-2:], parts.sides))
    source = dict(zip(image.axes, _source_chunks(image.data), strict=True))
    source_chunk = tuple(source[axis] for axis in layout.spatial)
    cell = parts.shape_for(shape, chunk=chunk, source_chunk=source_chunk)
    return CellPlan(
        shape=tuple(image.data.shape),
        layout=layout,
        joint_channels=view.joint_channels,
        dtype=config.result_dtype(image.data.dtype).newbyteorder("="),
        cell=cell,
        tiles=plan_tiles(shape, cell, halo=parts.halo, band=(0,) * len(shape), multiple=parts.grid),
        chunk=chunk,
    )


def _source_chunks(array: ArrayLike) -> tuple[int, ...]:
    """Return the shape of an array's chunks: one number for each axis in Zarr, several in dask."""
    chunks = getattr(array, "chunks", None) or (1,) * len(array.shape)
    return tuple(max(c) if isinstance(c, tuple) else int(c) for c in chunks)
