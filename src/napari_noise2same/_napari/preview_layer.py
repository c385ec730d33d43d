"""The layer that shows what a model makes of what is in view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from napari.layers import Image as ImageLayer
from numpy.typing import NDArray

from napari_noise2same._napari.conversion import layer_data
from napari_noise2same._napari.cropping import CONTEXT, crop
from napari_noise2same._napari.regions import visible_region
from napari_noise2same._napari.removal import remove_layer
from napari_noise2same._napari.results import (
    CARD,
    LINKED,
    PREVIEW,
    add_result,
    cover,
    follow,
    placement,
)
from napari_noise2same.core.array import Region, Window
from napari_noise2same.core.errors import Noise2SameError
from napari_noise2same.core.io import Image

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["PreviewLayer"]

_SUFFIX = " [n2s preview]"
# Largest side of what a network is shown. For a 3D one, which sees neighbours as well: together no
# more pixels than of one plane for a 2D network.
_SIDES = {False: 512, True: 168}
# As many pixels in the 3D view, where a volume is shown.
_SIDE_3D = 64


class PreviewLayer:
    """Shows a result on what is in view of a layer.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    source : napari.layers.Image
        The layer that is looked at.
    image : Image
        That layer as the engine sees it.
    suffix : str
        What the name of the preview has behind that of the layer.
    depth : str
        Axis along which the network looks at neighbours, or nothing.
    """

    def __init__(
        self,
        viewer: Viewer,
        source: ImageLayer,
        image: Image,
        suffix: str = _SUFFIX,
        *,
        depth: str = "",
    ) -> None:
        self._viewer = viewer
        self._source = source
        self._image = image
        self._suffix = suffix
        self._depth = depth
        self._layer: ImageLayer | None = None
        # What of the source it shows, and where that has it lie.
        self._region: Region | None = None
        self._placed: Mapping[str, Any] = {}

    @property
    def deleted(self) -> bool:
        """Whether the user has deleted the preview."""
        return self._layer is not None and self._layer not in self._viewer.layers

    @property
    def fits(self) -> bool:
        """Whether the layer is there with the image: not after the user has given it other data."""
        same = layer_data(self._source) is self._image.data
        return same and self._source in self._viewer.layers

    def region(self) -> Region | None:
        """Return the part that is in view; None if there is nothing to preview."""
        if self.deleted or not self.fits:
            return None
        side = _SIDE_3D if self._viewer.dims.ndisplay == 3 else _SIDES[bool(self._depth)]
        try:
            return visible_region(self._viewer, self._source, self._image.axes, max_side=side)
        except Noise2SameError:
            # The layer lies outside of what is in view.
            return None

    def request(self) -> Image | None:
        """Return what is in view with its context, not yet read; None if there is nothing."""
        region = self.region()
        return None if region is None else self.piece(region)

    def piece(self, region: Region) -> Image:
        """Return a part of the image with its context, not yet read.

        Parameters
        ----------
        region : tuple of slice
            What `region` has returned.

        Returns
        -------
        Image
            The part; its data are a `Window`.
        """
        return crop(self._image, region, depth=self._depth, context=CONTEXT)

    def show(self, window: Window, result: NDArray[Any], step: int) -> None:
        """Show a result, which may have been asked for some time ago.

        Parameters
        ----------
        window : Window
            Which part of the image it is.
        result : ndarray
            Its denoised pixels, those of the context as well.
        step : int
            Steps that the model had done.
        """
        if self.deleted or not self.fits:
            return
        self._region, result = window.wanted, window.keep(result)
        if self._layer is None:
            self._layer = self._add(result)
        else:
            self._layer.data = result
            self._follow()
        self._layer.metadata[CARD]["step"] = step

    def close(self) -> None:
        """Take the preview out of the viewer."""
        if self._layer is None:
            return
        for events in self._cuts():
            events.disconnect(self._follow)
        remove_layer(self._viewer, self._layer)
        self._layer = None

    def _add(self, result: NDArray[Any]) -> ImageLayer:
        """Add the layer, which hides its source but changes nothing of it."""
        name, selection = self._source.name + self._suffix, self._viewer.layers.selection
        active = selection.active
        layer = add_result(
            self._viewer, self._source, result, {PREVIEW: True}, name=name, region=self._region
        )
        cover(layer)
        selection.active = active
        if not self._source.rgb:
            self._viewer.layers.link_layers([self._source, layer], LINKED)
        for events in self._cuts():
            events.connect(self._follow)
        self._placed = placement(self._source, 0, self._region)
        return layer

    def _cuts(self) -> tuple[Any, ...]:
        """Return the events after which the 3D view cuts through the source elsewhere."""
        return self._source.plane.events, self._source.experimental_clipping_planes.events

    def _follow(self) -> None:
        """Move the layer as its source was moved, or cut."""
        if self._layer is None or not self.fits:
            return
        placed = placement(self._source, 0, self._region)
        follow(self._layer, self._placed, placed)
        self._placed = placed
