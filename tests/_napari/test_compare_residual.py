"""The residual: computed in a thread, only where it is looked at, and each plane once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari import Viewer
from napari.components import ViewerModel
from napari.layers import Image
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from napari_noise2same._napari.compare_dock import CompareDock
from napari_noise2same._napari.compare_residual import Difference, Planes, planes_in_view
from napari_noise2same._napari.comparison import Comparison
from napari_noise2same._napari.results import add_result
from napari_noise2same.core.errors import ImageError

TIMEOUT = 120_000
WHOLE = slice(None)


class Watched:
    """An array that knows who has read what, and can keep its readers waiting, or fail."""

    def __init__(self, data: NDArray[Any]) -> None:
        self._data = data
        self.shape, self.dtype, self.ndim = data.shape, data.dtype, data.ndim
        self.reads: list[Any] = []
        self.threads: set[int] = set()
        self.reading = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None

    def __getitem__(self, index: Any) -> Any:
        self.reads.append(index)
        self.threads.add(threading.get_ident())
        self.reading.release()
        assert self.gate.wait(TIMEOUT / 1000)
        if self.error:
            raise self.error
        return self._data[index]

    def forget(self) -> None:
        """Begin to watch."""
        self.reads.clear()
        self.threads.clear()
        self.reading = threading.Semaphore(0)

    def wait(self) -> None:
        """Wait for a reader."""
        assert self.reading.acquire(timeout=TIMEOUT / 1000)


@pytest.fixture(autouse=True)
def ended_threads() -> Iterator[None]:
    """Let threads that nobody waits for come to their end, if they do."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("noise2same"):
            thread.join(TIMEOUT / 1000)


@pytest.fixture
def stack() -> Watched:
    return Watched(np.random.default_rng(0).normal(100, 10, (9, 24, 32)))


@pytest.fixture
def pair(viewer: Viewer, stack: Watched) -> tuple[Image, Image]:
    """A stack that is watched, and its result."""
    noisy = viewer.add_image(stack, name="stack", contrast_limits=(60, 140), multiscale=False)
    denoised = add_result(viewer, noisy, np.full(stack.shape, 100, np.float32), {})
    viewer.dims.set_current_step(0, 4)
    stack.forget()
    return noisy, denoised


def start(viewer: Viewer, *pair: Image) -> tuple[Comparison, Image]:
    comparing = Comparison(viewer, *pair)
    comparing.start("residual")
    return comparing, viewer.layers[-1]


def wait_for(qtbot: QtBot, comparing: Comparison) -> None:
    """Wait until nothing is left to compute."""
    running: Any = comparing._running
    qtbot.waitUntil(lambda: running._worker is None, timeout=TIMEOUT)


def image(data: NDArray[Any], **arguments: Any) -> Image:
    return Image(data, contrast_limits=(0, 9), **arguments)


def test_residual_is_noisy_minus_denoised_around_zero(
    qtbot: QtBot, viewer: Viewer, noisy: Image
) -> None:
    denoised = add_result(viewer, noisy, np.full(noisy.data.shape, 100, np.float32), {})
    comparing, layer = start(viewer, noisy, denoised)
    wait_for(qtbot, comparing)
    low, high = layer.contrast_limits

    np.testing.assert_allclose(layer.data, noisy.data - 100)
    assert low == -high
    assert 20 < high < 40
    assert layer.contrast_limits_range == [low, high]
    np.testing.assert_allclose(layer.colormap.map(0.5)[0, :3], 0, atol=0.05)
    np.testing.assert_allclose(layer.data_to_world((3, 5)), denoised.data_to_world((3, 5)))
    assert [layer.name for layer in viewer.layers if layer.visible] == ["Residual"]
    comparing.stop()


def test_only_the_planes_that_are_shown_are_read_once_and_in_a_thread(
    qtbot: QtBot, viewer: Viewer, stack: Watched, pair: tuple[Image, Image]
) -> None:
    comparing, layer = start(viewer, *pair)
    for plane in (4, 5, 4, 7, 5):
        viewer.dims.set_current_step(0, plane)
        wait_for(qtbot, comparing)

    assert [read[0] for read in stack.reads] == [4, 5, 7]
    assert threading.get_ident() not in stack.threads
    np.testing.assert_allclose(layer.data[[4, 5, 7]], stack._data[[4, 5, 7]] - 100, atol=1e-4)
    assert not layer.data[[0, 1, 2, 3, 6, 8]].any()
    comparing.stop()


