from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_noise2same.core.array import chunk_edges


def array(shape: tuple[int, ...], chunks: Any) -> Any:
    return SimpleNamespace(shape=shape, dtype=np.dtype(np.uint8), chunks=chunks)


def test_equal_chunks_end_with_the_axis() -> None:
    y, x = chunk_edges(array((10, 8), (4, 8))) or ()
    assert y.tolist() == [0, 4, 8, 10]
    assert x.tolist() == [0, 8]


def test_dask_knows_the_length_of_each_chunk() -> None:
    dask = pytest.importorskip("dask.array")
    y, x = chunk_edges(dask.zeros((10, 8), chunks=((3, 7), 5))) or ()
    assert y.tolist() == [0, 3, 10]
    assert x.tolist() == [0, 5, 8]


@pytest.mark.parametrize("chunks", [None, (4,), 4, "auto"])
def test_other_arrays_have_none(chunks: Any) -> None:
    assert chunk_edges(array((10, 8), chunks)) is None
    assert chunk_edges(np.zeros((10, 8))) is None
