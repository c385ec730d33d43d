"""The best weights of a run so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from torch import Tensor

__all__ = ["BestWeights"]


class BestWeights:
    """Keeps the weights with the smallest errors.

    Parameters
    ----------
    weights : mapping of str to Tensor
        What there is before any is tried.

    Attributes
    ----------
    weights : dict of str to Tensor
        The best so far.
    errors : tuple of float or None
        Their errors, of one or several kinds; None before any is tried.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self.weights = dict(weights)
        self.errors: tuple[float, ...] | None = None

    def beaten_by(self, errors: Sequence[float]) -> bool:
        """Return whether each error is smaller than that of the best."""
        before = self.errors or (math.inf,) * len(errors)
        return all(error < old for error, old in zip(errors, before, strict=True))

    def replace(self, weights: Mapping[str, Tensor], errors: Sequence[float] | None) -> None:
        """Keep other weights.

        Parameters
        ----------
        weights : mapping of str to Tensor
            The weights; not copied.
        errors : sequence of float or None
            Their errors.
        """
        self.weights, self.errors = dict(weights), None if errors is None else tuple(errors)