def test_what_has_come_is_drawn(qtbot: QtBot, viewer: Viewer, pair: tuple[Image, Image]) -> None:
    comparing, layer = start(viewer, *pair)
    drawn: list[float] = []
    layer.events.set_data.connect(lambda _: drawn.append(layer.data[4].max()))
    wait_for(qtbot, comparing)

    assert drawn[-1] > 10
    comparing.stop()


def test_hidden_layers_are_not_read_to_be_compared(
    qtbot: QtBot, viewer: Viewer, stack: Watched, pair: tuple[Image, Image]
) -> None:
    pair[0].visible = False
    comparing, _ = start(viewer, *pair)
    wait_for(qtbot, comparing)
    comparing.stop()

    assert threading.get_ident() not in stack.threads


def test_contrast_is_that_of_the_first_plane(
    qtbot: QtBot, viewer: Viewer, stack: Watched, pair: tuple[Image, Image]
) -> None:
    stack._data[5] *= 100
    comparing, layer = start(viewer, *pair)
    wait_for(qtbot, comparing)
    first = layer.contrast_limits
    viewer.dims.set_current_step(0, 5)
    wait_for(qtbot, comparing)

    assert 20 < first[1] < 40
    assert layer.contrast_limits == first
    comparing.stop()


def test_range_of_contrast_fits_small_differences(qtbot: QtBot, viewer: Viewer) -> None:
    noisy = viewer.add_image(np.full((8, 8), 0.02), contrast_limits=(0, 1))
    comparing, layer = start(viewer, noisy, add_result(viewer, noisy, np.zeros((8, 8)), {}))
    wait_for(qtbot, comparing)

    np.testing.assert_allclose(layer.contrast_limits_range, [-0.02, 0.02])
    comparing.stop()


def test_nothing_is_computed_after_the_end(
    qtbot: QtBot, viewer: Viewer, pair: tuple[Image, Image]
) -> None:
    comparing, layer = start(viewer, *pair)
    running: Any = comparing._running
    wait_for(qtbot, comparing)
    comparing.stop()
    viewer.dims.set_current_step(0, 8)

    assert running._worker is None
    assert layer not in viewer.layers


def test_in_3d_the_whole_volume_is_computed_and_no_plane_of_it_twice(
    qtbot: QtBot, viewer: Viewer, stack: Watched, pair: tuple[Image, Image]
) -> None:
    comparing, layer = start(viewer, *pair)
    wait_for(qtbot, comparing)
    viewer.dims.ndisplay = 3
    wait_for(qtbot, comparing)

    assert sorted(read[0] for read in stack.reads) == list(range(9))
    assert threading.get_ident() not in stack.threads
    np.testing.assert_allclose(layer.data, stack._data - 100, atol=1e-4)
    comparing.stop()


def test_the_newest_view_is_next_and_those_in_between_are_skipped(
    qtbot: QtBot, viewer: Viewer, stack: Watched, pair: tuple[Image, Image]
) -> None:
    stack.gate.clear()
    comparing, _ = start(viewer, *pair)
    stack.wait()
    for plane in (5, 6, 7, 8):
        viewer.dims.set_current_step(0, plane)
    stack.gate.set()
    wait_for(qtbot, comparing)

    assert [read[0] for read in stack.reads] == [4, 8]
    comparing.stop()


def test_view_that_changes_when_the_thread_has_just_ended_is_computed(
    qtbot: QtBot, viewer: Viewer, stack: Watched, pair: tuple[Image, Image]
) -> None:
    comparing, _ = start(viewer, *pair)
    running: Any = comparing._running
    running._worker._future.result(TIMEOUT / 1000)
    viewer.dims.set_current_step(0, 8)
    wait_for(qtbot, comparing)

    assert [read[0] for read in stack.reads] == [4, 8]
    comparing.stop()


@pytest.mark.parametrize("end", ["stop", "noisy", "denoised", "residual", "all", "viewer"])
def test_leaving_does_not_wait_and_ends_the_thread(
    qtbot: QtBot, viewer: Viewer, stack: Watched, pair: tuple[Image, Image], end: str
) -> None:
    viewer.dims.ndisplay = 3
    for layer in pair:
        layer.visible = False
    stack.forget()
    stack.gate.clear()
    comparing, residual = start(viewer, *pair)
    worker = comparing._running._worker  # type: ignore[union-attr]
    stack.wait()
    layers = {"noisy": pair[0], "denoised": pair[1], "residual": residual}
    if end in layers:
        viewer.layers.remove(layers[end])
    elif end == "all":
        viewer.layers.clear()
    elif end == "viewer":
        viewer.close()
    if end in ("stop", "viewer"):
        comparing.stop()

    assert comparing._running is None
    assert residual not in viewer.layers
    assert worker.is_running
    assert not worker._timer.isActive()
    stack.gate.set()
    qtbot.waitUntil(lambda: not worker.is_running, timeout=TIMEOUT)
    assert len(stack.reads) == 1


