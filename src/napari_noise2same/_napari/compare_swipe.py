"""A line to drag across two layers: noisy on its left, denoised on its right.

napari cannot clip images in its 2D view. So a copy of the denoised layer shows what is to the right
of the line: a view of the same array, cut at the line, which costs a few milliseconds per move
whatever its size. Of a multiscale layer it is a level that napari can read at once. Only napari's
public interface is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Layer, Shapes
from numpy.typing import NDArray

from napari_noise2same._napari.conversion import layer_data, level_factors
from napari_noise2same._napari.removal import remove_layer
from napari_noise2same._napari.results import CARD, LINKED, PLACING, PREVIEW, inherited, place
from napari_noise2same._napari.transforms import from_world, unit_ratios
from napari_noise2same.core.array import ArrayLike
from napari_noise2same.core.errors import ImageError

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Swipe", "as_dask"]

# On the screen: how thick the line is, and how near to it a press takes hold of it.
_WIDTH, _REACH = 3, 12
_COLOUR = "#ffd166"
# Pixels of a plane that napari may read whole, in the GUI thread.
_MOST_PIXELS = 2**24
_NO_2D = "Expected the 2D view for the swipe line, found another: switch the 3D view off."
_OTHER_AXES = "Expected the axes of the swipe line on display, found others: compare anew."


class Swipe:
    """The line and what it needs, until `close`.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer, in its 2D view.
    noisy, denoised : napari.layers.Image
        The layers to compare. Where the denoised one does not reach, the noisy one shows.
    fail : callable
        Called with the reason when the line cannot follow: to other axes, or other data.

    Attributes
    ----------
    column : int
        First column behind the line, in pixels of the level that is cut.

    Raises
    ------
    ImageError
        If the view is 3D.
    """

    def __init__(
        self,
        viewer: Viewer,
        noisy: ImageLayer,
        denoised: ImageLayer,
        fail: Callable[[BaseException], None],
    ) -> None:
        missing = viewer.dims.ndim - denoised.ndim
        if viewer.dims.ndisplay != 2 or min(viewer.dims.displayed) < missing:
            raise ImageError(_NO_2D)
        self._viewer, self._denoised, self._fail = viewer, denoised, fail
        self._noisy = noisy
        self._down, self._across = (dim - missing for dim in viewer.dims.displayed)
        self._level = _finest_level(denoised, self._down, self._across)
        self._factors = level_factors(denoised, self._level)
        self._data = _level_data(denoised, self._level)
        self.column: int = self._data.shape[self._across] // 2
        noisy.visible, denoised.visible = True, False
        active = viewer.layers.selection.active
        self._right = _copy(denoised, self._level, self._data, viewer)
        self._line = _line_layer(denoised, self._level, viewer)
        viewer.layers.selection.active = active
        viewer.layers.link_layers([denoised, self._right], LINKED)
        self._connect()
        self._draw()

    def move_to(self, position: Any) -> None:
        """Move the line.

        Parameters
        ----------
        position : sequence of float
            A point of the line, in world coordinates.
        """
        place = self._edge(position)
        column = int(np.clip(round(place), 1, self._data.shape[self._across] - 1))
        if column != self.column:
            self.column = column
            self._draw()

    def close(self) -> None:
        """Take the line and the cut copy away."""
        self._disconnect()
        for layer in (self._line, self._right):
            remove_layer(self._viewer, layer)

    def _connect(self) -> None:
        """Listen to the mouse, the sliders, the zoom and the order of the layers."""
        dims, camera = self._viewer.dims.events, self._viewer.scene.camera.events
        self._viewer.mouse_drag_callbacks.append(self._on_drag)
        dims.current_step.connect(self._draw_line)
        camera.zoom.connect(self._draw_line)
        self._denoised.events.data.connect(self._on_data)
        dims.ndisplay.connect(self._on_other_axes)
        dims.order.connect(self._on_other_axes)
        self._viewer.layers.events.reordered.connect(self._on_reordered)

    def _disconnect(self) -> None:
        """Listen no more."""
        dims, camera = self._viewer.dims.events, self._viewer.scene.camera.events
        self._viewer.mouse_drag_callbacks.remove(self._on_drag)
        dims.current_step.disconnect(self._draw_line)
        camera.zoom.disconnect(self._draw_line)
        self._denoised.events.data.disconnect(self._on_data)
        dims.ndisplay.disconnect(self._on_other_axes)
        dims.order.disconnect(self._on_other_axes)
        self._viewer.layers.events.reordered.disconnect(self._on_reordered)

    def _on_data(self) -> None:
        """Show pixels that have come, as in a result that fills; give up on another image."""
        level = _finest_level(self._denoised, self._down, self._across)
        data = _level_data(self._denoised, level)
        if level != self._level or data.shape != self._data.shape:
            self._fail(
                ImageError(
                    f"Expected an image of {self._data.shape} pixels behind the swipe line, found "
                    f"one of {data.shape}: compare anew."
                )
            )
            return
        self._data = data
        self._draw()

    def _on_other_axes(self) -> None:
        """Give up if the line stands on axes that are no longer on display."""
        missing = self._viewer.dims.ndim - self._denoised.ndim
        shown = [dim - missing for dim in self._viewer.dims.displayed]
        if len(shown) > 2:
            self._fail(ImageError(_NO_2D))
        elif shown != [self._down, self._across]:
            self._fail(ImageError(_OTHER_AXES))

    def _on_reordered(self) -> None:
        """Come back on top of the noisy layer, which would hide what is right of the line."""
        layers = self._viewer.layers
        places = [layers.index(layer) for layer in (self._noisy, self._right, self._line)]
        if places != sorted(places):
            layers.move_multiple(places[1:], len(layers))

    def _on_drag(self, viewer: Viewer, event: Any) -> Iterator[None]:
        """Drag the line if the press was on it; otherwise the view pans as always."""
        if abs(self._edge(event.position) - self.column) * self._pixels() > _REACH:
            return
        camera = viewer.scene.camera
        pans, camera.mouse_pan = camera.mouse_pan, False
        yield
        while event.type == "mouse_move":
            self.move_to(event.position)
            yield
        camera.mouse_pan = pans

    def _edge(self, position: Any) -> float:
        """Return a world position along the swiped axis, in edges between pixels."""
        return float(self._place(position)[self._across]) + 0.5

    def _place(self, position: Any) -> NDArray[Any]:
        """Return a world position in pixels of the level, whole numbers in their centres."""
        finest = from_world(self._viewer, self._denoised, position)
        return np.asarray((finest + 0.5) / self._factors - 0.5)

    def _pixels(self) -> float:
        """Return how many pixels of the screen one column spans."""
        own = self._denoised.scale * self._factors
        world = own / unit_ratios(self._viewer.dims.units, self._denoised)
        return abs(float(world[self._across])) * float(self._viewer.scene.camera.zoom)

    def _draw(self) -> None:
        """Cut the copy at the line, and draw the line."""
        cut = tuple(
            self._right_part(length) if dim == self._across else slice(0, length)
            for dim, length in enumerate(self._data.shape)
        )
        self._right.data = self._data[cut]
        self._right.translate = place(self._denoised, self._level, cut)
        self._draw_line()

    def _right_part(self, columns: int) -> slice:
        """Return the columns that are right of the line on the screen."""
        across = np.eye(self._denoised.ndim)[self._across]
        here, there = map(self._denoised.data_to_world, (0 * across, across))
        mirrored = there[self._across] < here[self._across]
        return slice(0, self.column) if mirrored else slice(self.column, columns)

    def _draw_line(self) -> None:
        """Draw the line in the current plane, as thick as ever on the screen."""
        ends = np.tile(np.round(self._place(self._viewer.dims.point)), (2, 1))
        ends[:, self._across] = self.column - 0.5
        ends[:, self._down] = [-0.5, self._data.shape[self._down] - 0.5]
        self._line.data = []
        self._line.add_lines([ends], edge_width=_WIDTH / self._pixels(), edge_color=_COLOUR)


def as_dask(data: ArrayLike, *, colours: bool) -> da.Array:
    """Wrap an array so that its planes are read one by one.

    Parameters
    ----------
    data : ArrayLike
        The array; a dask array is returned as it is.
    colours : bool
        Whether the last axis holds colours, so that a plane has three dimensions.

    Returns
    -------
    dask.array.Array
        The same values; none is read yet.
    """
    if isinstance(data, da.Array):
        return data
    plane = 3 if colours else 2
    chunks = (1,) * (len(data.shape) - plane) + ("auto",) * plane
    # Without a name dask would read the whole array to derive one.
    array: da.Array = da.from_array(data, chunks=chunks, name=False)
    return array


def _level_data(layer: ImageLayer, level: int) -> Any:
    """Return a level as napari can draw a part of it; wrapped anew, dask keeps nothing of it."""
    data = layer_data(layer, level)
    return data if isinstance(data, np.ndarray) else as_dask(data, colours=layer.rgb)


def _finest_level(layer: ImageLayer, *displayed: int) -> int:
    """Return the finest level of which a plane can be read at once; the coarsest if none can."""
    if not layer.multiscale:
        return 0
    sizes = [math.prod(shape[dim] for dim in displayed) for shape in layer.level_shapes]
    fitting = (level for level, size in enumerate(sizes) if size <= _MOST_PIXELS)
    return next(fitting, len(sizes) - 1)


def _copy(layer: ImageLayer, level: int, data: Any, viewer: Viewer) -> ImageLayer:
    """Put a layer that looks like a level, but hides what is below it, on top of the others."""
    state = inherited(layer, level)
    state.update(name="Right of the line", visible=True, blending="opaque")
    state["metadata"] = {**layer.metadata, CARD: {PREVIEW: True}}
    copy = ImageLayer(data, multiscale=False, **state)
    viewer.layers.append(copy)
    return copy


def _line_layer(layer: ImageLayer, level: int, viewer: Viewer) -> Layer:
    """Put an empty layer for the line on top, in the pixels of a level of another layer."""
    state = inherited(layer, level)
    line = Shapes(ndim=layer.ndim, name="Swipe line", **{key: state[key] for key in PLACING})
    viewer.layers.append(line)
    return line
