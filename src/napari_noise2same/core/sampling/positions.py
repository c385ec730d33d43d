"""Places in a boolean grid: where patches may begin that train on what is marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Positions", "patch_starts", "start_around"]


class Positions:
    """The true places of a grid, numbered in C order; takes no memory for each of them.

    Parameters
    ----------
    grid : ndarray of bool
        True at the places.
    """

    def __init__(self, grid: NDArray[np.bool_]) -> None:
        self._shape = grid.shape
        self._rows = grid.reshape(-1, grid.shape[-1])
        self._ends = np.count_nonzero(self._rows, axis=1).cumsum()

    def __len__(self) -> int:
        """Return the number of places."""
        return int(self._ends[-1])

    def __getitem__(self, number: int) -> tuple[int, ...]:
        """Return the index into the grid of a place."""
        row = int(np.searchsorted(self._ends, number, side="right"))
        # Counted from the end of its row.
        column = int(np.flatnonzero(self._rows[row])[number - self._ends[row]])
        return (*map(int, np.unravel_index(row, self._shape[:-1])), column)


def start_around(
    pixel: Sequence[int], patch: Sequence[int], shape: Sequence[int]
) -> tuple[int, ...]:
    """Say where the patch begins whose centre is a pixel, or is nearest to it inside the image.

    Parameters
    ----------
    pixel : sequence of int
        Where the centre should be; the centre of a patch of side n is its pixel n // 2.
    patch, shape : sequence of int
        Lengths of the patch, and of the image around it.

    Returns
    -------
    tuple of int
        First pixel of a patch that lies inside the image and holds the pixel.
    """
    return tuple(
        min(max(place - side // 2, 0), length - side)
        for place, side, length in zip(pixel, patch, shape, strict=True)
    )


def patch_starts(mask: NDArray[np.bool_], patch: Sequence[int]) -> NDArray[np.bool_]:
    """Say where patches may begin: at `start_around` of each marked pixel.

    Parameters
    ----------
    mask : ndarray of bool
        The marked pixels.
    patch : sequence of int
        Lengths of a patch, none longer than the mask's.

    Returns
    -------
    ndarray of bool
        One value for each place at which a patch fits into the mask's shape.
    """
    for axis, side in enumerate(patch):
        mask = _fold(np.moveaxis(mask, axis, 0), side)
        mask = np.moveaxis(mask, 0, axis)
    return mask


def _fold(mask: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Turn centres along the first axis into starts; those near an end count at this end."""
    before, count = side // 2, len(mask) - side + 1
    starts = mask[before : before + count].copy()
    starts[0] |= mask[:before].any(axis=0)
    starts[-1] |= mask[before + count :].any(axis=0)
    return starts
