"""A run over layers as the denoise dock shows it: result layers that fill, progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Image as ImageLayer
from qtpy.QtCore import QElapsedTimer

from napari_noise2same._napari.activity import Activity
from napari_noise2same._napari.conversion import layer_data
from napari_noise2same._napari.denoise_jobs import LayerJob
from napari_noise2same._napari.denoise_work import FolderChosen
from napari_noise2same._napari.removal import remove_layer
from napari_noise2same._napari.results import (
    add_result,
    cover,
    find_result,
    follow,
    placement,
    show_instead,
)
from napari_noise2same.core.array import Window
from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.settings import DenoiseConfig

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.widgets import DenoisePanel

__all__ = ["DenoiseRun"]

# Drawing a layer anew may take up to this share of the GUI thread.
_DRAWING = 0.2


class DenoiseRun:
    """Shows the events of one run.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    panel : DenoisePanel
        The view.
    jobs : sequence of LayerJob
        What is done, in this order.
    card : callable
        Returns what `core.model.model_card` says of the model, by the settings of a job.
    """

    def __init__(
        self,
        viewer: Viewer,
        panel: DenoisePanel,
        jobs: Sequence[LayerJob],
        card: Callable[[DenoiseConfig], Mapping[str, Any]],
    ) -> None:
        self._viewer, self._panel = viewer, panel
        self._jobs, self._card = jobs, card
        self._results: list[ImageLayer] = []
        self._folders: list[Path] = []
        self._finished = 0
        # Where its source has the last result lie, None if the source is gone.
        self._placed: Mapping[str, Any] | None = None
        # Whether the last result shows anything, and what was told of it last.
        self._filling = False
        self._latest: Any = None
        self._drawn = QElapsedTimer()
        self._pause = 0.0
        panel.progress.set_busy("Preparing…")
        self._activity = Activity("Noise2Same denoising")

    def show(self, events: Sequence[Any]) -> list[tuple[ImageLayer, ImageLayer]]:
        """Show what has happened.

        Parameters
        ----------
        events : sequence
            What `denoise_layers` has yielded.

        Returns
        -------
        list of (Image, Image)
            Noisy layers whose result is finished, with it.
        """
        # The thread has imported the engine by now.
        from napari_noise2same.core import DenoiseFinished, DenoiseStarted, TileDone

        over = []
        # The latest tile of the layer under way: one look may see the end of one and the start
        # of the next.
        latest: TileDone | None = None
        for event in events:
            match event:
                case FolderChosen():
                    self._folders.append(event.path)
                case DenoiseStarted():
                    self._begin(event)
                case TileDone():
                    self._latest, latest, self._filling = event, event, True
                case DenoiseFinished():
                    self._finished += 1
                    self._show_tile(latest, at_once=True)
                    latest = None
                    job, result = self._job, self._results[-1]
                    if job.region is None:
                        show_instead(result, job.layer)
                    else:
                        cover(result)
                    over.append((job.layer, result))
        if latest is not None:
            self._show_tile(latest, at_once=False)
        return over

    def finish(self) -> str:
        """Show that it is over; a layer in which nothing is done shows nothing, and goes.

        Returns
        -------
        str
            Where results in folders are, or how much of one in memory is there, in one sentence;
            nothing if that is all of it.
        """
        if self._filling:
            self._draw(at_once=True)
            self._panel.progress.stop()
        else:
            self._panel.progress.reset()
            for layer in self._results[-1:]:
                remove_layer(self._viewer, layer)
        if not self._folders:
            return self._describe_rest()
        if self._finished < len(self._jobs):
            return f"Stopped: Denoise goes on with {self._folders[-1]} where it was."
        if len(self._folders) == 1:
            return f"The result is in {self._folders[0]}."
        return f"The results are in {self._folders[0].parent}."

    def _describe_rest(self) -> str:
        """Say how much of what was begun in memory is there; nothing if that is all or none."""
        if not self._filling or self._finished == len(self._results):
            return ""
        where = self._results[-1].name
        return f"Stopped: {self._latest.done} of {self._latest.total} tiles of {where} are done."

    def close(self) -> None:
        """Hold no layer longer than needed; safe to call when the panel is gone."""
        self._jobs, self._results = (), []
        self._activity.close()

    @property
    def _job(self) -> LayerJob:
        """What the last result is of."""
        return self._jobs[len(self._results) - 1]

    def _begin(self, event: Any) -> None:
        """Show the result that will fill, or that an earlier run has left unfinished."""
        job = self._jobs[len(self._results)]
        data, card = event.image, self._card(job.config)
        self._device, self._filling = event.device, event.done > 0
        self._placed = _placement(self._viewer, job)
        layer = None
        if isinstance(data, list):
            folder = str(self._folders[-1])
            card = {**card, "folder": folder}
            layer = find_result(self._viewer, folder, data[0].shape)
            if layer is not None:
                layer.data = data
        elif isinstance(job.image.data, Window):
            data = job.image.data.keep(data)
        if layer is None:
            layer = add_result(
                self._viewer, job.layer, data, card, level=job.level, region=job.region
            )
        self._results.append(layer)

    def _show_tile(self, latest: Any, *, at_once: bool) -> None:
        """Show what a layer holds by now, and how far it is if that is news."""
        if latest is not None:
            self._show_progress(latest)
        self._draw(at_once=at_once)

    def _draw(self, *, at_once: bool) -> None:
        """Draw the result anew, unless that was done a moment ago and takes long."""
        if not at_once and self._drawn.isValid() and self._drawn.elapsed() < self._pause:
            return
        self._drawn.start()
        self._follow()
        layer = self._results[-1]
        layer.refresh()
        # A hidden layer is not drawn, but may be one of those that are compared.
        layer.events.data(value=layer.data)
        self._pause = self._drawn.restart() / _DRAWING

    def _follow(self) -> None:
        """Move the result if its source was moved: whoever calibrates it now means both."""
        now = _placement(self._viewer, self._job)
        if self._placed is not None and now is not None:
            follow(self._results[-1], self._placed, now)
        self._placed = now

    def _show_progress(self, last: Any) -> None:
        """Show how far the layer is, and in napari's activity dock how far all are."""
        fraction = last.done / last.total
        self._panel.progress.set_progress(
            last.done,
            last.total,
            fraction=fraction,
            elapsed=last.seconds,
            remaining=last.remaining,
        )
        self._panel.progress.set_device(self._device)
        self._activity.show((len(self._results) - 1 + fraction) / len(self._jobs))


def _placement(viewer: Viewer, job: LayerJob) -> dict[str, Any] | None:
    """Return where a result has to lie; None if its source is gone or holds another image."""
    data = job.image.data
    whole = data.source if isinstance(data, Window) else data
    try:
        fits = layer_data(job.layer, job.level).shape == whole.shape
    except ImageError:
        # Other data have fewer levels.
        return None
    there = fits and job.layer in viewer.layers
    return placement(job.layer, job.level, job.region) if there else None
