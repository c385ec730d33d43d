"""How far a run over many files is, and how long it will still take."""

from __future__ import annotations

__all__ = ["BatchProgress"]


class BatchProgress:
    """Counts files, one after the other, in shares of a file.

    What an earlier run has left done of a file counts as done, but says nothing of how fast this
    run is; nor does what is left of a file that has failed.

    Parameters
    ----------
    total : int
        Number of files.

    Attributes
    ----------
    total : int
        Number of files.
    over : int
        Files that are over, whatever became of them.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.over = 0
        # How much of the file under way is done, and how many files' worth this run has done.
        self._share = 0.0
        self._worked = 0.0

    @property
    def fraction(self) -> float:
        """Share of all that is done, 0 to 1."""
        return (self.over + self._share) / self.total if self.total else 1.0

    def begin(self, share: float) -> None:
        """Begin a file.

        Parameters
        ----------
        share : float
            How much of it an earlier run has left done, 0 to 1.
        """
        self._share = share

    def advance(self, share: float) -> None:
        """Go on with the file under way.

        Parameters
        ----------
        share : float
            How much of it is done by now, 0 to 1.
        """
        self._worked += share - self._share
        self._share = share

    def end(self) -> None:
        """Leave the file under way behind."""
        self.over += 1
        self._share = 0.0

    def remaining(self, seconds: float) -> float | None:
        """Return the time to go.

        Parameters
        ----------
        seconds : float
            Time that this run has taken so far.

        Returns
        -------
        float or None
            Estimated seconds; None before this run has done anything.
        """
        if not self._worked:
            return None
        return seconds * (self.total - self.over - self._share) / self._worked
