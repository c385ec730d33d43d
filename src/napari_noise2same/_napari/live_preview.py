"""The image that improves while a model trains, for as long as the user wants to see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_noise2same._napari.preview_layer import PreviewLayer
from napari_noise2same._napari.train_inputs import Subject

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same.core import Image, PreviewReady
    from napari_noise2same.widgets import TrainPanel

__all__ = ["InView", "LivePreview"]


@dataclass
class InView:
    """What is in view, for the thread that trains: it keeps nothing else of a preview alive.

    Attributes
    ----------
    piece : Image or None
        Not yet read.
    """

    piece: Image | None = None


class LivePreview:
    """The preview of a run.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    panel : TrainPanel
        The form, which says whether there is to be one.

    Attributes
    ----------
    depth : str
        Axis along which the network looks at neighbours, or nothing.
    in_view : InView
        Looked at by the thread that trains.
    """

    def __init__(self, viewer: Viewer, panel: TrainPanel) -> None:
        self._viewer = viewer
        self._panel = panel
        self._layer: PreviewLayer | None = None
        self.depth = ""
        self.in_view = InView()

    def begin(self, subject: Subject) -> None:
        """Show a layer improve, if that is wanted.

        Parameters
        ----------
        subject : Subject
            What the run trains on.
        """
        self.end()
        if self._panel.preview.isChecked():
            layer, image = subject.layers[0], subject.whole[0]
            self._layer = PreviewLayer(self._viewer, layer, image, depth=self.depth)
            self.in_view.piece = self._layer.request()

    def show(self, previews: Sequence[PreviewReady]) -> None:
        """Show the latest of the results, and ask for what is in view by now.

        Parameters
        ----------
        previews : sequence of PreviewReady
            What has come in, which may be nothing.
        """
        if self._layer is None:
            return
        if not self._layer.fits:
            # The run goes on with the old data, a result of which would hide the new ones.
            self.end()
            return
        if self._layer.deleted:
            self._panel.preview.setChecked(False)
            return
        for last in previews[-1:]:
            self._layer.show(last.source.data, last.image, last.step)
        self.in_view.piece = self._layer.request()

    def end(self) -> None:
        """Take the preview away."""
        self.in_view.piece = None
        if self._layer is not None:
            self._layer.close()
        self._layer = None
