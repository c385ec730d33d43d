"""Choice of a network by its size."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_noise2same.core.settings import NetworkConfig
from napari_noise2same.widgets.choice import ChoiceBox

__all__ = ["NetworkChoice"]

_NAMES: dict[Hashable, str] = {
    None: "Automatic",
    "small": "Small",
    "paper": "Paper (large)",
    "blind": "Blind",
}
_OWN = "own"


class NetworkChoice(QWidget):
    """Automatic, small, paper or blind; one that is none of these is kept as it was set."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._dims: Literal[2, 3] = 2
        self._channels = 1
        self._own = NetworkConfig()
        self.box = ChoiceBox(_NAMES)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box)
        self.box.changed.connect(self.changed)

    def value(self) -> dict[str, Any] | None:
        """Return the settings of the network, or None for automatic."""
        key = self.box.value()
        return None if key is None else self._networks()[key].model_dump()

    def set_value(self, network: NetworkConfig | None) -> None:
        """Show a network, and take its numbers of axes and channels for those of the images.

        Parameters
        ----------
        network : NetworkConfig or None
            The network; None for automatic.
        """
        if network is None:
            self.box.set_value(None)
            return
        self._own = network
        self.set_image_kind(network.spatial_dims, network.channels)
        key = next(key for key, known in self._networks().items() if known == network)
        self.box.set_choices({**_NAMES, _OWN: "As it was set"} if key == _OWN else _NAMES)
        self.box.set_value(key)

    def set_image_kind(self, spatial_dims: Literal[2, 3], channels: int) -> None:
        """Tell what the network must fit.

        Parameters
        ----------
        spatial_dims : {2, 3}
            Spatial axes that it sees at once.
        channels : int
            Channels that it sees at once.
        """
        self._dims = spatial_dims
        self._channels = channels

    def _networks(self) -> dict[Hashable, NetworkConfig]:
        """Return the networks of each size, for these images."""
        shape = {"spatial_dims": self._dims, "channels": self._channels}
        return {
            "small": NetworkConfig.small(self._dims, self._channels),
            "paper": NetworkConfig.paper(self._dims, self._channels),
            "blind": NetworkConfig(kind="blind", spatial_dims=self._dims, channels=self._channels),
            _OWN: self._own.model_copy(update=shape),
        }
