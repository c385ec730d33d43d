"""Denoising an image of any axes order, tile by tile."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import convert
from napari_noise2same.core.denoising.domains import domains_for
from napari_noise2same.core.denoising.events import (
    DenoiseEvent,
    DenoiseFinished,
    DenoiseStarted,
    TileDone,
)
from napari_noise2same.core.denoising.piece import PieceDenoiser
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel, check_model
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.tiling import Tile, blend_weights, plan_tiles

__all__ = ["Denoiser", "denoise"]

# Half the width of the bands in which neighbouring tiles are blended.
_BAND = 8


def denoise(image: Image, model: TrainedModel, config: DenoiseConfig | None = None) -> NDArray[Any]:
    """Denoise an image.

    Parameters
    ----------
    image : Image
        The noisy image, with as many channels as the model was trained on.
    model : TrainedModel
        The model.
    config : DenoiseConfig, optional
        How.

    Returns
    -------
    ndarray
        The denoised image, of the same shape and axes order. Pixels that hold no value, as NaN and
        sentinels, stay as they are; a camera's hot and dead ones are replaced.

    Raises
    ------
    AxesError
        If the model does not fit the image's axes or channels.
    ConfigurationError
        If the one is no image or the other no model.
    DeviceError
        If the device is missing or its memory does not suffice.
    ImageError
        If a domain is to be fitted to pixels that single precision cannot hold.
    """
    denoiser = Denoiser(image, model, config)
    for _ in denoiser.events():
        pass
    return denoiser.result


class Denoiser:
    """One denoising job: `events` runs it, `result` fills meanwhile.

    Parameters
    ----------
    image : Image
        As in `denoise`.
    model : TrainedModel
        As in `denoise`.
    config : DenoiseConfig, optional
        As in `denoise`.

    Attributes
    ----------
    result : ndarray
        The denoised image so far, zero where nothing is done yet.
    tile : tuple of int
        Spatial shape of a tile, without what is read around it.
    tiles : tuple of Tile
        The tiles of one sample.
    """

    def __init__(
        self, image: Image, model: TrainedModel, config: DenoiseConfig | None = None
    ) -> None:
        self._config = config = config or DenoiseConfig()
        check_model(model)
        self._view = model.view_of(image)
        domains = domains_for(self._view, model, config)
        self._piece = PieceDenoiser(model, domains, config)
        self._predictor = self._piece.predictor
        self._sum = np.zeros(image.data.shape, np.float32)
        dtype = config.result_dtype(image.data.dtype)
        self.result = self._sum if dtype == np.float32 else np.zeros(image.data.shape, dtype)
        self.tile = self._predictor.parts.shape_for(self._view.spatial_shape)
        self.tiles = self._plan()

    def events(self, stop: Callable[[], bool] = lambda: False) -> Iterator[DenoiseEvent]:
        """Denoise, tile by tile.

        Parameters
        ----------
        stop : callable
            Asked before every tile and every layer of the network; when it returns True there is
            no `DenoiseFinished`.

        Yields
        ------
        DenoiseEvent
            `DenoiseStarted`, `TileDone` for each tile, and at last `DenoiseFinished`.
        """
        begun, device = time.perf_counter(), str(self._predictor.device)
        # Tiles add up: what an earlier run has left must go.
        self._sum.fill(0)
        self.result.fill(0)
        total = len(self._view) * len(self.tiles)
        yield DenoiseStarted(self.result, self.tile, total, device)
        with self._predictor.interruptible(stop):
            for done, (sample, tile) in enumerate(product(range(len(self._view)), self.tiles), 1):
                if stop():
                    return
                self._denoise_tile(sample, tile)
                seconds = time.perf_counter() - begun
                remaining = seconds * (total - done) / done
                yield TileDone(done, total, sample, tile.write, seconds, remaining)
            seconds = time.perf_counter() - begun
            yield DenoiseFinished(self.result, seconds, self._fitting_tile(), device)

    def _denoise_tile(self, sample: int, tile: Tile) -> None:
        """Add what one tile contributes."""
        noisy = self._view.read(sample, tile.read)
        values = self._piece.denoise(noisy, self._view.channels(sample), tile.inner)
        weights = blend_weights(tile, self._view.spatial_shape)
        sums = self._view.of(self._sum)
        total = sums.read(sample, tile.write) + weights * values
        sums.assign(sample, tile.write, total)
        if self.result is not self._sum:
            results = self._view.of(self.result)
            results.assign(sample, tile.write, convert(total, self.result.dtype))

    def _fitting_tile(self) -> tuple[int, ...]:
        """Halve the tile as often as memory has asked for it."""
        tile, largest = list(self.tile), self._predictor.largest
        while largest is not None and math.prod(tile) > largest:
            axis = int(np.argmax(tile))
            tile[axis] = -(-tile[axis] // 2)
        return tuple(tile)

    def _plan(self) -> tuple[Tile, ...]:
        """Plan the tiles, which need no blending with all of the receptive field around them."""
        parts, overlap = self._predictor.parts, self._config.overlap or 0
        band = tuple(min(_BAND, side // 2, overlap // 2) for side in self.tile)
        return plan_tiles(
            self._view.spatial_shape,
            self.tile,
            halo=tuple(h - b for h, b in zip(parts.halo, band, strict=True)),
            band=band,
            multiple=parts.grid,
        )
