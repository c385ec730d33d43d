"""How much each of several images counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["fair_shares", "pixel_weights"]


def fair_shares(sizes: Sequence[int], budget: float) -> list[float]:
    """Share a budget of pixels by the square roots of the images' sizes.

    Of what a network learns from an image alone, the error falls with one over the pixels that it
    sees of it. Shares by square roots make the mean error over all pixels of all images least: a
    huge image gets the most, but does not starve twenty small ones, as shares by size would.
    What a small image does not need is shared by the others.

    Parameters
    ----------
    sizes : sequence of int
        Pixels of each image.
    budget : float
        Pixels to take of all of them.

    Returns
    -------
    list of float
        Pixels to take of each image, at most all of them.
    """
    shares = [float(size) for size in sizes]
    open_ = set(range(len(sizes)))
    while sum(sizes[i] for i in open_) > budget:
        unit = budget / sum(math.sqrt(sizes[i]) for i in open_)
        small = {i for i in open_ if math.sqrt(sizes[i]) <= unit}
        if not small:
            for i in open_:
                shares[i] = unit * math.sqrt(sizes[i])
            break
        budget -= sum(sizes[i] for i in small)
        open_ -= small
    return shares


def pixel_weights(
    images: Sequence[int], loaded: Sequence[int], sizes: Sequence[int]
) -> list[float]:
    """Say how much one pixel of each block counts, for images to count by their `fair_shares`.

    Parameters
    ----------
    images : sequence of int
        Which image each block is from.
    loaded : sequence of int
        Pixels of each block.
    sizes : sequence of int
        Pixels of each image, blocks and what was not read.

    Returns
    -------
    list of float
        One weight for each block, 1 for the heaviest: 1 for all if there is one image, or if
        all are alike.
    """
    totals = dict.fromkeys(images, 0)
    for image, pixels in zip(images, loaded, strict=True):
        totals[image] += pixels
    weights = {image: math.sqrt(sizes[image]) / totals[image] for image in totals}
    heaviest = max(weights.values())
    return [weights[image] / heaviest for image in images]
