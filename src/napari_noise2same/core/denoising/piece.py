"""One piece of an image: to the network's domain, through the network and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_noise2same.core.array import Region
from napari_noise2same.core.denoising.predictor import Predictor
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain, fill_holes
from napari_noise2same.core.settings import DenoiseConfig

__all__ = ["PieceDenoiser"]


class PieceDenoiser:
    """A model on its device, that takes pixels and returns denoised pixels.

    Parameters
    ----------
    model : TrainedModel
        The model.
    domains : sequence of Domain
        The domain of each channel of the image.
    device : torch.device
        Where to run the network.
    config : DenoiseConfig
        How.

    Attributes
    ----------
    predictor : Predictor
        The network.
    """

    def __init__(
        self,
        model: TrainedModel,
        domains: Sequence[Domain],
        device: torch.device,
        config: DenoiseConfig,
    ) -> None:
        averaging = model.thorough if config.averaging is None else config.averaging
        self.predictor = Predictor(model, device, precision=config.precision, averaging=averaging)
        self._domains = tuple(domains)

    def denoise(
        self, noisy: NDArray[Any], channels: Sequence[int], inner: Region
    ) -> NDArray[np.float32]:
        """Denoise one piece.

        Parameters
        ----------
        noisy : ndarray, shape (channels, [Z,] Y, X)
            Pixels with their context.
        channels : sequence of int
            Which channels of the image they are.
        inner : tuple of slice
            What of the piece to return, one slice per spatial axis.

        Returns
        -------
        ndarray of float32, shape (channels, [Z,] Y, X)
            Denoised pixels. Those that are not finite stay as they are.
        """
        domains = [self._domains[channel] for channel in channels]
        finite = np.isfinite(noisy)
        filled = fill_holes(noisy)
        unknown = ~np.isfinite(filled)
        filled = np.where(unknown, 0, filled)
        normalised = np.stack(
            [domain.forward(plane) for domain, plane in zip(domains, filled, strict=True)]
        )
        normalised[unknown] = 0
        part = (slice(None), *inner)
        clean = self.predictor.predict(normalised)[part]
        values = np.stack(
            [domain.inverse(plane) for domain, plane in zip(domains, clean, strict=True)]
        )
        values[~finite[part]] = noisy[part][~finite[part]]
        return values
