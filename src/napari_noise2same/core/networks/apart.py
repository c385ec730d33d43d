"""Every so many rows and columns as an image of their own."""

from __future__ import annotations

import torch
from torch import Tensor

from napari_noise2same.core.array import phases

__all__ = ["even_out", "put_together", "take_apart"]


def take_apart(x: Tensor, distance: tuple[int, int]) -> Tensor:
    """Make an image of every so many rows and columns, one for each of the first ones.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, [Z,] Y, X)
        Y and X are multiples of `distance`.
    distance : tuple of int
        Rows and columns from one to the next of the same image.

    Returns
    -------
    Tensor, shape (batch · rows · columns, channels, [Z,] Y / rows, X / columns)
        The images.
    """
    if distance == (1, 1):
        return x
    return torch.cat([x[place] for place in phases(distance)])


def put_together(images: Tensor, distance: tuple[int, int]) -> Tensor:
    """Undo `take_apart`.

    Parameters
    ----------
    images : Tensor, shape (batch · rows · columns, channels, [Z,] Y, X)
        What it has returned.
    distance : tuple of int
        What it was given.

    Returns
    -------
    Tensor, shape (batch, channels, [Z,] Y · rows, X · columns)
        The images, together.
    """
    if distance == (1, 1):
        return images
    rows, columns = distance
    parts = images.chunk(rows * columns)
    height, width = images.shape[-2:]
    x = images.new_empty((*parts[0].shape[:-2], height * rows, width * columns))
    for part, place in zip(parts, phases(distance), strict=True):
        x[place] = part
    return x


def even_out(x: Tensor, distance: tuple[int, int]) -> Tensor:
    """Take the mean over as many rows and columns as there were images of their own.

    What these differ by is no structure: what they were made of had none so fine.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, [Z,] Y, X)
        What `put_together` has returned.
    distance : tuple of int
        Rows and columns from one to the next of the same image.

    Returns
    -------
    Tensor
        The same shape.
    """
    for axis, n in zip((-2, -1), distance, strict=True):
        x = _mean_along(x, axis, n)
    return x


def _mean_along(x: Tensor, axis: int, n: int) -> Tensor:
    """Take the mean over `n` pixels around each; beyond the border are those at the border."""
    reach, length = n // 2, x.shape[axis]
    if not reach:
        return x
    # Around a pixel, the ends of an even number count half.
    weights = [1.0] * (2 * reach + 1)
    weights[0] = weights[-1] = 1.0 if n % 2 else 0.5
    places = torch.arange(-reach, length + reach, device=x.device).clamp(0, length - 1)
    padded = x.index_select(axis, places)
    shifted = (w * padded.narrow(axis, i, length) for i, w in enumerate(weights))
    return sum(shifted, torch.zeros_like(x)) / n