def test_an_error_ends_the_comparison_and_is_said_in_the_dock(
    qtbot: QtBot, viewer: Viewer, stack: Watched, pair: tuple[Image, Image]
) -> None:
    dock = CompareDock(viewer)
    dock.set_layers(*pair)
    pair[0].visible = False  # napari need not read it to go back
    stack.error = FileNotFoundError("stack.tif is gone")
    dock.buttons["residual"].click()
    assert dock.mode == "residual"
    qtbot.waitUntil(lambda: dock.mode is None, timeout=TIMEOUT)

    assert "stack.tif is gone" in dock.message.value()
    assert [layer.name for layer in viewer.layers] == ["stack", "stack [n2s]"]
    stack.error = None
    dock.buttons["residual"].click()
    assert dock.message.value() == ""
    qtbot.waitUntil(lambda: viewer.layers[-1].data.any(), timeout=TIMEOUT)
    dock.close()


def test_residual_of_a_result_that_fills_is_computed_anew(qtbot: QtBot, viewer: Viewer) -> None:
    noisy = viewer.add_image(np.full((9, 9), 100.0), contrast_limits=(0, 200))
    denoised = add_result(viewer, noisy, np.zeros((9, 9), np.float32), {})
    comparing, layer = start(viewer, noisy, denoised)
    wait_for(qtbot, comparing)
    # As a run does that fills the array.
    denoised.data[:] = 98
    denoised.events.data(value=denoised.data)
    wait_for(qtbot, comparing)

    assert (layer.data == 2).all()
    assert layer.contrast_limits == [-2, 2]
    denoised.data = np.full((9, 9), 97)
    wait_for(qtbot, comparing)
    assert (layer.data == 3).all()
    comparing.stop()


def test_plane_that_was_read_before_the_result_filled_is_computed_again(
    qtbot: QtBot, viewer: Viewer, stack: Watched, pair: tuple[Image, Image]
) -> None:
    stack.gate.clear()
    comparing, layer = start(viewer, *pair)
    stack.wait()
    denoised = pair[1]
    denoised.data[:] = 50
    denoised.events.data(value=denoised.data)
    stack.gate.set()
    wait_for(qtbot, comparing)

    assert [read[0] for read in stack.reads] == [4, 4]
    np.testing.assert_allclose(layer.data[4], stack._data[4] - 50, atol=1e-4)
    comparing.stop()


def test_comparison_ends_with_other_pixels(viewer: Viewer, pair: tuple[Image, Image]) -> None:
    comparing, layer = start(viewer, *pair)
    pair[1].data = np.zeros((9, 5, 5))

    assert comparing._running is None
    assert layer not in viewer.layers


def test_lazy_stacks_are_read_plane_by_plane(qtbot: QtBot, viewer: Viewer) -> None:
    reads: list[int] = []

    def read(block: Any) -> Any:
        reads.append(block.size)
        return block

    lazy = da.zeros((40, 16, 16), chunks=(1, 16, 16)).map_blocks(read, dtype=float)
    noisy = viewer.add_image(lazy, contrast_limits=(0, 1))
    denoised = add_result(viewer, noisy, np.ones((40, 16, 16)), {})
    viewer.dims.set_current_step(0, 7)
    reads.clear()
    comparing, layer = start(viewer, noisy, denoised)
    wait_for(qtbot, comparing)

    assert reads == [256]
    assert (layer.data[7] == -1).all()
    comparing.stop()


def test_small_differences_of_large_integers_are_kept() -> None:
    before, after = np.full((8, 8), 2**30 + 3), np.full((8, 8), 2**30)
    difference = Difference(*map(image, (before, after)))[:, :]

    assert (difference == 3).all()
    assert difference.dtype == np.float32


def test_unsigned_integers_may_differ_below_zero() -> None:
    before, after = np.full((8, 8), 3, np.uint8), np.full((8, 8), 5, np.uint8)

    assert Difference(image(before), image(after))[2:3, 0:2].tolist() == [[-2.0, -2.0]]


