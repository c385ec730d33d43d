"""Two layers compared: side by side, under a swipe line, blinking, or as their difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from napari.layers import Image as ImageLayer
from napari.layers import Layer
from napari.settings import get_plugin_settings
from qtpy.QtCore import QTimer

from napari_noise2same._napari.commands import PLUGIN
from napari_noise2same._napari.compare_residual import Residual
from napari_noise2same._napari.compare_swipe import Swipe
from napari_noise2same.core.errors import ImageError

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Comparison", "Mode"]

Mode = Literal["grid", "swipe", "blink", "residual"]

# Whether the noisy and the denoised layer show at first; a swipe shows a copy of the latter.
_SHOWN: dict[Mode, tuple[bool, bool]] = {
    "grid": (True, True),
    "swipe": (True, False),
    "blink": (False, True),
    "residual": (False, False),
}
# Pixels of the screen between the two views side by side.
_GAP = 4


class _Closable(Protocol):
    """A way of comparing that is going on."""

    def close(self) -> None:
        """Take away all that it has added."""


@dataclass(frozen=True)
class _Look:
    """What a comparison changes in a viewer."""

    visible: dict[Layer, bool]
    selected: frozenset[Layer]
    active: Layer | None
    grid: dict[str, Any]
    mouse_pan: bool

    @classmethod
    def of(cls, viewer: Viewer) -> _Look:
        """Remember how a viewer looks."""
        selection = viewer.layers.selection
        grid = viewer.canvas.grid
        return cls(
            visible={layer: layer.visible for layer in viewer.layers},
            selected=frozenset(selection),
            active=selection.active,
            grid={name: getattr(grid, name) for name in ("enabled", "shape", "stride", "spacing")},
            mouse_pan=viewer.scene.camera.mouse_pan,
        )

    def restore(self, viewer: Viewer) -> None:
        """Make a viewer look so again, as far as its layers are still there."""
        for layer, visible in self.visible.items():
            if layer in viewer.layers:
                layer.visible = visible
        viewer.layers.selection.clear()
        viewer.layers.selection.update(self.selected & set(viewer.layers))
        if self.active in viewer.layers:
            viewer.layers.selection.active = self.active
            viewer.layers.selection.update(self.selected & set(viewer.layers))
        viewer.canvas.grid.update(self.grid)
        viewer.scene.camera.mouse_pan = self.mouse_pan


class Comparison:
    """One way at a time of looking at two layers; `stop` leaves the viewer as it was.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    noisy, denoised : napari.layers.Image
        Two of its layers.
    on_stop : callable
        Called whenever a comparison has ended, also by itself, as when a layer was removed.
    on_fail : callable
        Called with the exception after a comparison has ended because a layer cannot be read, or
        because the swipe line cannot follow to other axes, to the 3D view or to other data.
    """

    def __init__(
        self,
        viewer: Viewer,
        noisy: ImageLayer,
        denoised: ImageLayer,
        on_stop: Callable[[], None] = lambda: None,
        on_fail: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        self._viewer, self._noisy, self._denoised = viewer, noisy, denoised
        self._on_stop, self._on_fail = on_stop, on_fail
        self._look: _Look | None = None
        self._running: _Closable | None = None

    def start(self, mode: Mode) -> None:
        """Compare, instead of however the layers are compared now.

        Parameters
        ----------
        mode : {"grid", "swipe", "blink", "residual"}
            Side by side, a line to drag across, in turn, or noisy minus denoised as a layer.

        Raises
        ------
        ImageError
            If a layer is gone, if they are the same, if their pixels do not correspond
            (residual), if the view is 3D (swipe), or if what shows one shows another.
        """
        self.stop()
        self._check()
        self._look = _Look.of(self._viewer)
        self._viewer.layers.events.removed.connect(self._on_removed)
        # Of a residual's layers napari need read nothing, as it does of those that show.
        shown = () if mode == "residual" else (self._noisy, self._denoised)
        try:
            for layer in self._viewer.layers:
                layer.visible = layer in shown
            self._running = self._begin(mode)
            self._check_shown(mode)
        except ImageError:
            self.stop()
            raise
        self._viewer.layers.events.inserted.connect(self._on_inserted)

    def stop(self) -> None:
        """Go back: the viewer is as it was before `start`."""
        if self._look is None:
            return
        look, self._look = self._look, None
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._viewer.layers.events.inserted.disconnect(self._on_inserted)
        if self._running is not None:
            self._running.close()
            self._running = None
        look.restore(self._viewer)
        self._on_stop()

    def _begin(self, mode: Mode) -> _Closable | None:
        """Change the viewer, and return what takes away whatever was added to it."""
        viewer, noisy, denoised = self._viewer, self._noisy, self._denoised
        if mode == "swipe":
            return Swipe(viewer, noisy, denoised, self._fail)
        if mode == "blink":
            return _Blink(noisy, denoised)
        if mode == "residual":
            return Residual(viewer, noisy, denoised, self._fail)
        # napari moves all views of a grid together.
        viewer.canvas.grid.update({"enabled": True, "shape": (1, 2), "stride": 1, "spacing": _GAP})
        return None

    def _fail(self, error: BaseException) -> None:
        """Go back, and pass on why."""
        self.stop()
        self._on_fail(error)

    def _check(self) -> None:
        """Refuse what cannot be compared."""
        layers = self._viewer.layers
        if self._noisy not in layers or self._denoised not in layers:
            raise ImageError("Expected two layers of the viewer, found that one is gone.")
        if self._noisy is self._denoised:
            raise ImageError("Expected two layers to compare, found one: choose another.")

    def _check_shown(self, mode: Mode) -> None:
        """Refuse layers that show and hide others."""
        assert self._look is not None
        pair = zip((self._noisy, self._denoised), _SHOWN[mode], strict=True)
        wanted = {layer for layer, shows in pair if shows}
        if {layer for layer in self._look.visible if layer.visible} != wanted:
            raise ImageError(
                "Expected layers that can be shown one without the other, found that they are "
                "linked: unlink them by a right click in the layer list."
            )

    def _on_inserted(self, event: Any) -> None:
        """Hide an image that comes meanwhile, such as a preview, until the comparison ends."""
        layer = event.value
        if self._look is not None and layer not in self._look.visible:
            self._look.visible[layer] = layer.visible
            # What the user draws is to be seen.
            layer.visible = layer.visible and not isinstance(layer, ImageLayer)

    def _on_removed(self, event: Any) -> None:
        """Stop when a layer that is compared, or that serves the comparison, is gone."""
        if self._look is None:
            return
        # All but the layers that the way of comparing itself has put in.
        known = self._look.visible.pop(event.value, None) is not None
        if not known or event.value in (self._noisy, self._denoised):
            self.stop()


class _Blink:
    """One after the other, in the same place."""

    def __init__(self, noisy: ImageLayer, denoised: ImageLayer) -> None:
        self._pair = (noisy, denoised)
        self._timer = QTimer()
        self._timer.timeout.connect(self.turn)
        self._timer.start(_blink_milliseconds())
        noisy.visible = False

    def turn(self) -> None:
        """Show the other one."""
        noisy, denoised = self._pair
        noisy.visible, denoised.visible = denoised.visible, noisy.visible

    def close(self) -> None:
        """Stop the timer."""
        self._timer.stop()


def _blink_milliseconds() -> int:
    """Return the interval that napari's preferences hold for this plugin."""
    milliseconds: int = get_plugin_settings(PLUGIN).compare.blink_milliseconds
    return milliseconds
