"""The eight ways to look at a plane: transposed or not, and flipped along Y, X, both or neither."""

from __future__ import annotations

from itertools import product

from torch import Tensor

__all__ = ["FLIPS", "TURNS", "UNTURNED", "Turn", "turn", "turn_back"]

# Transpose Y and X, then flip Y, flip X.
Turn = tuple[bool, bool, bool]

TURNS: tuple[Turn, ...] = tuple((t, y, x) for t, y, x in product((False, True), repeat=3))
FLIPS = TURNS[:4]
UNTURNED = TURNS[0]


def turn(x: Tensor, way: Turn) -> Tensor:
    """Transpose Y and X, then flip them.

    Parameters
    ----------
    x : Tensor, shape (..., Y, X)
        Images.
    way : Turn
        What of it to do.

    Returns
    -------
    Tensor
        The images, seen that way.
    """
    transpose, *flips = way
    return _flip(x.transpose(-1, -2) if transpose else x, flips)


def turn_back(x: Tensor, way: Turn) -> Tensor:
    """Undo `turn`.

    Parameters
    ----------
    x : Tensor, shape (..., Y, X)
        Turned images.
    way : Turn
        How they were turned.

    Returns
    -------
    Tensor
        The images as they were.
    """
    transpose, *flips = way
    x = _flip(x, flips)
    return x.transpose(-1, -2) if transpose else x


def _flip(x: Tensor, flips: list[bool]) -> Tensor:
    """Flip Y and X where asked for."""
    return x.flip([axis for axis, wanted in zip((-2, -1), flips, strict=True) if wanted])
