"""How long training will take, measured in a thread once the form has settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer

from napari_noise2same._napari.marked_images import MarkedImages
from napari_noise2same._napari.threads import leave_a_core
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.settings import Preset

if TYPE_CHECKING:
    from napari_noise2same.widgets import TrainPanel

__all__ = ["ExpectedTimes"]

# Milliseconds without a further change before times are measured anew.
_SETTLED = 400


class ExpectedTimes:
    """Shows how long each quality takes, and the devices that there are.

    Parameters
    ----------
    panel : TrainPanel
        The form.
    images : callable
        Returns what would be trained on; raises a `Noise2SameError` where nothing can be.
    """

    def __init__(self, panel: TrainPanel, images: Callable[[], MarkedImages]) -> None:
        self._panel = panel
        self._images = images
        self._worker: Worker | None = None
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLED)
        self._timer.timeout.connect(self._measure)

    def renew(self) -> None:
        """Measure soon, once nothing changes any more."""
        self._timer.start()

    def clear(self) -> None:
        """Show no times, nor those that are being measured: there is nothing to train on."""
        self.close()
        self._panel.quality.set_expected_times({})

    def close(self) -> None:
        """End everything; safe to call when the panel is gone."""
        self._timer.stop()
        if self._worker is not None:
            self._worker.leave()

    def _measure(self) -> None:
        """Measure in a thread."""
        if self._worker is not None and self._worker.is_running:
            self._timer.start()
            return
        try:
            images, config = self._images(), self._panel.value()
        except Noise2SameError:
            return
        if self._panel.start.chosen_model() is not None:
            # As long as from the shipped weights, roughly: neither learns from nothing.
            config = config.model_copy(update={"start": "pretrained", "network": None})
        trained = [preset for preset in Preset if preset is not Preset.INSTANT]
        configs = [config.model_copy(update={"effort": p.config().effort}) for p in trained]

        def measure(stop: Callable[[], bool]) -> Iterator[Any]:
            from napari_noise2same.core import available_devices, expected_seconds

            leave_a_core()
            yield available_devices()
            pieces = images.read(stop)
            if pieces:
                yield dict(zip(trained, expected_seconds(pieces, configs), strict=True))

        self._worker = Worker(measure)
        self._worker.events.connect(self._show)
        # The run itself says what is wrong.
        self._worker.failed.connect(lambda _error: self.clear())

    def _show(self, events: list[Any]) -> None:
        """Show the devices and the times."""
        for event in events:
            if isinstance(event, dict):
                self._panel.quality.set_expected_times(event)
            else:
                self._panel.device.set_devices(event)
