from __future__ import annotations

import itertools
import tracemalloc
from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer, Shapes

from napari_noise2same._napari import marking as module
from napari_noise2same._napari.marking import marking

Array = np.ndarray[Any, Any]

RECTANGLE = np.array([[9.5, 4.5], [9.5, 24.5], [19.5, 24.5], [19.5, 4.5]])
PAINTED = np.pad(np.ones((10, 20), int), [(10, 10), (5, 15)])


def mask_on(layer: Layer, regions: Layer, axes: str) -> Array:
    """What is marked on the whole of a layer."""
    shape = layer.data.shape
    found = marking(layer, axes, regions).mask(tuple(slice(0, n) for n in shape))
    return np.broadcast_to(found, shape)


@pytest.mark.parametrize(
    "regions",
    [
        Shapes([RECTANGLE]),
        Shapes([RECTANGLE / 2], scale=(2, 2)),
        Shapes([RECTANGLE - (10, 5)], translate=(10, 5)),
        Shapes([np.insert(RECTANGLE, 0, 1, axis=1)]),
        Labels(PAINTED),
        Labels(PAINTED[5:, 5:], translate=(5, 5)),
        Labels(PAINTED[::2, 1::2], scale=(2, 2), translate=(0.5, 1.5)),
        Labels(np.stack([PAINTED] * 3)),
        Labels(PAINTED[np.newaxis, np.newaxis].repeat(3, axis=1)),
        Labels([PAINTED, PAINTED[::2, ::2]], multiscale=True),
    ],
    ids=[
        "shape",
        "scaled shape",
        "moved shape",
        "shape on a frame",
        "labels",
        "moved labels",
        "coarse labels",
        "labels in frames",
        "labels of more axes",
        "multiscale labels",
    ],
)
def test_the_same_pixels_are_marked_in_every_way(regions: Layer) -> None:
    layer = ImageLayer(np.zeros((3, 30, 40)))

    np.testing.assert_array_equal(mask_on(layer, regions, "TYX"), [PAINTED > 0] * 3)


def test_a_coarse_label_marks_all_pixels_under_it_up_to_the_border() -> None:
    labels = Labels(np.ones((15, 20), int), scale=(2, 2), translate=(0.5, 0.5))

    assert mask_on(ImageLayer(np.zeros((30, 40))), labels, "YX").all()


def test_an_ellipse_marks_no_corners() -> None:
    box = np.array([[4.5, 9.5], [4.5, 49.5], [24.5, 49.5], [24.5, 9.5]])
    y, x = np.mgrid[:30, :60]
    inside = ((y - 14.5) / 10) ** 2 + ((x - 29.5) / 20) ** 2 <= 1

    found = mask_on(ImageLayer(np.zeros((30, 60))), Shapes([box], shape_type="ellipse"), "YX")

    assert np.count_nonzero(found != inside) < 0.01 * np.count_nonzero(inside)
    assert found[14, [10, 48]].all()
    assert not found[5:8, 10:13].any()


def test_a_polygon_marks_what_is_inside_and_not_its_hole() -> None:
    outer = [(1.5, 1.5), (1.5, 25.5), (25.5, 25.5), (25.5, 1.5), (1.5, 1.5)]
    hole = [(9.5, 9.5), (9.5, 15.5), (15.5, 15.5), (15.5, 9.5), (9.5, 9.5)]
    expected = np.zeros((30, 30), bool)
    expected[2:26, 2:26] = True
    expected[10:16, 10:16] = False
    shapes = Shapes([np.array(outer + hole)], shape_type="polygon")

    np.testing.assert_array_equal(mask_on(ImageLayer(expected), shapes, "YX"), expected)


def test_shapes_that_overlap_mark_what_either_covers() -> None:
    moved = RECTANGLE + np.array([5, 10])
    layer = ImageLayer(np.zeros((30, 40)))
    either = mask_on(layer, Shapes([RECTANGLE]), "YX") | mask_on(layer, Shapes([moved]), "YX")

    both = mask_on(layer, Shapes([RECTANGLE, moved]), "YX")

    np.testing.assert_array_equal(both, either)


