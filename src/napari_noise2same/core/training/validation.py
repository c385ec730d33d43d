"""The measures by which weights are compared, on fixed patches with fixed masks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from napari_noise2same.core.objective import estimated_risk, noise2same_terms, noise_variance
from napari_noise2same.core.training.batches import BatchSource

__all__ = ["Validation"]

# Pixels in all patches: enough to tell weights apart, which are compared on the same ones; few
# enough that a run stops within half a second, a last look included.
_PIXELS = 65_536
# The noise is looked at once, and its correlation differs from place to place.
_NOISE_ROUNDS = 4
# Side of the windows in which residuals are looked at for plain places, the share of them that
# should be plain, and how far below their mean the largest of these is, in standard deviations.
# In a smaller share a network may be found to keep noise that neighbours share.
_SIDE, _PLAIN, _BELOW = 16, 0.35, 0.385
# What takes less than this share of the noise's variance out is not all noise.
_PART = 0.75
# Enough also where batches are tiny.
_MOST_ROUNDS = 64


class Noise(NamedTuple):
    """What a good denoiser takes out of the validation patches.

    Attributes
    ----------
    sigma : float
        Standard deviation, in normalised units.
    correlation : float
        Of neighbouring pixels in Y and X, where it is larger; for independent noise it is below
        zero, because what is kept of a pixel's noise is kept in its neighbours as well. Planes and
        frames are exposed one by one: what their residuals share is signal that was missed.
    """

    sigma: float
    correlation: float


class Validation:
    """Errors of any weights, always on the same masked pixels.

    Parameters
    ----------
    network : torch.nn.Module
        The network, which is on the device; its own weights are neither used nor changed.
    batches : BatchSource
        Where patches and masks come from: one of its own, which nobody else draws from.
    """

    def __init__(self, network: nn.Module, batches: BatchSource) -> None:
        self._network = network
        self._draw = partial(batches.draw, "none")
        one = batches.sampler.draw(1, "none", batches.choice)
        rounds = min(max(1, round(_PIXELS / (one[0].numel() * batches.batch))), _MOST_ROUNDS)
        self._rounds = [self._draw() for _ in range(rounds)]

    @torch.no_grad()
    def error(self, weights: Mapping[str, Tensor]) -> float:
        """Return the mean of ``(f(x_masked) − x)²`` over the masked pixels.

        Parameters
        ----------
        weights : mapping of str to Tensor
            The weights to try.

        Returns
        -------
        float
            The error, in squared normalised units.
        """
        squared, count = 0.0, 0
        for x, hidden, values in self._rounds:
            blind = hidden.gather(self._apply(weights, hidden.replace(x, values)))
            squared += float((blind.float() - hidden.gather(x)).square().sum())
            count += len(hidden)
        return squared / count

    @torch.no_grad()
    def risk(self, weights: Mapping[str, Tensor], sigma: float) -> float:
        """Return the estimated mean squared error of the result; needs σ, unlike `error`.

        Parameters
        ----------
        weights : mapping of str to Tensor
            The weights to try.
        sigma : float
            Standard deviation of the noise, in normalised units.

        Returns
        -------
        float
            The error, in squared normalised units. A network can learn to tell masked pixels from
            others, and answer there so that this becomes small while the result becomes worse; one
            that has a teacher does not get far with it.
        """
        apply = partial(self._apply, weights)
        terms = [noise2same_terms(apply, *batch) for batch in self._rounds]
        return sum(estimated_risk(found, sigma**2) for found in terms) / len(terms)

    @torch.no_grad()
    def noise(self, weights: Mapping[str, Tensor]) -> Noise:
        """Estimate the noise from what good weights leave over.

        Parameters
        ----------
        weights : mapping of str to Tensor
            Weights that know how to denoise.

        Returns
        -------
        Noise
            Its strength and its correlation.
        """
        apply = partial(self._apply, weights)
        more = (_NOISE_ROUNDS - 1) * len(self._rounds)
        rounds = [*self._rounds, *(self._draw() for _ in range(more))]
        terms = [noise2same_terms(apply, *batch) for batch in rounds]
        variance = sum(map(noise_variance, terms)) / len(terms)
        residual = torch.cat([found.residual for found in terms])
        correlations = [
            _neighbours(residual, axis) for axis in (-2, -1) if residual.shape[axis] > 1
        ]
        return Noise(math.sqrt(variance), max(correlations))

    @torch.no_grad()
    def plain_noise(self, weights: Mapping[str, Tensor], least: float) -> float:
        """Estimate the noise, correlated or not, where images show nothing else.

        Parameters
        ----------
        weights : mapping of str to Tensor
            Weights that know how to denoise; what detail they miss does not matter.
        least : float
            The standard deviation of the noise, if neighbours do not share it.

        Returns
        -------
        float
            The standard deviation in the plainest third of the patches, in normalised units.
            Places where clearly less than `least` is taken out do not count: they have less noise.
        """
        powers = []
        for x, _, _ in self._rounds:
            residual = x - self._apply(weights, x).float()
            side = min(_SIDE, *x.shape[-2:])
            planes = residual.square().reshape(-1, 1, *x.shape[-2:])
            powers.append(functional.avg_pool2d(planes, side).flatten())
        chance = 1 - _BELOW * math.sqrt(2) / side
        power = torch.cat(powers)
        noisy = power[power > _PART * least**2]
        return math.sqrt(float(noisy.quantile(_PLAIN)) / chance) if len(noisy) else least

    @torch.no_grad()
    def change(self, before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> float:
        """Return how far the outputs of two sets of weights lie apart.

        Parameters
        ----------
        before, after : mapping of str to Tensor
            The weights to compare.

        Returns
        -------
        float
            Root mean square of the difference, in normalised units.
        """
        x, _, _ = self._rounds[0]
        difference = self._apply(after, x) - self._apply(before, x)
        return float(difference.float().square().mean().sqrt())

    def _apply(self, weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """Run the network with other weights than its own, wherever these are."""
        moved = {name: tensor.to(x.device) for name, tensor in weights.items()}
        result: Tensor = functional_call(self._network, moved, (x,))
        return result


def _neighbours(residual: Tensor, axis: int) -> float:
    """Correlation of neighbours along an axis."""
    length = residual.shape[axis] - 1
    products = residual.narrow(axis, 0, length) * residual.narrow(axis, 1, length)
    return float(products.mean() / residual.square().mean())
