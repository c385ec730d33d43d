"""How far a run is, and how long it will take."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from napari_noise2same.core.sizes import format_bytes

__all__ = ["RunProgress", "format_seconds"]

_RESOLUTION = 1000


def format_seconds(seconds: float) -> str:
    """Write a time as a clock does.

    Parameters
    ----------
    seconds : float
        Time in seconds, at least 0.

    Returns
    -------
    str
        Such as ``"0:07"``, ``"12:30"`` or ``"1:05:00"``.
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class RunProgress(QWidget):
    """A bar above one line of text.

    Parameters
    ----------
    unit : str
        What is counted, in the singular, such as ``"step"``.
    """

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit
        self._progress = self._left = self._device = ""
        self._busy = self._paused = False
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.label = QLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.bar)
        layout.addWidget(self.label)
        self.reset()

    def reset(self) -> None:
        """Show that nothing runs."""
        self._progress = self._left = self._device = ""
        self._busy = self._paused = False
        self._write()
        self.bar.setValue(0)

    def stop(self) -> None:
        """Show how far it has come, with no time to go; nothing if nothing was counted."""
        if self._busy:
            self.reset()
        self._left = ""
        self._write()

    def set_busy(self, text: str) -> None:
        """Show that something runs whose length, and place, are not known.

        Parameters
        ----------
        text : str
            What it is, such as ``"Reading the image…"``.
        """
        self._busy = True
        self._progress, self._left, self._device = text, "", ""
        self._write()

    def set_paused(self, paused: bool) -> None:
        """Show that the run is held, or that it goes on.

        Parameters
        ----------
        paused : bool
            Whether it is held.
        """
        self._paused = paused
        self._write()

    def set_progress(
        self,
        done: int,
        total: int | None,
        *,
        fraction: float,
        elapsed: float,
        remaining: float | None = None,
    ) -> None:
        """Show how far the run is.

        Parameters
        ----------
        done : int
            How many are done.
        total : int or None
            Of how many; None for a budget in time.
        fraction : float
            Share that is done, 0 to 1.
        elapsed, remaining : float
            Time so far and to go, in seconds; `remaining` is None when it is not known.
        """
        self._busy = False
        count = f"{self._unit} {done:,}" + (f" / {total:,}" if total is not None else "")
        self._progress = f"{count} · {format_seconds(elapsed)}"
        self._left = ""
        if remaining is not None and fraction < 1:
            self._left = f"{format_seconds(remaining)} left"
        self._write()
        self.bar.setValue(round(fraction * _RESOLUTION))

    def set_device(self, name: str, memory: float | None = None) -> None:
        """Show where the run happens.

        Parameters
        ----------
        name : str
            Name of the device.
        memory : float, optional
            Memory that it uses, in bytes.
        """
        self._device = name if memory is None else f"{name} {format_bytes(memory)}"
        self._write()

    def _write(self) -> None:
        """Put the line together; the bar moves by itself while nothing is counted."""
        self.bar.setRange(0, 0 if self._busy and not self._paused else _RESOLUTION)
        left = "Paused" if self._paused else self._left
        text = " · ".join(part for part in (self._progress, left, self._device) if part)
        self.label.setText(text)
        self.label.setToolTip(text)
