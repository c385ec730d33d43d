"""The demonstration in napari: a scene is trained on, denoised and compared in the docks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import napari
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QCoreApplication, QEvent, QObject, Qt

from napari_noise2same._napari.commands import open_dock
from napari_noise2same._napari.sample_data import LayerData, cells_2d
from napari_noise2same.core.settings import ResultConfig, TrainingConfig

if TYPE_CHECKING:
    from napari import Viewer

    from napari_noise2same._napari.compare_dock import CompareDock
    from napari_noise2same._napari.denoise_dock import DenoiseDock
    from napari_noise2same._napari.train_dock import TrainDock

__all__ = ["DemoGuide", "open_demo"]


class DemoGuide(QObject):
    """Drives the docks of a viewer from training to the comparison, then leaves it alone.

    Whatever the user does meanwhile counts: a training that is stopped is denoised with its best
    model, and a dock that was closed opens again when it is its turn.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    layers : sequence of tuple
        What to show, the noisy image last.
    config : TrainingConfig
        How to train; what the user's docks remember is neither used nor changed.
    """

    def __init__(self, viewer: Viewer, layers: Sequence[LayerData], config: TrainingConfig) -> None:
        super().__init__()
        self._viewer = viewer
        for data in layers:
            self._noisy = viewer.add_layer(Layer.create(*data))
        viewer.layers.selection.active = self._noisy
        self.train: TrainDock = open_dock(viewer, "Train")
        self.denoise: DenoiseDock = open_dock(viewer, "Denoise")
        self.compare: CompareDock = open_dock(viewer, "Compare")
        open_dock(viewer, "Train")
        self.train.panel.set_value(config)
        self.train.panel.layers.set_value([self._noisy.unique_id])
        # A dock that ends takes with it whoever waits for it.
        self.setParent(self.train)

    def start(self) -> None:
        """Train, and let the other docks follow."""
        self.train.controller.trained.connect(self._on_trained)
        self.train.controller.train()

    def _on_trained(self, _name: str) -> None:
        """Denoise with the new model."""
        self.train.controller.trained.disconnect(self._on_trained)
        self.denoise = open_dock(self._viewer, "Denoise")
        self.setParent(self.denoise)
        self.denoise.panel.layers.set_value([self._noisy.unique_id])
        # Queued: another dock changes the viewer after this one has shown its result.
        queued = Qt.ConnectionType.QueuedConnection
        self.denoise.controller.denoised.connect(self._on_denoised, queued)
        self.denoise.panel.result.set_value(ResultConfig())
        self.denoise.controller.denoise()

    def _on_denoised(self, noisy: ImageLayer, result: ImageLayer) -> None:
        """Compare the result with the noisy image."""
        self.denoise.controller.denoised.disconnect(self._on_denoised)
        self.compare = open_dock(self._viewer, "Compare")
        self.compare.set_layers(noisy, result)
        self.compare.set_mode("swipe")


def open_demo(
    layers: Sequence[LayerData] | None = None, config: TrainingConfig | None = None
) -> None:
    """Open napari with a noisy scene, train on it, denoise it and show the comparison.

    Parameters
    ----------
    layers : sequence of tuple, optional
        What to show, the noisy image last; generated cells, their ground truth hidden, by default.
    config : TrainingConfig, optional
        How to train.
    """
    viewer = napari.Viewer(title="napari-noise2same demo")
    guide = DemoGuide(viewer, layers or cells_2d(), config or TrainingConfig())
    guide.start()
    napari.run()
    # The docks end their threads when Qt deletes them, which nobody does after the event loop.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
