from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image
from napari.layers.base import Layer

from napari_noise2same._napari.conversion import layer_image
from napari_noise2same._napari.cropping import crop
from napari_noise2same._napari.results import PREVIEW, add_result, result_dtype

INHERITED = (
    "rgb",
    "units",
    "axis_labels",
    "gamma",
    "opacity",
    "visible",
    "blending",
    "interpolation2d",
    "interpolation3d",
    "rendering",
    "depiction",
    "projection_mode",
    "iso_threshold",
    "attenuation",
    "contrast_limits",
    "contrast_limits_range",
)
PLACED = ("scale", "translate", "rotate", "shear")


def assert_looks_alike(result: Image, source: Image) -> None:
    for name in INHERITED:
        assert getattr(result, name) == getattr(source, name), name
    assert result.colormap == source.colormap


def assert_lies_alike(result: Image, source: Image) -> None:
    for name in PLACED:
        np.testing.assert_allclose(getattr(result, name), getattr(source, name), err_msg=name)
    np.testing.assert_allclose(result.affine.affine_matrix, source.affine.affine_matrix)


def test_result_inherits_look_and_place(viewer: Viewer, noisy: Image) -> None:
    result = add_result(viewer, noisy, np.zeros(noisy.data.shape, np.float32), {})

    assert_looks_alike(result, noisy)
    assert_lies_alike(result, noisy)


def test_result_inherits_the_look_of_a_hidden_volume(viewer: Viewer) -> None:
    source = viewer.add_image(
        np.random.default_rng(0).random((9, 10, 11)),
        visible=False,
        rendering="attenuated_mip",
        attenuation=0.2,
        iso_threshold=0.3,
        depiction="plane",
        plane={"position": (4, 5, 5), "normal": (1, 0, 0), "thickness": 3},
        interpolation3d="nearest",
        projection_mode="max",
        experimental_clipping_planes=[{"position": (2, 2, 2), "normal": (0, 1, 0)}],
    )
    result = add_result(viewer, source, np.zeros((9, 10, 11)), {})

    assert_looks_alike(result, source)
    assert result.plane == source.plane
    np.testing.assert_array_equal(
        result.experimental_clipping_planes.as_array(),
        source.experimental_clipping_planes.as_array(),
    )


def test_result_stands_directly_above_its_source(viewer: Viewer, noisy: Image) -> None:
    other = viewer.add_image(np.zeros((8, 8)), name="other")
    result = add_result(viewer, noisy, np.zeros(noisy.data.shape), {})

    assert list(viewer.layers) == [noisy, result, other]


def test_result_is_not_hidden_under_a_preview_of_its_source(viewer: Viewer, noisy: Image) -> None:
    other = viewer.add_image(noisy.data, name="other")
    data = np.zeros(noisy.data.shape)
    preview = add_result(viewer, noisy, data, {PREVIEW: True})
    of_other = add_result(viewer, other, data, {PREVIEW: True})
    result = add_result(viewer, noisy, data, {})

    assert list(viewer.layers) == [noisy, preview, result, other, of_other]


def test_result_of_a_removed_layer_comes_on_top(viewer: Viewer, noisy: Image) -> None:
    other = viewer.add_image(np.zeros((8, 8)), name="other")
    viewer.layers.remove(noisy)
    result = add_result(viewer, noisy, np.zeros(noisy.data.shape), {})

    assert list(viewer.layers) == [other, result]


def test_result_is_named_after_its_source(viewer: Viewer, noisy: Image) -> None:
    data = np.zeros(noisy.data.shape)

    assert add_result(viewer, noisy, data, {}).name == "cells [n2s]"
    assert add_result(viewer, noisy, data, {}, name="other").name == "other"


def test_metadata_tell_how_the_result_was_made(viewer: Viewer, noisy: Image) -> None:
    region = (slice(0, 48), slice(8, 16))
    result = add_result(viewer, noisy, np.zeros((48, 8)), {"seed": 7}, region=region)

    assert result.metadata["stage"] == 3
    assert result.metadata["noise2same"] == {
        "seed": 7,
        "source": "cells",
        "source_id": str(noisy.unique_id),
        "level": 0,
        "region": [[0, 48], [8, 16]],
    }
    assert "noise2same" not in noisy.metadata


