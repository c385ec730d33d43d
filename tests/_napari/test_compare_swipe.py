from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image
from napari.utils._proxies import ReadOnlyWrapper
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari.compare_swipe import Swipe, as_dask
from napari_noise2same._napari.results import add_result
from napari_noise2same.core.errors import ImageError


@pytest.fixture
def denoised(viewer: Viewer, noisy: Image) -> Image:
    data = np.arange(48 * 64, dtype=np.float32).reshape(48, 64)
    return add_result(viewer, noisy, data, {})


def swipe(viewer: Viewer, noisy: Image, denoised: Image) -> tuple[Swipe, list[BaseException]]:
    stopped: list[BaseException] = []
    return Swipe(viewer, noisy, denoised, stopped.append), stopped


def line_ends(viewer: Viewer) -> Any:
    line = viewer.layers["Swipe line"]
    return np.array([line.data_to_world(end) for end in line.data[0]])


def test_right_of_the_line_is_the_denoised_image_at_its_place(
    viewer: Viewer, noisy: Image, denoised: Image
) -> None:
    moving, _ = swipe(viewer, noisy, denoised)
    moving.move_to(denoised.data_to_world((10, 39.6)))
    right = viewer.layers[-2]

    assert moving.column == 40
    np.testing.assert_array_equal(right.data, denoised.data[:, 40:])
    np.testing.assert_allclose(right.data_to_world((3, 0)), denoised.data_to_world((3, 40)))
    assert np.shares_memory(right.data, denoised.data)
    assert [layer.visible for layer in (noisy, denoised, right)] == [True, False, True]
    moving.close()


@pytest.mark.parametrize("place", [{"scale": (1, -2)}, {"rotate": 170}])
def test_right_is_right_in_a_mirrored_image(viewer: Viewer, place: dict[str, Any]) -> None:
    data = np.arange(12.0).reshape(2, 6)
    noisy = viewer.add_image(data, **place)
    moving, _ = swipe(viewer, noisy, add_result(viewer, noisy, data, {}))
    moving.move_to(noisy.data_to_world((0, 1.5)))

    np.testing.assert_array_equal(viewer.layers[-2].data, data[:, :2])
    moving.close()


def test_line_runs_along_the_cut(viewer: Viewer, noisy: Image, denoised: Image) -> None:
    moving, _ = swipe(viewer, noisy, denoised)
    expected = [denoised.data_to_world(end) for end in ((-0.5, 31.5), (47.5, 31.5))]

    np.testing.assert_allclose(line_ends(viewer), expected)
    moving.close()


@pytest.mark.parametrize(("column", "cut"), [(-100, 1), (500, 63)])
def test_line_stays_on_the_image(
    viewer: Viewer, noisy: Image, denoised: Image, column: float, cut: int
) -> None:
    moving, _ = swipe(viewer, noisy, denoised)
    moving.move_to(denoised.data_to_world((10, column)))

    assert moving.column == cut
    moving.close()


def press(viewer: Viewer, kind: str, position: Any) -> None:
    """What napari does when the mouse is pressed, moved or released over the canvas."""
    run: dict[str, Callable[..., None]] = {
        "mouse_press": mouse_press_callbacks,
        "mouse_move": mouse_move_callbacks,
        "mouse_release": mouse_release_callbacks,
    }
    event = SimpleNamespace(
        type=kind, position=position, is_dragging=kind == "mouse_move", modifiers=(), handled=False
    )
    run[kind](viewer, ReadOnlyWrapper(event, exceptions=("handled",)))


def test_line_is_dragged_and_the_view_does_not_pan(
    viewer: Viewer, noisy: Image, denoised: Image
) -> None:
    moving, _ = swipe(viewer, noisy, denoised)
    press(viewer, "mouse_press", denoised.data_to_world((20, 32)))
    assert not viewer.scene.camera.mouse_pan
    for column in (33, 45, 50):
        press(viewer, "mouse_move", denoised.data_to_world((25, column - 0.5)))
        assert moving.column == column
    press(viewer, "mouse_release", denoised.data_to_world((25, 50)))
    assert viewer.scene.camera.mouse_pan

    press(viewer, "mouse_move", denoised.data_to_world((25, 10)))
    assert moving.column == 50
    moving.close()


def test_view_pans_away_from_the_line(viewer: Viewer, noisy: Image, denoised: Image) -> None:
    moving, _ = swipe(viewer, noisy, denoised)
    away = moving.column + 20 / (0.1 * viewer.scene.camera.zoom)
    press(viewer, "mouse_press", denoised.data_to_world((20, away)))
    press(viewer, "mouse_move", denoised.data_to_world((20, 50)))

    assert viewer.scene.camera.mouse_pan
    assert moving.column == 32
    press(viewer, "mouse_release", denoised.data_to_world((20, 50)))
    moving.close()


