from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.tiling import Tile, plan_tiles
from napari_noise2same.core.tiling.geometry import Segment, plan_axis


class Axis(NamedTuple):
    """What `plan_axis` takes."""

    length: int
    tile: int
    halo: int
    band: int
    multiple: int

    def plan(self) -> tuple[Segment, ...]:
        return plan_axis(
            self.length, self.tile, halo=self.halo, band=self.band, multiple=self.multiple
        )


@st.composite
def axes(draw: st.DrawFn) -> Axis:
    """Axes of any length, many of them shorter than one tile."""
    tile = draw(st.integers(1, 40))
    band = draw(st.integers(0, tile // 2))
    return Axis(
        draw(st.integers(1, 120)), tile, draw(st.integers(0, 30)), band, draw(st.integers(1, 9))
    )


@given(axes())
def test_cells_partition_the_axis(axis: Axis) -> None:
    covered = [i for s in axis.plan() for i in range(s.cell.start, s.cell.stop)]
    assert covered == list(range(axis.length))
    assert all(s.cell.stop - s.cell.start == axis.tile for s in axis.plan()[:-1])


@given(axes())
def test_a_segment_writes_its_cell_and_the_bands(axis: Axis) -> None:
    for segment in axis.plan():
        assert segment.band == axis.band
        assert segment.write.start == max(segment.cell.start - axis.band, 0)
        assert segment.write.stop == min(segment.cell.stop + axis.band, axis.length)


@given(axes())
def test_reading_gives_the_halo_on_the_grid_of_the_network(axis: Axis) -> None:
    for segment in axis.plan():
        read, write = segment.read, segment.write
        assert 0 <= read.start <= max(write.start - axis.halo, 0)
        assert min(write.stop + axis.halo, axis.length) <= read.stop <= axis.length
        assert read.start % axis.multiple == 0
        assert read.stop % axis.multiple == 0 or read.stop == axis.length
        # No more than that: reading costs time and memory.
        assert read.start > write.start - axis.halo - axis.multiple
        assert read.stop < write.stop + axis.halo + axis.multiple


@given(axes())
def test_inner_is_what_is_written_in_what_is_read(axis: Axis) -> None:
    positions = np.arange(axis.length)
    for segment in axis.plan():
        np.testing.assert_array_equal(
            positions[segment.read][segment.inner], positions[segment.write]
        )


def test_a_tile_larger_than_the_image_is_the_image() -> None:
    (segment,) = plan_axis(37, 64, halo=20, band=8, multiple=8)
    assert segment.cell == segment.write == segment.read == segment.inner == slice(0, 37)


@pytest.mark.parametrize(
    "axis",
    [
        Axis(0, 8, 0, 0, 1),
        Axis(8, 0, 0, 0, 1),
        Axis(8, 8, -1, 0, 1),
        Axis(8, 8, 0, -1, 1),
        Axis(8, 8, 0, 0, 0),
        Axis(20, 8, 0, 5, 1),
    ],
)
def test_impossible_settings_are_refused(axis: Axis) -> None:
    with pytest.raises(ConfigurationError, match="Expected a positive tile"):
        axis.plan()


def test_each_axis_of_a_tile_has_its_own_settings() -> None:
    tiles = plan_tiles((9, 40), (4, 16), halo=(1, 8), band=(0, 2), multiple=(1, 4))
    expected = [
        Tile((z, x))
        for z in plan_axis(9, 4, halo=1)
        for x in plan_axis(40, 16, halo=8, band=2, multiple=4)
    ]
    assert list(tiles) == expected
    tile = tiles[4]
    assert tile.write == (slice(4, 8), slice(14, 34))
    assert tile.read == (slice(3, 9), slice(4, 40))
    assert tile.inner == (slice(1, 5), slice(10, 30))
