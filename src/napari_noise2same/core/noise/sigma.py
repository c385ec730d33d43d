"""The standard deviation of white noise, estimated from the image alone."""

from __future__ import annotations

import numpy as np

from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.noise._blocks import FEWEST_BLOCKS, block_statistics
from napari_noise2same.core.noise._filters import Samples
from napari_noise2same.core.noise.poisson_gaussian import fit_blocks


def estimate_sigma(image: Samples, *, spatial_ndim: int | None = None) -> float:
    """Estimate the standard deviation of white noise.

    The noise's variance is fitted over the signal as in `fit_poisson_gaussian`, which leaves out
    structure, and averaged over the image: where it does not depend on the signal that is its
    variance, elsewhere one number for all of it. It needs no particular distribution: of an image
    in which half of the pixels have one value it is right, a median would be 0.

    Parameters
    ----------
    image : ndarray or sequence of ndarray
        Real pixels of any scale, ``(..., [z,] [y,] x)``. The axes before the spatial ones, and the
        items of a sequence, are separate pictures with the same noise. Constant and saturated
        blocks, and pixels that are not finite, are left out.
    spatial_ndim : int, optional
        How many of the last axes are spatial, 1 to 3; all of them, but not more than three, when
        not given.

    Returns
    -------
    float
        σ in the image's units; 0 for an image without noise.

    Raises
    ------
    ImageError
        If the image has no three adjacent pixels along any spatial axis, or is not real.

    See Also
    --------
    fit_poisson_gaussian : The fit, and its sources.
    """
    blocks = block_statistics(image, spatial_ndim)
    finite = np.isfinite(blocks.variance).sum()
    if not finite:
        raise ImageError(
            "Expected at least three adjacent finite pixels along an axis to estimate the noise, "
            "found none; use a larger image."
        )
    noisy = blocks.usable()
    # A few that vary among many that do not hold edges, not noise.
    if noisy.mean.size < min(FEWEST_BLOCKS, finite / 2):
        return 0.0
    noisy = noisy.off_masks()
    return float(np.sqrt(np.mean(fit_blocks(noisy).variance(noisy.mean))))
