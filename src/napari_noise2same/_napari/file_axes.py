"""Which axes the files of layers name, read in a thread: napari's reader passes on none."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import partial

from napari.layers import Image as ImageLayer
from qtpy.QtCore import QObject, Signal

from napari_noise2same._napari.conversion import layer_data
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.io import read_axes

__all__ = ["FileAxes"]

# The axes that a file names, and the shape of its image.
_Said = tuple[str, tuple[int, ...]]
_NOTHING: _Said = ("", ())


class FileAxes(QObject):
    """What the files of layers say of their axes, as far as it is known by now.

    Holds no layer.

    Attributes
    ----------
    changed : Signal()
        Files have been looked into.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        # None as long as there is no answer.
        self._said: dict[Hashable, _Said | None] = {}
        # Those that have come since the thread began.
        self._waiting: dict[Hashable, str] = {}
        self._worker: Worker | None = None

    def look(self, layers: Iterable[ImageLayer]) -> None:
        """Look into the files of layers that are new, after those under way.

        Parameters
        ----------
        layers : iterable of napari.layers.Image
            The layers.
        """
        paths: dict[Hashable, str] = {
            layer.unique_id: layer.source.path
            for layer in layers
            if layer.source.path and layer.unique_id not in self._said
        }
        # Whatever comes of it, no file is looked into twice.
        self._said |= dict.fromkeys(paths)
        self._waiting |= paths
        self._go_on()

    def is_awaited(self, layer: ImageLayer) -> bool:
        """Say whether the file of a layer may still say something.

        Parameters
        ----------
        layer : napari.layers.Image
            The layer.

        Returns
        -------
        bool
            Whether it has not been looked into yet; `changed` tells when it has.
        """
        return self._said.get(layer.unique_id, _NOTHING) is None

    def of(self, layer: ImageLayer) -> str:
        """Return the axes that the file of a layer names.

        Parameters
        ----------
        layer : napari.layers.Image
            The layer.

        Returns
        -------
        str
            One letter per dimension of the layer's array, where that is all of the file's image,
            or a channel of it; otherwise nothing.
        """
        axes, shape = self._said.get(layer.unique_id) or _NOTHING
        found = layer_data(layer).shape
        if found == shape:
            return axes
        channel = axes.find("C")
        one = shape[:channel] + shape[channel + 1 :]
        return axes.replace("C", "") if channel >= 0 and found == one else ""

    def close(self) -> None:
        """Wait for no file any more: the window is gone."""
        self._waiting.clear()
        if self._worker is not None:
            self._worker.leave()
            self._worker = None

    def _go_on(self) -> None:
        """Look into the files that wait, if none is being looked into."""
        if self._worker is not None or not self._waiting:
            return
        self._worker = Worker(partial(_read, self._waiting))
        self._waiting = {}
        self._worker.events.connect(self._on_read)
        self._worker.finished.connect(self._on_over)

    def _on_read(self, events: list[tuple[Hashable, _Said]]) -> None:
        """Keep what files have said."""
        self._said |= dict(events)
        self.changed.emit()

    def _on_over(self) -> None:
        """Go on with the layers that came meanwhile."""
        self._worker = None
        # Without an answer there is none, be it that something unforeseen has ended the thread.
        unanswered = {key for key, said in self._said.items() if said is None}
        self._said |= dict.fromkeys(unanswered - self._waiting.keys(), _NOTHING)
        self.changed.emit()
        self._go_on()


def _read(
    paths: Mapping[Hashable, str], stop: Callable[[], bool]
) -> Iterator[tuple[Hashable, _Said]]:
    """Look into files one by one; those that are gone or cannot be read say nothing."""
    for key, path in paths.items():
        if stop():
            return
        try:
            yield key, read_axes(path)
        except (Noise2SameError, OSError):
            yield key, _NOTHING
