from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image as ImageLayer
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari.conversion import layer_image
from napari_noise2same._napari.regions import crop, current_frame, visible_region
from napari_noise2same.core.io import Image


def test_crop_reads_nothing_and_keeps_what_is_known() -> None:
    reads = []

    def read(block: Any) -> Any:
        reads.append(block.shape)
        return block

    lazy = da.zeros((9, 32, 40), chunks=(1, 32, 40)).map_blocks(read, dtype=float)
    layer = ImageLayer(lazy, scale=(1, 0.5, 0.5), contrast_limits=(0, 1))
    reads.clear()
    part = crop(layer_image(layer), (slice(2, 4), slice(0, 8), slice(8, 40)))

    assert part.data.shape == (2, 8, 32)
    assert part.spacing == {"Y": 0.5, "X": 0.5}
    assert not reads
    np.testing.assert_array_equal(part.data[1], np.zeros((8, 32)))
    assert len(reads) == 1


def test_visible_region_is_what_the_canvas_shows(shown_viewer: Viewer, qapp: QApplication) -> None:
    layer = shown_viewer.add_image(np.zeros((6, 300, 400)), scale=(1, 2, 2), translate=(0, 50, 9))
    shown_viewer.dims.set_current_step(0, 4)
    shown_viewer.scene.camera.zoom = 20
    shown_viewer.scene.camera.center = (50 + 2 * 100, 9 + 2 * 250)
    qapp.processEvents()

    frame, rows, columns = visible_region(shown_viewer, layer)
    height, width = shown_viewer.canvas.size

    assert frame == slice(4, 5)
    assert abs((rows.start + rows.stop) / 2 - 100) <= 1
    assert abs((columns.start + columns.stop) / 2 - 250) <= 1
    assert abs(rows.stop - rows.start - height / 40) <= 3
    assert abs(columns.stop - columns.start - width / 40) <= 3


def test_visible_region_is_bounded_around_its_middle(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((900, 300)))

    assert visible_region(viewer, layer, max_side=100) == (slice(400, 500), slice(100, 200))
    assert visible_region(viewer, layer, max_side=None) == (slice(0, 900), slice(0, 300))


def test_visible_region_holds_all_channels_and_colours(viewer: Viewer) -> None:
    channels = viewer.add_image(np.zeros((2, 30, 40)), axis_labels=("c", "y", "x"))
    colours = viewer.add_image(np.zeros((30, 40, 3)), rgb=True)

    assert visible_region(viewer, channels)[0] == slice(0, 2)
    assert visible_region(viewer, colours)[2] == slice(0, 3)


@pytest.mark.parametrize(("step", "planes"), [(0, (0, 8)), (12, (8, 16)), (19, (12, 20))])
def test_visible_region_takes_planes_around_the_current_one(
    viewer: Viewer, step: int, planes: tuple[int, int]
) -> None:
    layer = viewer.add_image(np.zeros((20, 30, 40)), axis_labels=("z", "y", "x"))
    viewer.dims.set_current_step(0, step)

    assert visible_region(viewer, layer, depth=8)[0] == slice(*planes)


def test_visible_region_takes_no_other_frames(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((20, 30, 40)), axis_labels=("t", "y", "x"))
    viewer.dims.set_current_step(0, 12)

    assert visible_region(viewer, layer, depth=8)[0] == slice(12, 13)


def test_visible_region_of_a_level_is_in_its_pixels(viewer: Viewer) -> None:
    levels = [np.zeros((128, 256)), np.zeros((64, 128))]
    layer = viewer.add_image(levels, multiscale=True)

    assert visible_region(viewer, layer, level=1) == (slice(0, 64), slice(0, 128))


def test_visible_region_follows_transposed_axes(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((20, 30, 40)), axis_labels=("z", "y", "x"))
    viewer.dims.order = (1, 0, 2)
    viewer.dims.set_current_step(1, 7)

    assert visible_region(viewer, layer) == (slice(0, 20), slice(7, 8), slice(0, 40))


def test_layer_of_fewer_dimensions_follows_the_last_sliders(viewer: Viewer) -> None:
    viewer.add_image(np.zeros((5, 20, 30, 40)))
    layer = viewer.add_image(np.zeros((20, 30, 40)), scale=(1, 1, 1))
    viewer.dims.current_step = (3, 11, 0, 0)

    assert visible_region(viewer, layer)[0] == slice(11, 12)


def test_current_frame_is_whole_but_for_time(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((6, 5, 30, 40)))
    viewer.dims.current_step = (4, 2, 0, 0)

    region = current_frame(viewer, layer)

    assert region == (slice(4, 5), slice(0, 5), slice(0, 30), slice(0, 40))


def test_current_frame_of_one_frame_is_everything(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((30, 40)))

    assert current_frame(viewer, layer) == (slice(0, 30), slice(0, 40))


def test_a_crop_keeps_its_part_of_the_mask() -> None:
    mask = np.eye(8, dtype=bool)[np.newaxis]
    image = crop(
        Image(np.zeros((3, 8, 8)), "TYX", mask=mask), (slice(1, 3), slice(2, 6), slice(3, 8))
    )

    assert image.mask is not None
    np.testing.assert_array_equal(image.mask, mask[:, 2:6, 3:8])