def test_line_is_as_thick_at_any_zoom(viewer: Viewer, noisy: Image, denoised: Image) -> None:
    moving, _ = swipe(viewer, noisy, denoised)
    (thick,) = viewer.layers["Swipe line"].edge_width
    viewer.scene.camera.zoom *= 4
    (thin,) = viewer.layers["Swipe line"].edge_width

    assert thick == pytest.approx(4 * thin)
    moving.close()


def test_contrast_of_the_selected_layer_changes_what_is_seen(
    viewer: Viewer, noisy: Image, denoised: Image
) -> None:
    moving, _ = swipe(viewer, noisy, denoised)
    right = viewer.layers[-2]
    denoised.contrast_limits = (90, 99)
    denoised.colormap = "green"

    assert right.contrast_limits == [90, 99]
    assert right.colormap.name == "green"
    moving.close()
    right.gamma = 0.1
    assert denoised.gamma == 0.7


def test_result_that_fills_is_seen_to_fill(viewer: Viewer, noisy: Image, denoised: Image) -> None:
    moving, stopped = swipe(viewer, noisy, denoised)
    right = viewer.layers[-2]
    drawn: list[float] = []
    right.events.set_data.connect(lambda _event: drawn.append(float(right.data.max())))
    denoised.data[:] = 7
    denoised.events.data(value=denoised.data)

    assert drawn[-1] == 7
    denoised.data = denoised.data + 1
    assert np.shares_memory(right.data, denoised.data)
    assert not stopped
    denoised.data = denoised.data[:9]
    assert "found one of (9, 64)" in str(stopped[0])
    moving.close()


def test_line_follows_the_sliders_and_the_order_of_axes(viewer: Viewer) -> None:
    noisy = viewer.add_image(np.zeros((9, 20, 30)))
    denoised = add_result(viewer, noisy, np.ones((9, 20, 30)), {})
    viewer.dims.order = (2, 0, 1)
    viewer.dims.set_current_step(2, 4)
    moving, _ = swipe(viewer, noisy, denoised)

    np.testing.assert_allclose(line_ends(viewer), [[-0.5, 9.5, 4], [8.5, 9.5, 4]])
    assert viewer.layers[-2].data.shape == (9, 10, 30)
    viewer.dims.set_current_step(2, 8)
    np.testing.assert_allclose(line_ends(viewer), [[-0.5, 9.5, 8], [8.5, 9.5, 8]])
    moving.close()


def test_lazy_result_is_cut_without_reading_it(viewer: Viewer) -> None:
    reads: list[int] = []

    def read(block: Any) -> Any:
        reads.append(block.size)
        return block

    lazy = da.zeros((40, 16, 16), chunks=(1, 16, 16)).map_blocks(read, dtype=float)
    noisy = viewer.add_image(np.zeros((40, 16, 16)))
    denoised = add_result(viewer, noisy, lazy, {})
    reads.clear()
    moving, _ = swipe(viewer, noisy, denoised)

    assert sum(reads) <= 8 * 256
    moving.close()


class OnDisk:
    """An array that must not be read whole, for instance to derive a name from it."""

    shape, dtype, ndim = (5, 16, 16, 3), np.dtype(np.uint8), 4

    def __dask_tokenize__(self) -> None:
        raise AssertionError

    def __getitem__(self, index: Any) -> Any:
        return np.zeros(self.shape, self.dtype)[index]


def test_array_on_disk_is_wrapped_plane_by_plane() -> None:
    assert as_dask(OnDisk(), colours=True).chunks == ((1,) * 5, (16,), (16,), (3,))
    assert as_dask(OnDisk(), colours=False).chunks == ((1,) * 5, (1,) * 16, (16,), (3,))


def test_multiscale_layer_is_cut_at_its_finest_level(viewer: Viewer) -> None:
    levels = [np.zeros((64, 64)), np.zeros((32, 32))]
    noisy = viewer.add_image(np.ones((64, 64)))
    denoised = viewer.add_image(levels, multiscale=True)
    moving, _ = swipe(viewer, noisy, denoised)

    assert viewer.layers[-2].data.shape == (64, 32)
    moving.close()


