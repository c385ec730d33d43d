"""The best weights of a run so far."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

__all__ = ["BestWeights"]


class BestWeights:
    """Keeps the weights with the smallest error.

    Parameters
    ----------
    weights : mapping of str to Tensor
        What there is before any is tried.

    Attributes
    ----------
    weights : dict of str to Tensor
        The best so far.
    error : float or None
        Their error; None before any is tried.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self.weights = dict(weights)
        self.error: float | None = None

    def beaten_by(self, error: float) -> bool:
        """Return whether an error is smaller than that of the best."""
        return self.error is None or error < self.error

    def replace(self, weights: Mapping[str, Tensor], error: float | None) -> None:
        """Keep other weights.

        Parameters
        ----------
        weights : mapping of str to Tensor
            The weights; not copied.
        error : float or None
            Their error.
        """
        self.weights, self.error = dict(weights), error
