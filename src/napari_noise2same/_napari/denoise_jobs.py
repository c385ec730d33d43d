"""What is to be denoised, planned from a form and a viewer; nothing is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image as ImageLayer

from napari_noise2same._napari.conversion import layer_image
from napari_noise2same._napari.cropping import CONTEXT, crop
from napari_noise2same._napari.regions import current_frame, visible_region
from napari_noise2same._napari.result_folders import result_path
from napari_noise2same._napari.results import result_dtype
from napari_noise2same.core.array import Region
from napari_noise2same.core.io import Image, pyramid_bytes
from napari_noise2same.core.settings import DenoiseConfig

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import TrainedModel
    from napari_noise2same.widgets import DenoisePanel

__all__ = ["LayerJob", "plan_jobs"]


@dataclass(frozen=True)
class LayerJob:
    """One layer to denoise.

    Attributes
    ----------
    layer : napari.layers.Image
        The layer.
    image : Image
        What of it is denoised.
    region : tuple of slice or None
        Where in its level that is; None for all of it.
    level : int
        Level of a multiscale layer.
    config : DenoiseConfig
        How.
    path : Path
        The folder that the result would go to.
    """

    layer: ImageLayer
    image: Image
    region: Region | None
    level: int
    config: DenoiseConfig
    path: Path

    @property
    def memory(self) -> int:
        """Bytes of a result in memory, which is made as float32 whatever its type."""
        converted = 0 if self._dtype == np.float32 else self._dtype.itemsize
        return math.prod(self.image.data.shape) * (4 + converted)

    @property
    def disk(self) -> int:
        """Bytes of a result in a folder, as long as it is not compressed."""
        return pyramid_bytes(self.image.data.shape, self.image.axes, self._dtype)

    @property
    def _dtype(self) -> np.dtype[Any]:
        """Type of the result."""
        return self.config.result_dtype(self.image.data.dtype)


def plan_jobs(
    viewer: Viewer,
    panel: DenoisePanel,
    layers: Sequence[ImageLayer],
    file_axes: Callable[[ImageLayer], str],
    model: TrainedModel | None = None,
) -> list[LayerJob]:
    """Say what to do with layers by what a form says.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer, whose view may be the region.
    panel : DenoisePanel
        The form.
    layers : sequence of napari.layers.Image
        The layers.
    file_axes : callable
        Returns the axes that the file of a layer names, where nothing else does.
    model : TrainedModel, optional
        The model: a layer that does not say which axes it has is taken to have those of the
        images that it was trained on. If it is one for volumes or movies, parts come with their
        neighbours.

    Returns
    -------
    list of LayerJob
        One for each layer.

    Raises
    ------
    Noise2SameError
        If a setting, or a layer, cannot work.
    """
    config, wanted = panel.value(), panel.level_value()
    folder = panel.result.value().folder
    # A folder holds all that is denoised, and neighbours are not asked for.
    context = 0 if panel.result.in_folder() else CONTEXT
    depth = model.depth if model else ""

    def plan(layer: ImageLayer) -> LayerJob:
        level = wanted if layer.multiscale else 0
        image = layer_image(
            layer, like=model.axes if model else "", file=file_axes(layer), level=level
        )
        region = _region(viewer, panel, layer, image.axes, level)
        own = config.model_copy(update={"dtype": result_dtype(layer, config.dtype)})
        part = crop(image, region, depth=depth, context=context) if region else image
        return LayerJob(layer, part, region, level, own, result_path(layer, folder))

    return [plan(layer) for layer in layers]


def _region(
    viewer: Viewer, panel: DenoisePanel, layer: ImageLayer, axes: str, level: int
) -> Region | None:
    """Return the part of a layer to denoise, None for all of it."""
    match panel.region_value():
        case "view":
            return visible_region(viewer, layer, axes, level=level)
        case "frame":
            return current_frame(viewer, layer, axes, level=level)
        case _:
            return None
