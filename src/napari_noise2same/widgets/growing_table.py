"""Columns of numbers that grow row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["GrowingTable"]

_FIRST_CAPACITY = 1024


class GrowingTable:
    """Named columns of float64 of one length; adding a row costs constant time on average.

    Parameters
    ----------
    names : sequence of str
        Names of the columns.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._rows = np.empty((len(self.names), _FIRST_CAPACITY))
        self._length = 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._length

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return a column: a view, valid until rows are added."""
        return self._rows[self.names.index(name), : self._length]

    def extend(self, columns: NDArray[np.float64]) -> None:
        """Add rows.

        Parameters
        ----------
        columns : ndarray of float64, shape (names, rows)
            The new rows, in the order of the names.
        """
        end = self._length + columns.shape[1]
        if end > self._rows.shape[1]:
            grown = np.empty((len(self.names), max(end, 2 * self._rows.shape[1])))
            grown[:, : self._length] = self._rows[:, : self._length]
            self._rows = grown
        self._rows[:, self._length : end] = columns
        self._length = end

    def clear(self) -> None:
        """Forget all rows."""
        self._length = 0

    def to_dict(self) -> Mapping[str, NDArray[np.float64]]:
        """Return a copy of each column by its name."""
        return {name: self[name].copy() for name in self.names}
