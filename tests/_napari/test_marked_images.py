from __future__ import annotations

from typing import Any

import dask.array as da
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer, Points, Shapes

from napari_noise2same._napari.conversion import layer_image
from napari_noise2same._napari.marked_images import MarkedImages, restrict, united
from napari_noise2same._napari.marking import marking
from napari_noise2same.core.array import Window
from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.io import Image


def rectangle(top: float, left: float, bottom: float, right: float) -> np.ndarray[Any, Any]:
    return np.array([[top, left], [top, right], [bottom, right], [bottom, left]])


def marked(layer: ImageLayer, regions: Layer) -> list[Image]:
    """The parts of an image that are marked."""
    image = layer_image(layer)
    return restrict(image, marking(layer, image.axes, regions))


def test_a_region_is_read_with_what_patches_around_it_need() -> None:
    data = np.random.default_rng(0).normal(size=(3, 300, 400))
    layer = ImageLayer(data)

    (part,) = marked(layer, Shapes([rectangle(99.5, 199.5, 109.5, 219.5)]))

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
        parts = marked(layer, regions)
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

    parts = marked(layer, Labels(labels))

    seen = np.zeros(labels.shape, int)
    for part in parts:
        assert part.mask is not None
        assert isinstance(part.data, Window)
        seen[part.data.region] += part.mask
    np.testing.assert_array_equal(seen, labels > 0)
    assert 1 < len(parts) < 25


def test_region_is_placed_in_the_finest_pixels_of_a_turned_layer() -> None:
    levels = [np.zeros((640, 640)), np.zeros((320, 320))]
    layer = ImageLayer(levels, multiscale=True, scale=(0.5, 0.5), rotate=90, translate=(3, 4))
    corners = rectangle(215.5, 207.5, 231.5, 247.5)
    world = [layer.data_to_world(corner) for corner in corners]

    (part,) = marked(layer, Shapes([world]))
    window = part.data

    assert isinstance(window, Window)
    assert window.region == (slice(216 - 64, 232 + 64), slice(208 - 64, 248 + 64))
    assert part.mask is not None
    np.testing.assert_array_equal(np.argwhere(part.mask).min(axis=0), (64, 64))
    np.testing.assert_array_equal(np.argwhere(part.mask).max(axis=0), (79, 103))


def test_regions_are_cut_at_the_borders() -> None:
    layer = ImageLayer(np.zeros((30, 40)))

    (part,) = marked(layer, Shapes([rectangle(-9, 19.5, 99, 99)]))

    assert part.data.shape == (30, 40)
    assert part.mask is not None
    assert part.mask[:, 20:].all()
    assert not part.mask[:, :20].any()


def test_what_is_drawn_on_a_large_image_costs_its_own_size() -> None:
    levels = [da.zeros((10**6, 10**6), chunks=10**4), np.zeros((100, 100))]
    layer = ImageLayer(levels, contrast_limits=(0, 1), multiscale=True)

    (part,) = marked(layer, Shapes([rectangle(500, 500, 600, 600)]))

    assert part.data.shape == (229, 229)


@pytest.mark.parametrize(
    "regions",
    [Shapes(), Shapes([rectangle(90, 90, 99, 99)]), Labels(np.zeros((30, 40), int))],
    ids=["no shape", "beside the image", "no label"],
)
def test_no_region_on_the_image_is_refused(regions: Layer) -> None:
    layer = ImageLayer(np.zeros((30, 40)))

    with pytest.raises(ImageError, match="regions on the image"):
        marked(layer, regions)


def test_layer_that_cannot_mark_regions_is_refused() -> None:
    layer = ImageLayer(np.zeros((30, 40)))

    with pytest.raises(ImageError, match="Shapes or a Labels layer"):
        marked(layer, Points([[1, 2]]))


interval = st.tuples(st.integers(0, 40), st.integers(1, 15)).map(lambda p: slice(p[0], sum(p)))


@given(st.lists(st.tuples(interval, interval), max_size=12))
def test_united_boxes_cover_the_boxes_and_have_no_pixel_in_common(boxes: list[Any]) -> None:
    covered, counts = np.zeros((60, 60), bool), np.zeros((60, 60), int)
    for box in boxes:
        covered[box] = True

    for box in united(boxes):
        assert covered[box].any()
        counts[box] += 1

    assert (counts[covered] == 1).all()
    assert counts.max() <= 1


def test_a_shape_that_is_moved_later_counts_where_it_was() -> None:
    layer = ImageLayer(np.zeros((300, 300)))
    shapes = Shapes([rectangle(9.5, 9.5, 19.5, 19.5)])
    images = MarkedImages([layer_image(layer)], [marking(layer, "YX", shapes)])
    shapes.data[0][:] += 100

    (part,) = images.read()

    assert part.mask is not None
    assert part.mask[10:20, 10:20].all()
    assert part.mask.sum() == 100


def test_labels_are_read_when_asked_for_and_once() -> None:
    reads = []

    def read(block: Any) -> Any:
        reads.append(block.shape)
        return block

    layer = ImageLayer(np.zeros((2, 40, 40)))
    labels = Labels(da.ones((2, 40, 40), dtype=int, chunks=(1, 40, 40)).map_blocks(read, dtype=int))
    reads.clear()
    images = MarkedImages([layer_image(layer)], [marking(layer, "TYX", labels)])
    assert not reads

    first = images.read()
    count = len(reads)

    assert images.read() is first
    assert len(reads) == count > 0


def test_reading_ends_when_told_to_and_can_begin_again() -> None:
    layer = ImageLayer(np.zeros((40, 40)))
    images = MarkedImages(
        [layer_image(layer)], [marking(layer, "YX", Labels(np.eye(40, dtype=int)))]
    )

    assert images.read(lambda: True) == []
    assert len(images.read()) == 1


def test_without_marks_the_images_are_taken_as_they_are() -> None:
    image = Image(np.zeros((40, 40)), "YX")

    assert MarkedImages([image]).read() == [image]
