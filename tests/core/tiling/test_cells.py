from __future__ import annotations

import math
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.core.tiling import choose_cell, plan_tiles


class Case(NamedTuple):
    """What `choose_cell` takes, for one to three axes."""

    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    source_chunk: tuple[int, ...]
    halo: tuple[int, ...]
    multiple: tuple[int, ...]
    max_pixels: int

    def choose(self, **changes: object) -> tuple[int, ...]:
        arguments = self._asdict() | changes
        return choose_cell(arguments.pop("shape"), **arguments)

    def reads(self, cell: tuple[int, ...]) -> list[int]:
        """Pixels that each cell reads."""
        none = (0,) * len(cell)
        tiles = plan_tiles(self.shape, cell, halo=self.halo, band=none, multiple=self.multiple)
        return [math.prod(part.stop - part.start for part in tile.read) for tile in tiles]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    axes = range(draw(st.integers(1, 3)))
    shape = tuple(draw(st.integers(1, 90)) for _ in axes)
    return Case(
        shape,
        tuple(min(draw(st.integers(1, 20)), n) for n in shape),
        tuple(draw(st.integers(1, 30)) for _ in axes),
        tuple(draw(st.integers(0, 12)) for _ in axes),
        tuple(draw(st.integers(1, 8)) for _ in axes),
        draw(st.integers(1, math.prod(shape))),
    )


@given(cases())
def test_a_cell_is_made_of_whole_chunks_so_that_no_two_cells_share_one(case: Case) -> None:
    for side, chunk, length in zip(case.choose(), case.chunk, case.shape, strict=True):
        assert side == length or side % chunk == 0
        assert 0 < side <= length


@given(cases())
def test_a_cell_with_its_context_fits_where_a_chunk_does(case: Case) -> None:
    if max(case.reads(case.chunk)) <= case.max_pixels:
        assert max(case.reads(case.choose())) <= case.max_pixels


@given(cases())
def test_where_not_even_a_chunk_fits_it_is_a_chunk(case: Case) -> None:
    cell = case.choose(max_pixels=1)
    assert max(case.reads(cell)) == max(case.reads(case.chunk))


@given(cases())
def test_cells_read_no_more_context_than_chunks_would(case: Case) -> None:
    plain = case._replace(source_chunk=(1,) * len(case.shape))
    assert sum(case.reads(plain.choose())) <= sum(case.reads(case.chunk)) or (
        max(case.reads(case.chunk)) > case.max_pixels
    )


def test_an_image_that_fits_is_one_cell() -> None:
    case = Case((300, 200), (64, 64), (1, 1), (20, 20), (4, 4), 60_000)
    assert case.choose() == (300, 200)


def test_cells_keep_to_the_chunks_of_the_image_where_that_costs_nothing() -> None:
    case = Case((1280, 1280), (64, 64), (320, 320), (0, 0), (1, 1), 320**2 + 5000)
    assert case.choose() == (320, 320)


def test_some_more_context_is_read_to_decode_less() -> None:
    case = Case((1280, 1280), (64, 64), (1280, 1), (4, 4), (1, 1), 96_000)
    assert case.choose() == (640, 128)
    assert case.choose(source_chunk=(1, 1)) == (256, 320)


def test_huge_images_are_planned_at_once() -> None:
    case = Case((2_000_000, 1_500_000), (512, 512), (512, 512), (94, 94), (16, 16), 3_800_000)
    assert max(case.choose()) <= 4096