def test_labels_hold_for_their_frames_and_planes_and_all_channels() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 3, (2, 3, 4, 12, 12)).clip(0)
    layer = ImageLayer(np.zeros(labels.shape), axis_labels=("t", "c", "z", "y", "x"))

    found = mask_on(layer, Labels(labels), "TCZYX")

    expected = np.repeat((labels > 0).any(axis=1, keepdims=True), 3, axis=1)
    np.testing.assert_array_equal(found, expected)


def test_colours_are_marked_alike() -> None:
    layer = ImageLayer(np.zeros((30, 40, 3), np.uint8), rgb=True)
    region = (slice(0, 30), slice(0, 40), slice(0, 3))

    for regions in (Labels(PAINTED), Shapes([RECTANGLE])):
        found = marking(layer, "YXS", regions).mask(region)
        np.testing.assert_array_equal(found[..., 0], PAINTED > 0)
        assert found.shape == (30, 40, 1)


@pytest.mark.parametrize("kind", ["shapes", "labels"])
def test_marks_follow_layers_that_are_turned(kind: str) -> None:
    place = {"scale": (0.5, 0.25), "rotate": 30, "translate": (3, 4)}
    layer = ImageLayer(np.zeros(PAINTED.shape), **place)
    if kind == "labels":
        regions: Layer = Labels(PAINTED, **place)
    else:
        regions = Shapes([[layer.data_to_world(corner) for corner in RECTANGLE]])

    np.testing.assert_array_equal(mask_on(layer, regions, "YX"), PAINTED > 0)


def test_marks_in_another_unit_lie_where_napari_shows_them(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((30, 40)), scale=(0.1, 0.1), units=("um", "um"))
    placed: dict[str, Any] = {"scale": (100, 100), "units": ("nm", "nm")}

    for regions in (viewer.add_shapes([RECTANGLE], **placed), viewer.add_labels(PAINTED, **placed)):
        np.testing.assert_array_equal(mask_on(layer, regions, "YX"), PAINTED > 0)


def test_marks_without_a_unit_lie_where_napari_shows_them(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((30, 40)), scale=(0.1, 0.1), units=("um", "um"))
    regions = viewer.add_labels(PAINTED, scale=(0.1, 0.1))

    np.testing.assert_array_equal(mask_on(layer, regions, "YX"), PAINTED > 0)


def test_a_region_of_the_mask_is_the_mask_of_the_region() -> None:
    layer = ImageLayer(np.zeros((3, 30, 40)))
    region = (slice(1, 3), slice(12, 30), slice(3, 21))

    for regions in (Labels(np.stack([PAINTED] * 3)), Labels(PAINTED), Shapes([RECTANGLE])):
        marks = marking(layer, "TYX", regions)
        part = np.broadcast_to(marks.mask(region), (2, 18, 18))
        np.testing.assert_array_equal(part, mask_on(layer, regions, "TYX")[region])


@pytest.mark.parametrize("most", [1, 40, 300, 5000])
def test_labels_mark_the_same_however_much_of_them_is_read_at_a_time(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    labels = np.random.default_rng(0).integers(0, 60, (3, 2, 30, 40)) == 1
    layer = ImageLayer(np.zeros((3, 2, 30, 40)), axis_labels=("t", "c", "y", "x"))
    expected = mask_on(layer, Labels(labels), "TCYX")
    monkeypatch.setattr(module, "_AT_ONCE", most)
    marks = marking(layer, "TCYX", Labels(labels))

    found = marks.mask((slice(0, 3), slice(0, 2), slice(0, 30), slice(0, 40)))
    covered = np.zeros(layer.data.shape, bool)
    for outline in itertools.chain(*marks.outlines()):
        low, high = outline.min(axis=0) + 0.5, outline.max(axis=0) + 0.5
        covered[tuple(map(slice, low.astype(int), high.astype(int)))] = True

    np.testing.assert_array_equal(np.broadcast_to(found, expected.shape), expected)
    assert covered[labels].all()


def test_large_labels_are_never_in_memory_at_once() -> None:
    far = da.zeros((10**5, 10**5), dtype=np.uint8, chunks=4096)
    levels = [far, np.zeros((100, 100), np.uint8)]
    layer = ImageLayer(levels, contrast_limits=(0, 1), multiscale=True)
    marks = marking(layer, "YX", Labels(levels, multiscale=True))

    tracemalloc.start()
    next(marks.outlines())
    marks.mask((slice(5000, 5100), slice(5000, 5100)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 10**9
