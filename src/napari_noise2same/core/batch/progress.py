"""How far a run over many files is, and how long it will still take."""

from __future__ import annotations

from collections.abc import Sequence

from napari_noise2same.core.batch.events import BatchEvent, FileDone, FileFailed, FileSkipped

__all__ = ["BatchProgress"]


class BatchProgress:
    """Counts files, one after the other, in shares of a file.

    What an earlier run has left done of a file counts as done, but says nothing of how fast this
    run is; nor does what is left of a file that has failed.

    Parameters
    ----------
    before : sequence of bool
        Whether each file is known to have a result from before: such files do not count.

    Attributes
    ----------
    total : int
        Number of files that count.
    over : int
        How many of them are over, whatever became of them.
    share : float
        How much of the file under way is done, 0 to 1.
    """

    def __init__(self, before: Sequence[bool]) -> None:
        self._before = before
        self.total = before.count(False)
        self.over = 0
        self.share = 0.0
        # How many files' worth this run has done.
        self._worked = 0.0

    @property
    def fraction(self) -> float:
        """Share of all that is done, 0 to 1."""
        return (self.over + self.share) / self.total if self.total else 1.0

    def take(self, event: BatchEvent) -> None:
        """Note down what an event says of how far the files are.

        Parameters
        ----------
        event : BatchEvent
            What `BatchDenoiser` has yielded; the image in it does not matter.
        """
        from napari_noise2same.core.denoising import DenoiseStarted, TileDone

        match event:
            case DenoiseStarted():
                self.share = event.done / event.total
            case TileDone():
                share = event.done / event.total
                self._worked += share - self.share
                self.share = share
            case FileDone() | FileFailed():
                self._end()
            # It may have got its result since the files were looked at.
            case FileSkipped() if not self._before[event.index]:
                self._end()

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
        return seconds * (self.total - self.over - self.share) / self._worked

    def _end(self) -> None:
        """Leave the file under way behind."""
        self.over += 1
        self.share = 0.0