def test_array_that_fills_is_shown_without_a_copy_in_the_contrast_of_the_source(
    viewer: Viewer, noisy: Image
) -> None:
    data = np.zeros(noisy.data.shape, np.float32)
    result = add_result(viewer, noisy, data, {})
    data[:24] = 100
    result.refresh()

    assert result.data is data
    assert result.contrast_limits == [80, 130]
    assert result.get_value(result.data_to_world((2, 2)), world=True) == 100


def test_contrast_that_follows_the_data_is_not_inherited(viewer: Viewer) -> None:
    source = viewer.add_image(np.random.default_rng(0).random((16, 16)), auto_contrast=True)

    assert not add_result(viewer, source, np.zeros((16, 16)), {}).auto_contrast


def test_lazy_source_is_not_read(viewer: Viewer) -> None:
    reads = []

    def read(block: Any) -> Any:
        reads.append(block.shape)
        return block

    lazy = da.zeros((20, 16, 16), chunks=(1, 16, 16)).map_blocks(read, dtype=float)
    source = viewer.add_image(lazy, contrast_limits=(0, 1))
    reads.clear()
    add_result(viewer, source, np.zeros((20, 16, 16), np.float32), {})

    assert sum(np.prod(shape) for shape in reads) <= 2 * 256


@pytest.mark.parametrize("rgb", [False, True])
def test_pixels_of_a_region_stay_where_they_were(viewer: Viewer, noisy: Image, rgb: bool) -> None:
    source = noisy
    if rgb:
        state = noisy.as_layer_data_tuple()[1] | {"rgb": True}
        source = viewer.add_image(np.zeros((48, 64, 3), np.uint8), **state)
    region = (slice(10, 30), slice(7, 60), slice(0, 3))[: 2 + rgb]
    data = crop(layer_image(source), region).data[:]
    result = add_result(viewer, source, data, {}, region=region)

    for pixel in [(0, 0), (5, 3), (19, 52)]:
        there = source.data_to_world(np.add(pixel, (10, 7)))
        np.testing.assert_allclose(result.data_to_world(pixel), there)


def test_pixels_of_a_level_lie_in_the_middle_of_those_they_span(viewer: Viewer) -> None:
    levels = [np.zeros((64, 96)), np.zeros((32, 48)), np.zeros((16, 24))]
    source = viewer.add_image(
        levels, multiscale=True, scale=(0.5, 0.2), rotate=20, shear=[0.3], translate=(4, 5)
    )
    region = (slice(2, 10), slice(3, 9))
    result = add_result(viewer, source, np.zeros((8, 6)), {}, level=2, region=region)

    assert not result.multiscale
    for row, column in [(0, 0), (7, 5)]:
        spanned = (4 * (row + 2) + 1.5, 4 * (column + 3) + 1.5)
        np.testing.assert_allclose(
            result.data_to_world((row, column)), source.data_to_world(spanned)
        )


def test_planes_of_a_region_cut_where_they_did(viewer: Viewer) -> None:
    source = viewer.add_image(
        np.zeros((20, 30, 40)),
        scale=(3, 1, 1),
        plane={"position": (9, 15, 20), "normal": (1, 1, 0)},
        experimental_clipping_planes=[{"position": (8, 10, 12), "normal": (0, 0, 1)}],
    )
    region = (slice(4, 20), slice(5, 30), slice(6, 40))
    result = add_result(viewer, source, np.zeros((16, 25, 34)), {}, region=region)

    assert result.plane.position == (5, 10, 14)
    np.testing.assert_allclose(result.plane.normal, source.plane.normal)
    assert result.experimental_clipping_planes[0].position == (4, 5, 6)


def test_colours_of_integers_stay_integers() -> None:
    colours = Image(np.zeros((8, 8, 3), np.uint8), rgb=True)
    unit = Image(np.zeros((8, 8, 3), np.float32), rgb=True)
    grey = Image(np.zeros((8, 8), np.uint8))

    assert result_dtype(colours) == "keep"
    assert result_dtype(unit) == "float32"
    assert result_dtype(grey) == "float32"
    assert result_dtype(grey, "keep") == "keep"


def test_result_is_a_layer_that_napari_can_save(viewer: Viewer, noisy: Image) -> None:
    result = add_result(viewer, noisy, np.zeros(noisy.data.shape), {"seed": 7})
    data, state, kind = result.as_layer_data_tuple()

    again = Layer.create(data, state, kind)

    assert again.metadata["noise2same"]["seed"] == 7
