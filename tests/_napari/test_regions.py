from __future__ import annotations

import math

import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari.conversion import layer_image
from napari_noise2same._napari.preview_layer import PreviewLayer
from napari_noise2same._napari.regions import current_frame, visible_region
from napari_noise2same.core.errors import ImageError


def test_visible_region_is_what_the_canvas_shows(shown_viewer: Viewer, qapp: QApplication) -> None:
    layer = shown_viewer.add_image(np.zeros((6, 300, 400)), scale=(1, 2, 2), translate=(0, 50, 9))
    shown_viewer.dims.set_current_step(0, 4)
    shown_viewer.scene.camera.zoom = 20
    shown_viewer.scene.camera.center = (50 + 2 * 100, 9 + 2 * 250)
    qapp.processEvents()

    frame, rows, columns = visible_region(shown_viewer, layer, "TYX")
    height, width = shown_viewer.canvas.size

    assert frame == slice(4, 5)
    assert abs((rows.start + rows.stop) / 2 - 100) <= 1
    assert abs((columns.start + columns.stop) / 2 - 250) <= 1
    assert abs(rows.stop - rows.start - height / 40) <= 3
    assert abs(columns.stop - columns.start - width / 40) <= 3


def test_visible_region_is_bounded_around_its_middle(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((900, 300)))

    assert visible_region(viewer, layer, "YX", max_side=100) == (slice(400, 500), slice(100, 200))
    assert visible_region(viewer, layer, "YX") == (slice(0, 900), slice(0, 300))


def test_visible_region_holds_all_channels_and_colours(viewer: Viewer) -> None:
    channels = viewer.add_image(np.zeros((2, 30, 40)), axis_labels=("c", "y", "x"))
    colours = viewer.add_image(np.zeros((30, 40, 3)), rgb=True)

    assert visible_region(viewer, channels, "CYX")[0] == slice(0, 2)
    assert visible_region(viewer, colours, "YXS")[2] == slice(0, 3)


@pytest.mark.parametrize("axis", ["Z", "T"])
@pytest.mark.parametrize("step", [0, 12, 19])
def test_visible_region_takes_the_current_plane_or_frame_alone(
    viewer: Viewer, axis: str, step: int
) -> None:
    layer = viewer.add_image(np.zeros((20, 30, 40)))
    viewer.dims.set_current_step(0, step)

    assert visible_region(viewer, layer, f"{axis}YX")[0] == slice(step, step + 1)


def test_visible_region_of_a_level_is_in_its_pixels(viewer: Viewer) -> None:
    levels = [np.zeros((128, 256)), np.zeros((64, 128))]
    layer = viewer.add_image(levels, multiscale=True)

    assert visible_region(viewer, layer, "YX", level=1) == (slice(0, 64), slice(0, 128))


def test_visible_region_follows_transposed_axes(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((20, 30, 40)), axis_labels=("z", "y", "x"))
    viewer.dims.order = (1, 0, 2)
    viewer.dims.set_current_step(1, 7)

    assert visible_region(viewer, layer, "ZYX") == (slice(0, 20), slice(7, 8), slice(0, 40))


@pytest.mark.parametrize("angles", [(0, 0, 90), (30, -40, 60)])
def test_all_of_a_volume_is_in_view_in_3d(
    shown_viewer: Viewer, qapp: QApplication, angles: tuple[float, float, float]
) -> None:
    layer = shown_viewer.add_image(np.zeros((4, 20, 60, 70)), axis_labels=("t", "z", "y", "x"))
    shown_viewer.dims.set_current_step(0, 2)
    shown_viewer.dims.ndisplay = 3
    shown_viewer.scene.camera.angles = angles
    qapp.processEvents()

    volume = (slice(2, 3), slice(0, 20), slice(0, 60), slice(0, 70))
    assert visible_region(shown_viewer, layer, "TZYX") == volume
    assert visible_region(shown_viewer, layer, "TZYX", max_side=60)[3] == slice(5, 65)