def test_large_multiscale_layer_is_cut_at_a_level_that_is_read_at_once(viewer: Viewer) -> None:
    reads: list[tuple[int, ...]] = []

    def read(block: Any) -> Any:
        reads.append(block.shape)
        return block

    sides = [8192 >> level for level in range(4)]
    levels = [
        da.zeros((2, side, side), np.uint8, chunks=(1, 1024, 1024)).map_blocks(read, dtype=np.uint8)
        for side in sides
    ]
    noisy = viewer.add_image(np.zeros((2, 8, 8)), visible=False)
    denoised = viewer.add_image(
        levels,
        multiscale=True,
        contrast_limits=(0, 1),
        scale=(2, 0.2, 0.1),
        translate=(0, 5, -3),
        rotate=30,
        affine=[[1, 0, 0, 0], [0, 1, 0.1, 2], [0, 0, 1.2, 3], [0, 0, 0, 1]],
    )
    reads.clear()
    moving, _ = swipe(viewer, noisy, denoised)
    right = viewer.layers["Right of the line"]
    assert sum(map(math.prod, reads)) <= 4096 * 4096
    moving.move_to(denoised.data_to_world((0, 10, 6999.5)))

    assert moving.column == 3500
    corners = [(0, -0.5, 6999.5), (1, 8191.5, 8191.5)]
    for mine, its in zip([(0, -0.5, -0.5), (1, 4095.5, 595.5)], corners, strict=True):
        np.testing.assert_allclose(right.data_to_world(mine), denoised.data_to_world(its))
    ends = [denoised.data_to_world((0, row, 6999.5)) for row in (-0.5, 8191.5)]
    np.testing.assert_allclose(line_ends(viewer), ends)
    moving.close()


def test_line_is_where_the_mouse_is_in_any_unit(viewer: Viewer) -> None:
    noisy = viewer.add_image(np.zeros((9, 20, 30)), scale=(1000, 100, 100), units=("nm",) * 3)
    denoised = add_result(viewer, noisy, np.ones((9, 20, 30)), {})
    denoised.scale, denoised.units = (1, 0.1, 0.1), ("um",) * 3
    viewer.dims.set_point(0, 4000)
    moving, _ = swipe(viewer, noisy, denoised)
    press(viewer, "mouse_press", noisy.data_to_world((4, 10, 14.5)))
    press(viewer, "mouse_move", noisy.data_to_world((4, 10, 19.5)))
    press(viewer, "mouse_release", noisy.data_to_world((4, 10, 19.5)))
    line = viewer.layers["Swipe line"]

    assert moving.column == 20
    np.testing.assert_allclose(line.data[0], [[4, -0.5, 19.5], [4, 19.5, 19.5]])
    assert line.edge_width[0] * 100 * viewer.scene.camera.zoom == pytest.approx(3)
    moving.close()


@pytest.mark.parametrize("moved", ["cells", "Right of the line", "Swipe line"])
def test_both_sides_are_seen_whatever_layer_is_moved(
    viewer: Viewer, noisy: Image, denoised: Image, moved: str
) -> None:
    moving, _ = swipe(viewer, noisy, denoised)
    at_top = moved == noisy.name
    viewer.layers.move(viewer.layers.index(moved), len(viewer.layers) if at_top else 0)

    assert [layer.name for layer in viewer.layers[-2:]] == ["Right of the line", "Swipe line"]
    moving.close()
    assert set(viewer.layers) == {noisy, denoised}


@pytest.mark.parametrize("change", [("ndisplay", 3), ("order", (1, 0, 2))])
def test_swipe_gives_up_when_other_axes_are_shown(viewer: Viewer, change: tuple[str, Any]) -> None:
    noisy = viewer.add_image(np.zeros((9, 20, 30)))
    denoised = add_result(viewer, noisy, np.ones((9, 20, 30)), {})
    moving, stopped = swipe(viewer, noisy, denoised)
    setattr(viewer.dims, *change)

    assert stopped
    moving.close()


def test_swipe_is_refused_in_3d(viewer: Viewer) -> None:
    noisy = viewer.add_image(np.zeros((9, 20, 30)))
    denoised = add_result(viewer, noisy, np.ones((9, 20, 30)), {})
    viewer.dims.ndisplay = 3

    with pytest.raises(ImageError, match="3D view off"):
        swipe(viewer, noisy, denoised)
    assert len(viewer.layers) == 2


def test_each_side_shows_its_layer_on_the_screen(shown_viewer: Viewer, qapp: QApplication) -> None:
    noisy = shown_viewer.add_image(
        np.full((100, 100), 0.5), colormap="red", contrast_limits=(0, 1), blending="additive"
    )
    denoised = add_result(shown_viewer, noisy, np.full((100, 100), 0.9), {})
    denoised.colormap = "green"
    moving, _ = swipe(shown_viewer, noisy, denoised)
    qapp.processEvents()
    pixels = shown_viewer.screenshot(canvas_only=True, flash=False)
    row = pixels[len(pixels) // 2].astype(int)
    width = len(row)

    red, green = row[int(0.35 * width)], row[int(0.65 * width)]
    assert red[0] > 100 > red[1]
    assert green[1] > 200
    assert green[0] < 50
    moving.close()
