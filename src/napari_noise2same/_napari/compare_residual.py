"""What denoising took away: noisy minus denoised, computed in a thread where it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image as ImageLayer
from napari.utils import Colormap
from numpy.typing import NDArray

from napari_noise2same._napari.conversion import layer_data
from napari_noise2same._napari.removal import remove_layer
from napari_noise2same._napari.results import CARD, PLACING, PREVIEW
from napari_noise2same._napari.transforms import from_world
from napari_noise2same._napari.worker import Worker
from napari_noise2same.core.array import Window
from napari_noise2same.core.errors import ImageError

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Difference", "Planes", "Residual", "planes_in_view"]

# Where a plane lies along each axis; None along those that it spans.
Plane = tuple[int | None, ...]

# Black in the middle: where nothing was taken away nothing shows, on napari's dark canvas.
_COLOURS = Colormap(
    [[0.45, 0.75, 1, 1], [0.1, 0.3, 0.8, 1], [0, 0, 0, 1], [0.8, 0.3, 0.05, 1], [1, 0.8, 0.4, 1]],
    name="blue-orange",
)
# The pixels that decide about the contrast: enough for a percentile, and found at once.
_SAMPLE_SIDE = 256
_PERCENTILE = 99.5


class Difference:
    """Noisy minus denoised, in the unit of the pixels; nothing is read before it is indexed.

    Parameters
    ----------
    noisy : napari.layers.Image
        The noisy layer.
    denoised : napari.layers.Image
        A layer of as many pixels, or a result of a level or a region of the noisy one.

    Attributes
    ----------
    shape : tuple of int
        Length of each axis of the layers; colours are averaged.

    Raises
    ------
    ImageError
        If their pixels do not correspond.
    """

    def __init__(self, noisy: ImageLayer, denoised: ImageLayer) -> None:
        card = denoised.metadata.get(CARD, {})
        before, after = layer_data(noisy, card.get("level", 0)), layer_data(denoised)
        if card.get("region"):
            before = Window(before, tuple(slice(*part) for part in card["region"]))
        if before.shape != after.shape:
            raise ImageError(
                f"Expected two layers of as many pixels, found {before.shape} and {after.shape}: "
                "choose the layer that the other was made from."
            )
        self._before, self._after, self._colours = before, after, denoised.rgb
        self.shape = tuple(after.shape[: denoised.ndim])

    def __getitem__(self, index: tuple[int | slice, ...]) -> NDArray[np.float32]:
        """Read and subtract a part, given by one integer or slice per axis."""
        before, after = (np.asarray(data[index]) for data in (self._before, self._after))
        # Large integers differ by less than float32 tells apart.
        difference: NDArray[np.float64] = np.subtract(before, after, dtype=np.float64)
        return np.asarray(difference.mean(axis=-1) if self._colours else difference, np.float32)


class Planes:
    """Computes the planes of a difference that are wanted, each of them once.

    Knows neither viewer nor layer, so that its thread keeps none of them alive.

    Parameters
    ----------
    difference : Difference
        What to compute.

    Attributes
    ----------
    difference : Difference
        What to compute by now.
    values : ndarray of float32
        What is computed, and 0 elsewhere. Takes memory only where it was written.
    wanted : sequence of Plane
        What to compute, the first one first; may be replaced at any time.

    Raises
    ------
    ImageError
        If the system refuses to set so much memory aside.
    """

    def __init__(self, difference: Difference) -> None:
        try:
            self.values = np.zeros(difference.shape, np.float32)
        except MemoryError as error:
            raise ImageError(
                f"Expected a residual that fits into memory, found one of {difference.shape} "
                "pixels: denoise a region, and compare that."
            ) from error
        self.wanted: Sequence[Plane] = ()
        self.renew(difference)

    def renew(self, difference: Difference) -> None:
        """Compute all that is wanted again.

        Parameters
        ----------
        difference : Difference
            What to compute from now on, of the same shape.
        """
        self.difference = difference
        self._done: set[Plane] = set()

    @property
    def missing(self) -> Plane | None:
        """The first plane that is wanted and not yet computed."""
        return next((plane for plane in self.wanted if plane not in self._done), None)

    def compute(self, stop: Callable[[], bool]) -> Iterator[tuple[Difference, float]]:
        """Compute until nothing that is wanted is missing.

        Parameters
        ----------
        stop : callable
            Says, before each plane, whether to stop.

        Yields
        ------
        tuple of (Difference, float)
            For each plane what was computed, and a size that hardly any of its values exceeds.
        """
        while not stop() and (plane := self.missing) is not None:
            index = tuple(slice(None) if place is None else place for place in plane)
            # If it is renewed meanwhile, this plane counts as computed for the old one alone.
            difference, done = self.difference, self._done
            self.values[index] = difference[index]
            done.add(plane)
            yield difference, _typical_size(self.values[index])


class Residual:
    """A layer of noisy minus denoised on top of the others, until `close`.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    noisy, denoised : napari.layers.Image
        As for `Difference`.
    fail : callable
        Called with the exception if the layers cannot be read; nothing is computed after it.

    Raises
    ------
    ImageError
        If the pixels of the layers do not correspond, or are too many.
    """

    def __init__(
        self,
        viewer: Viewer,
        noisy: ImageLayer,
        denoised: ImageLayer,
        fail: Callable[[BaseException], None],
    ) -> None:
        self._viewer, self._fail = viewer, fail
        self._pair = (noisy, denoised)
        self._planes = Planes(Difference(noisy, denoised))
        self._layer = _add_layer(viewer, self._planes.values, denoised)
        self._worker: Worker | None = None
        self._has_contrast = False
        viewer.dims.events.connect(self._on_view)
        for layer in self._pair:
            layer.events.data.connect(self._on_data)
        self._on_view()

    def close(self) -> None:
        """Take the layer away; the plane under way is computed to its end, for nobody."""
        self._viewer.dims.events.disconnect(self._on_view)
        for layer in self._pair:
            layer.events.data.disconnect(self._on_data)
        self._planes.wanted = ()
        if self._worker is not None:
            self._worker.leave()
            self._worker = None
        remove_layer(self._viewer, self._layer)

    def _on_view(self) -> None:
        """Want what is in view now, and nothing else any more."""
        self._planes.wanted = planes_in_view(self._viewer, self._layer)
        self._go_on()

    def _on_data(self) -> None:
        """Compute anew what is in view: there are other pixels, as in a result that fills."""
        try:
            difference = Difference(*self._pair)
        except ImageError as error:
            self._fail(error)
            return
        self._planes.renew(difference)
        self._has_contrast = False
        self._go_on()

    def _go_on(self) -> None:
        """Compute what is missing; a thread that is at work finds it by itself."""
        if self._worker is None and self._planes.missing is not None:
            self._worker = Worker(self._planes.compute)
            self._worker.events.connect(self._on_events)
            self._worker.failed.connect(self._fail)
            self._worker.finished.connect(self._on_over)

    def _on_events(self, events: list[tuple[Difference, float]]) -> None:
        """Show the planes that have come, in the contrast of the first of them."""
        sizes = [size for difference, size in events if difference is self._planes.difference]
        if sizes and not self._has_contrast:
            self._layer.contrast_limits_range = (-sizes[0], sizes[0])
            self._layer.contrast_limits = (-sizes[0], sizes[0])
            self._has_contrast = True
        self._layer.refresh(extent=False)

    def _on_over(self) -> None:
        """See whether the view has changed at the last moment."""
        self._worker = None
        self._go_on()


def planes_in_view(viewer: Viewer, layer: ImageLayer) -> list[Plane]:
    """Say which planes of an image layer the canvas shows.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    layer : napari.layers.Image
        A layer that is not multiscale.

    Returns
    -------
    list of Plane
        The one on display; in 3D display all those of the volume along the first of its axes;
        none if the sliders stand outside of the layer.
    """
    shape = layer.data.shape[: layer.ndim]
    missing = viewer.dims.ndim - layer.ndim
    order = [axis - missing for axis in viewer.dims.order if axis >= missing]
    displayed = order[-viewer.dims.ndisplay :]
    # As napari has it: what is displayed has no say in where the other axes are cut.
    point = np.array(viewer.dims.point)[-layer.ndim :]
    point[displayed] = 0
    places = np.rint(from_world(viewer, layer, point)).astype(int).tolist()
    plane = [None if axis in displayed else place for axis, place in enumerate(places)]
    if any(
        place is not None and not 0 <= place < length
        for place, length in zip(plane, shape, strict=True)
    ):
        return []
    if len(displayed) < 3:
        return [tuple(plane)]
    first = min(displayed)
    return [(*plane[:first], place, *plane[first + 1 :]) for place in range(shape[first])]


def _add_layer(viewer: Viewer, values: NDArray[np.float32], denoised: ImageLayer) -> ImageLayer:
    """Put a layer for a residual on top, at the place of the denoised one."""
    state: dict[str, Any] = denoised.as_layer_data_tuple()[1]
    layer = ImageLayer(
        values,
        **{key: state[key] for key in PLACING},
        name="Residual",
        colormap=_COLOURS,
        contrast_limits=(-1, 1),
        metadata={CARD: {PREVIEW: True}},
        multiscale=False,
        rgb=False,
    )
    viewer.layers.append(layer)
    return layer


def _typical_size(plane: NDArray[np.float32]) -> float:
    """Return a value that hardly any pixel in the middle of a plane exceeds."""
    centre = tuple(
        slice(max(0, (n - _SAMPLE_SIDE) // 2), (n + _SAMPLE_SIDE) // 2) for n in plane.shape
    )
    sample = np.abs(plane[centre])
    finite = sample[np.isfinite(sample)]
    limit = float(np.percentile(finite, _PERCENTILE)) if finite.size else 0.0
    return limit or 1.0
