"""Arrays of several sizes as napari slices them: of a volume it reads the plane that it shows."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari import Viewer
from napari.layers import Image

from napari_noise2same._napari.conversion import layer_data
from napari_noise2same._napari.lazy import Lazy, lazy_levels, renew
from napari_noise2same.core.array import ArrayLike
from noise2same_testing.arrays import CountingArray

SHAPE = (5, 6, 7)
VALUES = np.arange(210).reshape(SHAPE)


def whole(source: ArrayLike) -> Lazy:
    return Lazy(source, tuple(map(range, source.shape)))


def entries(length: int) -> st.SearchStrategy[Any]:
    place = st.integers(-length, length - 1)
    edge = st.none() | st.integers(-length - 2, length + 2)
    return place | st.builds(slice, edge, edge)


@given(
    st.tuples(*map(entries, SHAPE)).flatmap(lambda index: st.sampled_from([index, index[:2]])),
    st.data(),
)
def test_parts_of_parts_are_those_of_the_array(index: Any, data: st.DataObject) -> None:
    source = CountingArray(VALUES)
    part, expected = whole(source)[index], VALUES[index]
    assert (part.shape, part.ndim, part.size) == (expected.shape, expected.ndim, expected.size)
    again = data.draw(st.tuples(*(entries(n) for n in expected.shape if n)))
    if all(expected.shape):
        part, expected = part[again], expected[again]
    assert source.pixels == 0
    np.testing.assert_array_equal(np.asarray(part), expected)
    assert source.pixels == expected.size


@pytest.mark.parametrize("index", [..., None, VALUES > 5, (0, [1, 3]), slice(None, None, 2)])
def test_other_indices_are_read_at_once(index: Any) -> None:
    lazy = whole(VALUES)
    assert isinstance(lazy[index], np.ndarray)
    np.testing.assert_array_equal(lazy[index], VALUES[index])


def test_chunks_are_told_so_that_napari_reads_whole_ones() -> None:
    source = da.from_array(VALUES, chunks=(2, 3, 7))
    assert whole(source).chunks == source.chunks
    part = whole(source)[1]
    assert isinstance(part, Lazy)
    assert part.chunks == source.chunks[1:]
    assert whole(CountingArray(VALUES)).chunks is None


def test_of_a_volume_napari_reads_the_planes_that_it_shows(viewer: Viewer) -> None:
    sources = [CountingArray(np.ones((40, n, n), np.float32)) for n in (512, 256)]
    layer = Image(lazy_levels(sources), multiscale=True, contrast_limits=(0, 2))
    viewer.add_layer(layer)
    viewer.dims.set_point(0, 30)
    layer.refresh()
    planes = [source.pixels / source.values[0].size for source in sources]
    assert 0 < max(planes) < 20
    np.testing.assert_array_equal(np.unique(layer._slice.image.view), [1])
    assert layer_data(layer) is sources[0]


@pytest.mark.parametrize(("shape", "rgb"), [((600, 700), False), ((600, 700, 3), True)])
def test_the_size_that_napari_keeps_fills(
    viewer: Viewer, shape: tuple[int, ...], rgb: bool
) -> None:
    sources = [np.zeros(shape, np.uint8), np.zeros((300, 350, *shape[2:]), np.uint8)]
    layer = Image(lazy_levels(sources), multiscale=True, rgb=rgb)
    viewer.add_layer(layer)
    for source in sources:
        source[:] = 200
    renew(layer.data, sources)
    layer.refresh()
    np.testing.assert_array_equal(np.asarray(layer.data[1]), sources[1])
    assert layer.thumbnail[..., :3].any()
