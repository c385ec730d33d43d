"""Files of pixels that are open only while they are read."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["MappedFile"]


@dataclass(frozen=True)
class MappedFile:
    """A memory map that is opened again where it is read, be it in another process.

    Attributes
    ----------
    path : str
        The file.
    offset : int
        Where in it the pixels begin, in bytes.
    shape : tuple of int
        Length of each axis.
    dtype : dtype
        Type of the values.
    order : {"C", "F"}
        Which axis varies fastest: the last or the first.
    """

    path: str
    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: Literal["C", "F"]

    @classmethod
    def of(cls, array: np.memmap[Any, Any]) -> MappedFile | None:
        """Return the file of a map.

        Parameters
        ----------
        array : memmap
            The map.

        Returns
        -------
        MappedFile or None
            Its file; None for a part of a map, whose place in it is not known.
        """
        base: object = array.base
        if not isinstance(base, mmap.mmap):
            return None
        order: Literal["C", "F"] = "C" if array.flags.c_contiguous else "F"
        return cls(str(array.filename), array.offset, array.shape, array.dtype, order)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """Read from the file: a view would keep it open."""
        opened = np.memmap(self.path, self.dtype, "r", self.offset, self.shape, self.order)
        return np.array(opened[index])
