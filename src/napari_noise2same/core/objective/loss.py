"""The Noise2Same loss, from two genuine forward passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_noise2same.core.objective.masks import Mask

__all__ = [
    "Terms",
    "discrepancy",
    "estimated_risk",
    "noise2same_loss",
    "noise2same_terms",
    "noise_variance",
    "slope",
]

# Keeps the gradient of the square root finite where both passes agree.
EPSILON = 1e-8
# By less than this a replacement moves a pixel in constant patches, where nothing is left but
# rounding errors; in normalised units.
_LEAST_MOVED = 1e-5
# In geometric means of a patch: noise goes further in 3 % of the pixels.
_FAR = 4.0
# A denoiser that follows the noise more than this is none, and says nothing about it.
_STEEPEST = 0.9


@dataclass(frozen=True)
class Terms:
    """What the two passes over a batch say, in squared normalised units, float32.

    Attributes
    ----------
    rec : Tensor, scalar
        Mean over all pixels of ``(f(x) − x)²``.
    inv : Tensor, scalar
        Mean over the masked pixels of ``(f(x) − f(x_masked))²``.
    blind_spot : Tensor, scalar
        Mean over the masked pixels of ``(f(x_masked) − x)²``: the Noise2Void objective,
        reported and not trained on.
    replaced : Tensor, scalar
        Mean over the masked pixels of ``(x − replacement)²``: how far the masking moved them.
    covariance : Tensor, scalar
        Mean over the masked pixels of ``w·(x − replacement)·(f(x) − f(x_masked))``: how far the
        output follows. The weights w are 1, and less for pixels that were moved far.
    leverage : Tensor, scalar
        Mean over the masked pixels of ``w·(x − replacement)²``, with the same weights.
    residual : Tensor, shape of the batch
        ``f(x) − x``, without gradient.
    disagreement : Tensor, scalar
        Mean over all pixels of ``(f(x) − g(x))²``, g a teacher; 0 without one.
    """

    rec: Tensor
    inv: Tensor
    blind_spot: Tensor
    replaced: Tensor
    covariance: Tensor
    leverage: Tensor
    residual: Tensor
    disagreement: Tensor


def noise2same_terms(
    network: Callable[[Tensor], Tensor],
    x: Tensor,
    mask: Mask,
    values: Tensor,
    teacher: Callable[[Tensor], Tensor] | None = None,
) -> Terms:
    """Run the network on a batch and on its masked copy, as one batch.

    Parameters
    ----------
    network : callable
        From (batch, channels, [Z,] Y, X) to the same shape.
    x : Tensor, shape (batch, channels, [Z,] Y, X)
        Noisy normalised images.
    mask : Mask
        The masked pixels.
    values : Tensor, shape (masked,)
        What replaces them.
    teacher : callable, optional
        Says what the network should say, as it sees it.

    Returns
    -------
    Terms
        The terms of the loss; gradients reach both passes.
    """
    hidden = mask.replace(x, values)
    plain, masked = network(torch.cat([x, hidden])).float().chunk(2)
    target = mask.gather(x)
    blind = mask.gather(masked)
    # Looked up, because a pixel that two boxes have drawn has one replacement only.
    moved, followed = target - mask.gather(hidden), mask.gather(plain) - blind
    weight = _weights(moved, mask.index[0], len(x))
    residual = plain - x
    return Terms(
        rec=residual.square().mean(),
        inv=followed.square().mean(),
        blind_spot=(blind - target).square().mean().detach(),
        replaced=moved.square().mean(),
        covariance=(weight * moved * followed).mean(),
        leverage=(weight * moved.square()).mean(),
        residual=residual.detach(),
        disagreement=(plain - teacher(x)).square().mean() if teacher else plain.new_zeros(()),
    )


def noise2same_loss(terms: Terms, lambda_inv: float | Tensor) -> Tensor:
    """Return ``rec + λ_inv·sqrt(inv)``.

    Parameters
    ----------
    terms : Terms
        What `noise2same_terms` returns.
    lambda_inv : float or Tensor
        Weight of the invariance term; 2σ makes the loss the bound of the theorem.

    Returns
    -------
    Tensor, scalar
        The loss.

    Notes
    -----
    Equation 6 of Xie, Wang and Ji, "Noise2Same: Optimizing a self-supervised bound for image
    denoising", NeurIPS 2020.
    """
    return terms.rec + lambda_inv * discrepancy(terms)


def discrepancy(terms: Terms) -> Tensor:
    """Return ``sqrt(inv)``, with a finite gradient where both passes agree.

    Parameters
    ----------
    terms : Terms
        What `noise2same_terms` returns.

    Returns
    -------
    Tensor, scalar
        The root.
    """
    return torch.sqrt(terms.inv + EPSILON)


def noise_variance(terms: Terms) -> float:
    """Estimate σ² from what a good denoiser leaves over.

    For the best denoiser E|f(x) − x|² = σ²·(1 − s), s the mean slope of an output pixel over its
    own input: the error that it still makes is σ²·s (Stein's identity). So σ² = rec/(1 − s).
    Unlike an estimate from the image alone it is not misled by texture.

    Parameters
    ----------
    terms : Terms
        What `noise2same_terms` returns for a trained network.

    Returns
    -------
    float
        The variance, in squared normalised units.
    """
    return terms.rec.item() / (1 - min(max(slope(terms).item(), 0.0), _STEEPEST))


def estimated_risk(terms: Terms, variance: float) -> float:
    """Estimate the mean squared error of the result without knowing the truth.

    Parameters
    ----------
    terms : Terms
        What `noise2same_terms` returns.
    variance : float
        σ², in squared normalised units.

    Returns
    -------
    float
        ``rec + 2σ²·s - σ²``, s the mean slope of an output pixel over its own input; negative by
        chance only, and unbiased where pixels that stick out have no other slope than the rest.

    Notes
    -----
    C. Stein, "Estimation of the mean of a multivariate normal distribution", The Annals of
    Statistics 9, 1981; the slope by finite differences, from the masked pixels.
    """
    return terms.rec.item() + 2 * variance * slope(terms).item() - variance


def slope(terms: Terms) -> Tensor:
    """Return by how much an output pixel follows its own input, on average.

    Parameters
    ----------
    terms : Terms
        What `noise2same_terms` returns.

    Returns
    -------
    Tensor, scalar
        The slope; 0 where no pixel was changed by its replacement, as in padding.
    """
    return terms.covariance / terms.leverage.clamp(min=_LEAST_MOVED**2)


def _weights(moved: Tensor, patch: Tensor, patches: int) -> Tensor:
    """Return weights with which no masked pixel decides the slope, however far it was moved.

    Bright peaks are moved by hundreds of σ. By the square of that a few would be all that counts,
    and training would flatten them: beyond a limit all pixels count the same. The limit goes by the
    geometric mean of each patch, which a few pixels do not change, and which is the same whichever
    process has the patch.
    """
    far = moved.abs().clamp(min=_LEAST_MOVED)
    logarithms = far.new_zeros(patches).index_add(0, patch, far.log())
    count = far.new_zeros(patches).index_add(0, patch, torch.ones_like(far))
    limit = _FAR * (logarithms / count.clamp(min=1)).exp()[patch]
    return (limit / far).clamp(max=1).square()