def test_colours_are_averaged(qtbot: QtBot, viewer: Viewer) -> None:
    before, after = np.random.default_rng(0).integers(0, 255, (2, 4, 16, 16, 3), np.uint8)
    layers = [viewer.add_image(data, rgb=True) for data in (before, after)]
    comparing, layer = start(viewer, *layers)
    wait_for(qtbot, comparing)

    expected = (before.astype(float) - after).mean(axis=-1)
    shown = int(viewer.dims.current_step[0])
    assert layer.data.shape == (4, 16, 16)
    np.testing.assert_allclose(layer.data[shown], expected[shown], atol=1e-4)
    comparing.stop()


def test_region_of_a_level_is_compared_with_its_place(viewer: Viewer) -> None:
    levels = [np.random.default_rng(i).random((64 >> i, 64 >> i)) for i in range(2)]
    noisy = viewer.add_image(levels, multiscale=True)
    region = (slice(4, 20), slice(8, 32))
    denoised = add_result(viewer, noisy, np.ones((16, 24)), {}, level=1, region=region)

    np.testing.assert_allclose(
        Difference(noisy, denoised)[WHOLE, WHOLE], levels[1][4:20, 8:32] - 1, atol=1e-6
    )


@pytest.mark.parametrize("value", [1.0, np.nan])
def test_constant_images_can_be_shown(qtbot: QtBot, viewer: Viewer, value: float) -> None:
    layers = [
        viewer.add_image(np.full((8, 8), level), contrast_limits=(0, 1)) for level in (value, 1)
    ]
    comparing, layer = start(viewer, *layers)
    wait_for(qtbot, comparing)

    assert layer.contrast_limits == [-1, 1]
    comparing.stop()


class Vast(Difference):
    """More pixels than an address can point at."""

    def __init__(self) -> None:
        self.shape = (10**6,) * 3


def test_residual_beyond_memory_is_refused() -> None:
    with pytest.raises(ImageError, match="fits into memory"):
        Planes(Vast())


def shown_plane(layer: Image) -> list[int | None]:
    """What napari itself has cut out of a layer."""
    point = layer._slicing_state.data_slice.point
    return [None if np.isnan(place) else round(place) for place in point]


PLACES: list[dict[str, Any]] = [
    {},
    {"scale": (0.5, 2, 3), "translate": (-7, 1, 2)},
    {"scale": (1e-3,) * 3, "units": ("um",) * 3},
    {"shear": [0, 0, 0.4], "translate": (2, 3, 4)},
    {"rotate": 90},
]


@pytest.mark.parametrize("arguments", PLACES, ids=["plain", "scaled", "units", "sheared", "turned"])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")
def test_planes_are_those_that_napari_shows(
    arguments: dict[str, Any], order: tuple[int, ...]
) -> None:
    viewer = ViewerModel()
    if "units" in arguments:
        viewer.add_image(np.zeros((9, 9, 9)), units=("nm",) * 3)
    layer = viewer.add_image(np.zeros((9, 9, 9)), **arguments)
    viewer.dims.order = order
    axis = order[0]
    start, stop, _ = viewer.dims.range[axis]
    for fraction in (0.4, 0.6):
        viewer.dims.set_point(axis, start + fraction * (stop - start))
        assert list(map(list, planes_in_view(viewer, layer))) == [shown_plane(layer)]


def test_layer_of_fewer_axes_than_the_viewer_has_one_plane() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((5, 9, 9)))
    layer = viewer.add_image(np.zeros((9, 9)))
    for order in ((0, 1, 2), (1, 0, 2)):
        viewer.dims.order = order
        assert planes_in_view(viewer, layer) == [(None, None)]


def test_nothing_is_wanted_where_the_layer_does_not_reach() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((20, 9, 9)))
    layer = viewer.add_image(np.zeros((5, 9, 9)))
    viewer.dims.set_current_step(0, 12)
    assert planes_in_view(viewer, layer) == []
    viewer.dims.set_current_step(0, 4)
    assert planes_in_view(viewer, layer) == [(4, None, None)]


def test_volume_of_one_frame_is_wanted_in_3d() -> None:
    viewer = ViewerModel()
    layer = viewer.add_image(np.zeros((3, 2, 9, 9)))
    viewer.dims.set_current_step(0, 1)
    viewer.dims.ndisplay = 3

    assert planes_in_view(viewer, layer) == [(1, 0, None, None), (1, 1, None, None)]
