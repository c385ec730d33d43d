from __future__ import annotations

from itertools import permutations
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import given
from numpy.typing import NDArray

from napari_noise2same.core.array import Transposed, Window, transposed


class Chunked:
    """An array on a disk, as it were."""

    chunks = (2, 5, 1)

    def __init__(self, values: NDArray[Any]) -> None:
        self.values, self.shape, self.dtype = values, values.shape, values.dtype

    def __getitem__(self, index: Any) -> Any:
        return self.values[index]


index = st.one_of(st.integers(-3, 2), st.slices(3).map(lambda s: slice(s.start, s.stop)))


@given(st.tuples(index, index))
def test_window_indexes_as_the_region_itself(places: tuple[Any, Any]) -> None:
    array = np.arange(48).reshape(6, 8)
    window = Window(array, (slice(2, 5), slice(4, 7)))

    assert window.shape == (3, 3)
    np.testing.assert_array_equal(window[places], array[2:5, 4:7][places])
    np.testing.assert_array_equal(window[places[0]], array[2:5, 4:7][places[0]])
    for around in ((..., *places), (places[0], ...), ...):
        np.testing.assert_array_equal(window[around], array[2:5, 4:7][around])


@given(st.tuples(index, index, index), st.sampled_from(list(permutations("CYX"))))
def test_axes_in_another_order_are_indexed_as_if_they_lay_so(
    places: tuple[Any, Any, Any], wanted: tuple[str, ...]
) -> None:
    array = np.arange(4 * 5 * 3).reshape(4, 5, 3)
    seen = transposed(Chunked(array), "YXC", "".join(wanted))
    expected = array.transpose(["YXC".index(axis) for axis in wanted])

    assert seen.shape == expected.shape
    if isinstance(seen, Transposed):
        assert seen.chunks == tuple({"Y": 2, "X": 5, "C": 1}[axis] for axis in wanted)
    for around in ((..., *places), (places[0], ..., places[2]), ...):
        np.testing.assert_array_equal(seen[around], expected[around])
    np.testing.assert_array_equal(seen[places], expected[places])
    np.testing.assert_array_equal(seen[places[:2]], expected[places[:2]])
    np.testing.assert_array_equal(seen[...], expected)


def test_an_array_in_memory_is_seen_as_numpy_does() -> None:
    array = np.arange(12).reshape(3, 4)
    seen = transposed(array, "YX", "XY")
    assert isinstance(seen, np.ndarray)
    assert np.shares_memory(seen, array)
    np.testing.assert_array_equal(seen, array.T)


def test_an_array_in_the_right_order_stays_itself() -> None:
    array = np.zeros((3, 4))
    assert transposed(array, "YX", "YX") is array
