"""One piece of an image: to the network's domain, through the network and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import Region
from napari_noise2same.core.denoising.base import find_base, looks_twice
from napari_noise2same.core.denoising.detail import give_back_detail
from napari_noise2same.core.denoising.predictor import Predictor
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.sampling import normalise
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
    config : DenoiseConfig
        How, and where to run the network.

    Attributes
    ----------
    predictor : Predictor
        The network.
    """

    def __init__(
        self, model: TrainedModel, domains: Sequence[Domain], config: DenoiseConfig
    ) -> None:
        self._domains = tuple(domains)
        self._twice = [looks_twice(model, [domain]) for domain in self._domains]
        self.predictor = Predictor(model, config, twice=any(self._twice))
        # A network that began at random has learnt the detail of these very images.
        self._gives_back = model.start != "scratch"

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
            Denoised pixels. Those that are not finite or absurdly far from all others stay as they
            are; hot and dead ones are replaced.
        """
        shown, kept = normalise(noisy, channels, self._domains)
        clean = self._predict(shown, channels)
        part = (slice(None), *inner)
        values = np.stack(
            [
                self._restore(self._domains[channel], before, after, inner)
                for channel, before, after in zip(channels, shown, clean, strict=True)
            ]
        )
        values[kept[part]] = noisy[part][kept[part]]
        return values

    def _predict(self, shown: NDArray[np.float32], channels: Sequence[int]) -> NDArray[np.float32]:
        """Look at normalised pixels, and again without their base where light is far apart."""
        clean = self.predictor.predict(shown)
        if not any(self._twice[channel] for channel in channels):
            return clean
        sigmas = [self._domains[channel].sigma for channel in channels]
        base, steep = find_base(clean, np.reshape(sigmas, (-1,) + (1,) * (shown.ndim - 1)))
        again = base + self.predictor.predict(shown - base)
        return steep * clean + (1 - steep) * again

    def _restore(
        self,
        domain: Domain,
        noisy: NDArray[np.float32],
        clean: NDArray[np.float32],
        inner: Region,
    ) -> NDArray[np.float32]:
        """Give back detail where noise is weak, and take what is asked for to the image's units."""
        if self._gives_back and domain.detail is not None:
            clean = give_back_detail(noisy, clean, domain.detail)
        return domain.inverse(clean[inner])