def test_preview_of_a_volume_has_no_more_pixels_than_that_of_a_plane(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((100, 600, 600), np.uint8), axis_labels=("z", "y", "x"))
    preview = PreviewLayer(viewer, layer, layer_image(layer))

    def pixels() -> int:
        return math.prod(part.stop - part.start for part in preview.region() or ())

    plane = pixels()
    viewer.dims.ndisplay = 3
    assert 0 < pixels() <= plane


def test_layer_of_fewer_dimensions_follows_the_last_sliders(viewer: Viewer) -> None:
    viewer.add_image(np.zeros((5, 20, 30, 40)))
    layer = viewer.add_image(np.zeros((20, 30, 40)), scale=(1, 1, 1))
    viewer.dims.current_step = (3, 11, 0, 0)

    assert visible_region(viewer, layer, "ZYX")[0] == slice(11, 12)


def test_current_frame_is_whole_but_for_time(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((6, 5, 30, 40)))
    viewer.dims.current_step = (4, 2, 0, 0)

    region = current_frame(viewer, layer, "TZYX")

    assert region == (slice(4, 5), slice(0, 5), slice(0, 30), slice(0, 40))


def test_current_frame_of_one_frame_is_everything(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((30, 40)))

    assert current_frame(viewer, layer, "YX") == (slice(0, 30), slice(0, 40))


@pytest.fixture
def micrometres(viewer: Viewer) -> Image:
    """A stack in µm beside the same in nm, in which the sliders are then."""
    return in_two_units(viewer)


def in_two_units(viewer: Viewer) -> Image:
    data = np.random.default_rng(0).random((10, 300, 400))
    viewer.add_image(data, scale=(1000, 100, 100), units=("nm",) * 3)
    return viewer.add_image(data, scale=(1, 0.1, 0.1), units=("um",) * 3)


def test_plane_and_frame_are_the_current_ones_in_any_unit(
    viewer: Viewer, micrometres: Image
) -> None:
    for layer in viewer.layers:
        viewer.dims.set_point(0, 4000)
        assert visible_region(viewer, layer, "TYX")[0] == slice(4, 5)
        assert current_frame(viewer, layer, "TYX")[0] == slice(4, 5)
    np.testing.assert_array_equal(micrometres._slice.image.raw, micrometres.data[4])


def test_layers_in_different_units_are_in_view_alike(
    shown_viewer: Viewer, qapp: QApplication
) -> None:
    layer = in_two_units(shown_viewer)
    shown_viewer.scene.camera.zoom = 20 / 100
    shown_viewer.scene.camera.center = (100 * 100, 250 * 100)
    qapp.processEvents()

    expected = visible_region(shown_viewer, shown_viewer.layers[0], "TYX")
    assert expected[1].stop - expected[1].start < 100
    assert visible_region(shown_viewer, layer, "TYX") == expected


def test_a_layer_out_of_view_has_no_visible_region(
    shown_viewer: Viewer, qapp: QApplication
) -> None:
    layer = shown_viewer.add_image(np.zeros((200, 240)), name="cells")
    for centre in ((5000, 5000), (100, 5000), (100, -5000)):
        shown_viewer.scene.camera.center = centre
        qapp.processEvents()
        with pytest.raises(ImageError, match="part of cells in view"):
            visible_region(shown_viewer, layer, "YX")


def test_a_single_column_can_be_in_view(shown_viewer: Viewer, qapp: QApplication) -> None:
    layer = shown_viewer.add_image(np.zeros((200, 240)))
    shown_viewer.scene.camera.zoom = 1e5
    shown_viewer.scene.camera.center = (100, 239.2)
    qapp.processEvents()

    rows, columns = visible_region(shown_viewer, layer, "YX")
    assert rows.stop - rows.start <= 3
    assert columns == slice(239, 240)
