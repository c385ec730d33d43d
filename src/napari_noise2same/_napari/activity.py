"""A bar in napari's activity dock."""

from __future__ import annotations

from napari.utils import progress

__all__ = ["Activity"]

_TOTAL = 100


class Activity:
    """One bar, from the start of a job to its end.

    Parameters
    ----------
    description : str
        What is done.
    """

    def __init__(self, description: str) -> None:
        self._bar = progress(total=_TOTAL, desc=description)

    def show(self, fraction: float) -> None:
        """Show how far the job is.

        Parameters
        ----------
        fraction : float
            Share that is done, 0 to 1.
        """
        # napari's bar takes whole numbers only.
        self._bar.update(round(_TOTAL * fraction) - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()
