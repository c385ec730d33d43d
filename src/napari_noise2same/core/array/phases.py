"""Every so many rows and columns of an image."""

from __future__ import annotations

from itertools import product
from types import EllipsisType

__all__ = ["phases"]


def phases(distance: tuple[int, int]) -> list[tuple[EllipsisType, slice, slice]]:
    """Return where to find the images that every so many rows and columns are.

    Parameters
    ----------
    distance : tuple of int
        Rows and columns from one to the next of the same image.

    Returns
    -------
    list of tuple
        An index of the last two axes of any array for each of the first rows and columns.
    """
    rows, columns = distance
    return [
        (..., slice(y, None, rows), slice(x, None, columns))
        for y, x in product(range(rows), range(columns))
    ]
