from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from napari_noise2same.core.errors import AxesError, ConfigurationError, FileError
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.streaming.plan import CellPlan, plan_cells

ModelFactory = Callable[..., TrainedModel]


def plan(model: TrainedModel, shape: tuple[int, ...], axes: str, **config: Any) -> CellPlan:
    """A plan for an image that takes no memory."""
    image = Image(np.broadcast_to(np.uint16(0), shape), axes)
    return plan_cells(image, model, DenoiseConfig(**config))


@pytest.mark.parametrize(
    ("shape", "axes", "network"),
    [
        ((300, 190), "YX", {}),
        ((190, 3, 300, 2), "YTXC", {}),
        ((20, 70, 90), "ZYX", {"spatial_dims": 3}),
        ((2, 20, 70, 90), "CZYX", {"spatial_dims": 3, "channels": 2, "domains": 2, "joint": True}),
    ],
)
def test_cells_partition_the_result_and_share_no_chunk(
    make_model: ModelFactory, shape: tuple[int, ...], axes: str, network: dict[str, Any]
) -> None:
    cells = plan(make_model(**network), shape, axes, tile=64)
    count = np.zeros(cells.result_shape, int)
    chunks: list[tuple[int, ...]] = []
    for index in range(len(cells)):
        region = cells.result_region(index)
        count[region] += 1
        chunks += product(
            *(
                range(part.start // side, -(-part.stop // side))
                for part, side in zip(region, cells.result_chunks, strict=True)
            )
        )
    assert (count == 1).all()
    assert len(cells) > 1
    assert len(chunks) == len(set(chunks))


def test_axes_of_the_result_are_in_the_order_of_the_format(make_model: ModelFactory) -> None:
    cells = plan(make_model(), (190, 3, 300, 2), "YTXC")
    assert (cells.result_layout.axes, cells.result_shape) == ("TCYX", (3, 2, 190, 300))
    colours = plan(make_model(channels=3, domains=3, joint=True), (190, 300, 3), "YXS")
    assert (colours.result_layout.axes, colours.result_shape) == ("CYX", (3, 190, 300))
    movie = plan(replace(make_model(spatial_dims=3), depth_axis="T"), (40, 190, 300), "TYX")
    assert (len(movie.tiles[0].write), movie.result_shape) == (3, (40, 190, 300))


def test_a_cell_of_a_large_image_fits_into_memory(make_model: ModelFactory) -> None:
    shape = (40_000, 40_000)
    small, large = (plan(make_model(widths=(w, 8)), shape, "YX") for w in (32, 128))
    assert 1024 < min(small.cell) <= max(small.cell) < 4096
    assert np.prod(large.cell) < np.prod(small.cell)


def test_the_type_of_the_result_is_asked_for(make_model: ModelFactory) -> None:
    assert plan(make_model(), (20, 20), "YX").dtype == np.float32
    image = Image(np.zeros((20, 20), ">u2"), "YX")
    kept = plan_cells(image, make_model(), DenoiseConfig(dtype="keep"))
    assert kept.dtype == np.dtype("=u2")


def test_a_small_tile_makes_small_chunks_on_the_networks_grid(make_model: ModelFactory) -> None:
    cells = plan(make_model(), (300, 190), "YX", tile=39)
    assert (cells.cell, cells.chunk) == ((36, 36), (36, 36))
    assert plan(make_model(), (3000, 1900), "YX", tile=1100).cell == (1024, 1024)


def test_an_overlap_is_the_context(make_model: ModelFactory) -> None:
    cells = plan(make_model(), (96, 96), "YX", tile=32, overlap=8)
    assert cells.tiles[4].read == (slice(24, 72), slice(24, 72))


def test_chunks_of_the_source_are_kept_together(make_model: ModelFactory) -> None:
    dask = pytest.importorskip("dask.array", reason="needs the extra 'dask'")
    data = dask.zeros((4096, 4096), chunks=(1024, 4096), dtype="uint8")
    cells = plan_cells(Image(data, "YX"), make_model(widths=(32, 8)), DenoiseConfig(overlap=0))
    assert cells.cell[0] % 1024 == 0


def test_what_does_not_fit_the_model_or_the_format_is_refused(make_model: ModelFactory) -> None:
    with pytest.raises(AxesError, match="Z axis"):
        plan(make_model(spatial_dims=3), (20, 20), "YX")
    with pytest.raises(FileError, match="CYXS"):
        _ = plan(make_model(), (1, 20, 20, 3), "CYXS").result_shape


def test_what_is_no_model_is_refused() -> None:
    given: Any = "model.safetensors"
    with pytest.raises(ConfigurationError, match="Expected a model, found str"):
        plan(given, (32, 32), "YX")
