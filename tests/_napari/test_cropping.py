from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.layers import Image as ImageLayer

from napari_noise2same._napari.conversion import layer_image
from napari_noise2same._napari.cropping import crop
from napari_noise2same.core.array import Window
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


def test_a_crop_keeps_its_part_of_the_mask() -> None:
    mask = np.eye(8, dtype=bool)[np.newaxis]
    image = crop(
        Image(np.zeros((3, 8, 8)), "TYX", mask=mask), (slice(1, 3), slice(2, 6), slice(3, 8))
    )

    assert image.mask is not None
    np.testing.assert_array_equal(image.mask, mask[:, 2:6, 3:8])


@pytest.mark.parametrize(("frame", "read"), [(0, (0, 3)), (5, (3, 8)), (9, (7, 10))])
def test_a_crop_takes_in_the_neighbours_that_there_are(frame: int, read: tuple[int, int]) -> None:
    movie = np.arange(10 * 4 * 4).reshape(10, 4, 4)
    region = (slice(frame, frame + 1), slice(0, 4), slice(1, 3))
    window = crop(Image(movie, "TYX"), region, depth="T", context=2).data

    assert isinstance(window, Window)
    assert window.region == (slice(*read), *region[1:])
    assert window.wanted == region
    np.testing.assert_array_equal(window.keep(window[:]), movie[region])


def test_a_crop_has_no_context_along_other_axes() -> None:
    region = (slice(2, 3), slice(0, 4), slice(0, 4))
    for depth in ("", "Z"):
        part = crop(Image(np.zeros((9, 4, 4)), "TYX"), region, depth=depth, context=2)
        assert part.data.shape == (1, 4, 4)
