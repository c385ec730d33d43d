"""A training run as the train dock shows it: curves, progress, preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import psutil

from napari_noise2same._napari.activity import Activity
from napari_noise2same._napari.conversion import describe
from napari_noise2same._napari.live_preview import InView, LivePreview
from napari_noise2same._napari.train_inputs import Subject
from napari_noise2same._napari.train_texts import describe_change, describe_start
from napari_noise2same.widgets import RunState

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import Started
    from napari_noise2same.widgets import TrainPanel

__all__ = ["TrainRun"]


class TrainRun:
    """Shows the events of one run.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    panel : TrainPanel
        The view.
    subject : Subject
        What is trained on.
    note : str
        What the user should know about that, in a sentence; nothing if it is as expected.
    """

    def __init__(self, viewer: Viewer, panel: TrainPanel, subject: Subject, note: str) -> None:
        self._panel, self._note = panel, note
        self.subject = subject
        self._live = LivePreview(viewer, panel)
        self._activity = Activity("Noise2Same training")
        panel.message.clear()
        panel.set_state(RunState.PREPARING)
        panel.progress.set_busy("Preparing…")

    @property
    def in_view(self) -> InView:
        """What is in view, for the thread."""
        return self._live.in_view

    def show(self, events: Sequence[Any]) -> None:
        """Show what has happened.

        Parameters
        ----------
        events : sequence
            What `train_with_preview` has yielded.
        """
        # The thread has imported the engine by now.
        from napari_noise2same.core import Finished, PreviewReady, Started, StepDone

        for event in events:
            match event:
                case Started():
                    self._on_started(event)
                case Finished() if text := describe_change(event):
                    self._panel.message.show_message(text)
        steps = [event for event in events if isinstance(event, StepDone)]
        if steps:
            self._panel.plot.append([asdict(step) for step in steps])
            self._show_progress(steps[-1])
        self._live.show([event for event in events if isinstance(event, PreviewReady)])

    def show_preview(self) -> None:
        """Turn the preview on or off, as the form says."""
        self._live.begin(self.subject)

    def close(self) -> None:
        """Take the preview and the bar of napari's activity dock away.

        Safe to call when the panel is gone.
        """
        self._live.end()
        self._activity.close()

    def _on_started(self, event: Started) -> None:
        """Tell what was chosen."""
        self._steps, self._device = event.plan.steps, event.device
        self._panel.message.show_message(f"{self._note} {describe_start(event)}".strip())
        self._panel.set_state(RunState.TRAINING)
        if not self._note:
            self._tell_network(event)
        self._live.depth = event.plan.depth
        self.show_preview()

    def _tell_network(self, event: Started) -> None:
        """Say once more what becomes of the image: a stack may be denoised plane by plane."""
        image, dims = self.subject.whole[0], event.plan.network.spatial_dims
        settings = self._panel.value()
        if dims < len(settings.layout_of(image.axes, image.data.shape).spatial):
            flat = settings.model_copy(update={"spatial_dims": dims})
            self._panel.axes.set_sentence(describe(image.axes, image.data.shape, flat))

    def _show_progress(self, last: Any) -> None:
        """Show how far the run is, here and in napari's activity dock."""
        self._panel.progress.set_progress(
            last.step,
            self._steps,
            fraction=last.progress,
            elapsed=last.seconds,
            remaining=last.remaining,
        )
        self._panel.progress.set_device(self._device, _memory_in_use(self._device))
        self._activity.show(last.progress)


def _memory_in_use(device: str) -> int:
    """Return the bytes in use: of the device where it is a GPU, else of this process."""
    # The engine has imported it by now.
    import torch

    if device.startswith("cuda"):
        return int(torch.cuda.memory_allocated(device))
    if device == "mps":
        return int(torch.mps.current_allocated_memory())
    return int(psutil.Process().memory_info().rss)
