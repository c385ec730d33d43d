from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.widgets.growing_table import GrowingTable


@given(st.lists(st.integers(0, 3000), max_size=6))
def test_rows_added_in_pieces_are_all_there(pieces: list[int]) -> None:
    table = GrowingTable(("step", "value"))
    rows = np.arange(2.0 * sum(pieces)).reshape(2, -1)
    start = 0
    for piece in pieces:
        table.extend(rows[:, start : start + piece])
        start += piece
    assert len(table) == rows.shape[1]
    np.testing.assert_array_equal(table["step"], rows[0])
    np.testing.assert_array_equal(table["value"], rows[1])


def test_a_copy_does_not_change_with_the_table() -> None:
    table = GrowingTable(("value",))
    table.extend(np.array([[1.0, 2.0]]))
    copy = table.to_dict()
    table.clear()
    assert len(table) == 0
    table.extend(np.array([[9.0, 9.0]]))
    np.testing.assert_array_equal(copy["value"], [1, 2])
