from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer, Points, Shapes
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari.conversion import layer_image
from napari_noise2same._napari.regions import current_frame, restrict, visible_region
from napari_noise2same._napari.windows import Window
from napari_noise2same.core.errors import ImageError


def rectangle(top: float, left: float, bottom: float, right: float) -> np.ndarray[Any, Any]:
    return np.array([[top, left], [top, right], [bottom, right], [bottom, left]])


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


@pytest.mark.parametrize("axis", ["z", "t"])
@pytest.mark.parametrize("step", [0, 12, 19])
def test_visible_region_takes_the_current_plane_or_frame_alone(
    viewer: Viewer, axis: str, step: int
) -> None:
    layer = viewer.add_image(np.zeros((20, 30, 40)), axis_labels=(axis, "y", "x"))
    viewer.dims.set_current_step(0, step)

    assert visible_region(viewer, layer)[0] == slice(step, step + 1)


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


def test_a_region_is_read_with_what_patches_around_it_need() -> None:
    data = np.random.default_rng(0).normal(size=(3, 300, 400))
    layer = ImageLayer(data)

    (part,) = restrict(layer_image(layer), layer, Shapes([rectangle(99.5, 199.5, 109.5, 219.5)]))

    np.testing.assert_array_equal(part.data[:], data[:, 36:174, 136:284])
    assert part.mask is not None
    assert part.mask.shape == (1, 138, 148)
    expected = np.zeros((138, 148), bool)
    expected[64:74, 64:84] = True
    np.testing.assert_array_equal(part.mask[0], expected)


def test_regions_that_are_far_apart_are_read_one_by_one() -> None:
    layer = ImageLayer(np.zeros((64, 600)))
    labels = np.zeros((64, 600), int)
    labels[:16, :16], labels[20:30, 40:50], labels[32:60, 580:] = 1, 2, 7
    shapes = [rectangle(0, 0, 15, 15), rectangle(20, 40, 29, 49), rectangle(32, 580, 59, 600)]

    for regions in (Labels(labels), Shapes(shapes)):
        parts = restrict(layer_image(layer), layer, regions)
        assert [part.data.shape for part in parts] == [(64, 114), (64, 84)]
        assert [np.sum(part.mask) for part in parts if part.mask is not None] == [
            16 * 16 + 100,
            28 * 20,
        ]


def test_each_region_of_many_is_in_one_part() -> None:
    rng = np.random.default_rng(0)
    labels = np.zeros((1500, 1500), int)
    for number, (y, x) in enumerate(rng.integers(0, 1490, (25, 2)), 1):
        labels[y : y + 6, x : x + 9] = number
    layer = ImageLayer(labels)

    parts = restrict(layer_image(layer), layer, Labels(labels))

    seen = np.zeros(labels.shape, int)
    for part in parts:
        assert part.mask is not None
        assert isinstance(part.data, Window)
        seen[part.data.region] += part.mask
    np.testing.assert_array_equal(seen, labels > 0)
    assert 1 < len(parts) < 25


def test_region_is_placed_in_the_pixels_of_a_turned_layer_and_a_level() -> None:
    levels = [np.zeros((640, 640)), np.zeros((320, 320))]
    layer = ImageLayer(levels, multiscale=True, scale=(0.5, 0.5), rotate=90, translate=(3, 4))
    corners = rectangle(215.5, 207.5, 231.5, 247.5)
    world = [layer.data_to_world(corner) for corner in corners]

    (part,) = restrict(layer_image(layer, level=1), layer, Shapes([world]), level=1)
    window = part.data

    assert isinstance(window, Window)
    assert window.region == (slice(108 - 64, 116 + 64), slice(104 - 64, 124 + 64))
    assert part.mask is not None
    np.testing.assert_array_equal(np.argwhere(part.mask).min(axis=0), (64, 64))
    np.testing.assert_array_equal(np.argwhere(part.mask).max(axis=0), (71, 83))


def test_regions_are_cut_at_the_borders() -> None:
    layer = ImageLayer(np.zeros((30, 40)))

    (part,) = restrict(layer_image(layer), layer, Shapes([rectangle(-9, 19.5, 99, 99)]))

    assert part.data.shape == (30, 40)
    assert part.mask is not None
    assert part.mask[:, 20:].all()
    assert not part.mask[:, :20].any()


def test_what_is_drawn_on_a_large_image_costs_its_own_size() -> None:
    levels = [da.zeros((10**6, 10**6), chunks=10**4), np.zeros((100, 100))]
    layer = ImageLayer(levels, contrast_limits=(0, 1), multiscale=True)

    (part,) = restrict(layer_image(layer), layer, Shapes([rectangle(500, 500, 600, 600)]))

    assert part.data.shape == (229, 229)


@pytest.mark.parametrize(
    "regions",
    [Shapes(), Shapes([rectangle(90, 90, 99, 99)]), Labels(np.zeros((30, 40), int))],
    ids=["no shape", "beside the image", "no label"],
)
def test_no_region_on_the_image_is_refused(regions: Layer) -> None:
    layer = ImageLayer(np.zeros((30, 40)))

    with pytest.raises(ImageError, match="regions on the image"):
        restrict(layer_image(layer), layer, regions)


def test_layer_that_cannot_mark_regions_is_refused() -> None:
    layer = ImageLayer(np.zeros((30, 40)))

    with pytest.raises(ImageError, match="Shapes or a Labels layer"):
        restrict(layer_image(layer), layer, Points([[1, 2]]))
