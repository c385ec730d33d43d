"""One canonical, lazy view of an array of any axes order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array.axes import Layout
from napari_noise2same.core.array.pixels import read_pixels
from napari_noise2same.core.array.types import ArrayLike

__all__ = ["ImageView", "Region"]

Region = tuple[slice, ...]


class ImageView:
    """An array seen as a sequence of samples of shape ``(channels, [Z,] Y, X)``.

    Nothing is read before `read`, and then only the region asked for.

    Parameters
    ----------
    array : ArrayLike
        The image.
    layout : Layout
        The use of its axes.
    joint_channels : bool
        Whether the channels of a frame form one sample of several channels. Otherwise each
        channel of each frame is a sample of one channel.
    mask : ndarray of bool, optional
        Marked pixels: of length 1 along channels, and along axes for which it is the same.
    """

    def __init__(
        self,
        array: ArrayLike,
        layout: Layout,
        *,
        joint_channels: bool = False,
        mask: NDArray[np.bool_] | None = None,
    ) -> None:
        self.array = array
        self._mask = None if mask is None else np.broadcast_to(mask, array.shape)
        self.layout = layout
        length = dict(zip(layout.axes, array.shape, strict=True))
        self.spatial_shape = tuple(length[a] for a in layout.spatial)
        self.n_channels = length.get(layout.channel, 1)
        self.joint_channels = joint_channels
        loop = layout.samples if joint_channels else layout.samples + layout.channel
        self._loop = loop
        self._loop_shape = tuple(length[a] for a in loop)
        kept = [a for a in layout.axes if a not in loop]
        wanted = [*(a for a in layout.channel if a not in loop), *layout.spatial]
        self._order = tuple(kept.index(a) for a in wanted)

    def of(self, array: ArrayLike) -> ImageView:
        """Return the same view of another array.

        Parameters
        ----------
        array : ArrayLike
            Array of the shape and the axes of the viewed one, of any type.

        Returns
        -------
        ImageView
            The view.
        """
        return ImageView(array, self.layout, joint_channels=self.joint_channels, mask=self._mask)

    def with_joint_channels(self) -> ImageView:
        """Return a view of the same array with all channels of a frame in one sample."""
        return ImageView(self.array, self.layout, joint_channels=True, mask=self._mask)

    def __len__(self) -> int:
        """Return the number of samples."""
        return int(np.prod(self._loop_shape, dtype=int))

    @property
    def sample_channels(self) -> int:
        """Number of channels of one sample."""
        return self.n_channels if self.joint_channels else 1

    def channels(self, sample: int) -> tuple[int, ...]:
        """Return the indices of the array's channels that make up a sample."""
        if self.joint_channels:
            return tuple(range(self.n_channels))
        if not self.layout.channel:
            return (0,)
        return (int(np.unravel_index(sample, self._loop_shape)[-1]),)

    def read(self, sample: int, region: Region | None = None) -> NDArray[Any]:
        """Read a region of a sample.

        Parameters
        ----------
        sample : int
            Which sample.
        region : tuple of slice, optional
            One slice per spatial axis; the whole sample by default.

        Returns
        -------
        ndarray, shape (channels, [Z,] Y, X)
            The values in the array's dtype, native byte order.

        Raises
        ------
        FileError
            If they cannot be read.
        """
        values = read_pixels(self.array, self._index(sample, region))
        values = values.transpose(self._order)
        if self.sample_channels == 1 and values.ndim == len(self.layout.spatial):
            values = values[np.newaxis]
        return values.astype(values.dtype.newbyteorder("="), copy=False)

    def read_mask(self, sample: int, region: Region | None = None) -> NDArray[np.bool_] | None:
        """Say which pixels of a region of a sample are marked.

        Parameters
        ----------
        sample : int
            Which sample.
        region : tuple of slice, optional
            One slice per spatial axis; the whole sample by default.

        Returns
        -------
        ndarray of bool, shape ([Z,] Y, X), or None
            The marked pixels; None if there is no mask.
        """
        if self._mask is None:
            return None
        marked: NDArray[np.bool_] = self.of(self._mask).read(sample, region)[0]
        return marked

    def assign(self, sample: int, region: Region | None, values: NDArray[Any]) -> None:
        """Write the values of a region of a sample, into an array that takes slice assignment.

        Parameters
        ----------
        sample : int
            Which sample.
        region : tuple of slice or None
            One slice per spatial axis; None for the whole sample.
        values : ndarray, shape (channels, [Z,] Y, X)
            What to write.
        """
        if values.ndim > len(self._order):
            values = values[0]
        target: Any = self.array
        target[self._index(sample, region)] = values.transpose(np.argsort(self._order))

    def place(self, sample: int, region: Region) -> Region:
        """Say where a region of a sample lies in the array.

        Parameters
        ----------
        sample : int
            Which sample.
        region : tuple of slice
            One slice per spatial axis.

        Returns
        -------
        tuple of slice
            One slice per axis of the array.
        """
        index = self._index(sample, region)
        return tuple(
            slice(*i.indices(n)[:2]) if isinstance(i, slice) else slice(i, i + 1)
            for i, n in zip(index, self.array.shape, strict=True)
        )

    def _index(self, sample: int, region: Region | None) -> tuple[int | slice, ...]:
        """Index of a sample's region in the array's own order of axes."""
        index: dict[str, int | slice] = dict.fromkeys(self.layout.axes, slice(None))
        if self._loop:
            position = np.unravel_index(sample, self._loop_shape)
            index.update(zip(self._loop, map(int, position), strict=True))
        if region is not None:
            index.update(zip(self.layout.spatial, region, strict=True))
        return tuple(index.values())
