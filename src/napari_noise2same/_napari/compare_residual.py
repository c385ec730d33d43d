"""What denoising took away: noisy minus denoised, computed only where it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
from napari.layers import Image as ImageLayer
from napari.utils import Colormap

from napari_noise2same._napari.conversion import layer_data
from napari_noise2same._napari.results import CARD
from napari_noise2same.core.array import ArrayLike
from napari_noise2same.core.errors import ImageError

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["add_residual", "as_dask", "residual"]

# Black in the middle: where nothing was taken away nothing shows, on napari's dark canvas.
_COLOURS = Colormap(
    [[0.45, 0.75, 1, 1], [0.1, 0.3, 0.8, 1], [0, 0, 0, 1], [0.8, 0.3, 0.05, 1], [1, 0.8, 0.4, 1]],
    name="blue black orange",
)
# The pixels that decide about the contrast: enough for a percentile, few enough to read at once.
_SAMPLE_SIDE = 256
_PERCENTILE = 99.5


def as_dask(data: ArrayLike, *, colours: bool) -> da.Array:
    """Wrap an array so that its planes are read and computed one by one.

    Parameters
    ----------
    data : ArrayLike
        The array; a dask array is returned as it is.
    colours : bool
        Whether the last axis holds colours, so that a plane has three dimensions.

    Returns
    -------
    dask.array.Array
        The same values; none is read yet.
    """
    if isinstance(data, da.Array):
        return data
    plane = 3 if colours else 2
    chunks = (1,) * (len(data.shape) - plane) + ("auto",) * plane
    # Without a name dask would read the whole array to derive one.
    array: da.Array = da.from_array(data, chunks=chunks, name=False)  # type: ignore[no-untyped-call]
    return array


def residual(noisy: ImageLayer, denoised: ImageLayer) -> da.Array:
    """Subtract a denoised layer from the noisy one.

    Parameters
    ----------
    noisy : napari.layers.Image
        The noisy layer.
    denoised : napari.layers.Image
        A layer of as many pixels, or a result of a level or a region of the noisy one.

    Returns
    -------
    dask.array.Array of float32
        The difference, in the unit of the pixels; the mean of the colours for RGB. Nothing is
        read before it is asked for, and then plane by plane.

    Raises
    ------
    ImageError
        If their pixels do not correspond.
    """
    card = denoised.metadata.get(CARD, {})
    before = as_dask(layer_data(noisy, card.get("level", 0)), colours=noisy.rgb)
    after = as_dask(layer_data(denoised), colours=denoised.rgb)
    if card.get("region"):
        before = before[tuple(slice(start, stop) for start, stop in card["region"])]
    if before.shape != after.shape:
        raise ImageError(
            f"Expected two layers of as many pixels, found {before.shape} and {after.shape}: "
            "choose the layer that the other was made from."
        )
    before = before.astype(np.float32)  # type: ignore[no-untyped-call]
    after = after.rechunk(before.chunks).astype(np.float32)  # type: ignore[no-untyped-call]
    difference: da.Array = before - after
    return difference.mean(axis=-1) if denoised.rgb else difference  # type: ignore[no-untyped-call]


def add_residual(viewer: Viewer, noisy: ImageLayer, denoised: ImageLayer) -> ImageLayer:
    """Add the residual of two layers on top, at the place of the denoised one.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    noisy, denoised : napari.layers.Image
        As for `residual`.

    Returns
    -------
    napari.layers.Image
        The new layer, in colours that diverge from black at zero.

    Raises
    ------
    ImageError
        If their pixels do not correspond.
    """
    difference = residual(noisy, denoised)
    limit = _typical_size(difference, [int(step) for step in viewer.dims.current_step])
    placed = ("affine", "axis_labels", "rotate", "scale", "shear", "translate", "units")
    state: dict[str, Any] = denoised.as_layer_data_tuple()[1]
    layer = ImageLayer(
        difference,
        **{key: state[key] for key in placed},
        name="Residual",
        colormap=_COLOURS,
        contrast_limits=(-limit, limit),
        rgb=False,
    )
    viewer.layers.append(layer)
    return layer


def _typical_size(difference: da.Array, step: list[int]) -> float:
    """Return a value that hardly any pixel in the middle of the current plane exceeds."""
    leading = difference.ndim - 2
    steps = ([0] * leading + step)[-difference.ndim :]
    region = [
        min(max(position, 0), length - 1)
        for position, length in zip(steps, difference.shape, strict=True)
    ][:leading]
    centre = [
        slice(max(0, (n - _SAMPLE_SIDE) // 2), (n + _SAMPLE_SIDE) // 2)
        for n in difference.shape[leading:]
    ]
    sample = np.abs(np.asarray(difference[(*region, *centre)]))
    finite = sample[np.isfinite(sample)]
    limit = float(np.percentile(finite, _PERCENTILE)) if finite.size else 0.0
    return limit or 1.0
