"""The best weights of a run so far."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from napari_noise2same.core.model import join_groups, members

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

    def replace(self, weights: Mapping[str, Tensor], error: float) -> None:
        """Keep other weights.

        Parameters
        ----------
        weights : mapping of str to Tensor
            The weights; not copied.
        error : float
            Their error.
        """
        self.weights, self.error = dict(weights), error

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights for a resumed run, copied to the CPU."""
        return join_groups({"best": self.weights})

    def restore(self, tensors: Mapping[str, Tensor], error: float | None) -> None:
        """Go on from the state that `tensors` has returned.

        Parameters
        ----------
        tensors : mapping of str to Tensor
            The tensors, among others.
        error : float or None
            Their error.

        Raises
        ------
        KeyError
            If some are missing.
        """
        best = members(tensors, "best")
        self.weights, self.error = {name: best[name] for name in self.weights}, error
