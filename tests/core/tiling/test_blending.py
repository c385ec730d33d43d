from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_noise2same.core.tiling import blend_weights, plan_tiles

Geometry = list[tuple[int, int, int]]


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """Length, tile and band of one to three axes, odd ones and tiles larger than the image."""
    result = []
    for _ in range(draw(st.integers(1, 3))):
        tile = draw(st.integers(1, 12))
        result.append((draw(st.integers(1, 23)), tile, draw(st.integers(0, tile // 2))))
    return result


@given(geometries())
def test_weights_of_all_tiles_sum_to_one_everywhere(geometry: Geometry) -> None:
    shape, tile, band = (tuple(field) for field in zip(*geometry, strict=True))
    none, one = (0,) * len(shape), (1,) * len(shape)
    total = np.zeros(shape)
    for part in plan_tiles(shape, tile, halo=none, band=band, multiple=one):
        weights = blend_weights(part, shape)
        assert weights.dtype == np.float32
        assert weights.shape == total[part.write].shape
        assert weights.min() > 0
        assert weights.max() <= 1
        total[part.write] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_ramps_are_linear_and_centred_on_the_border_between_cells() -> None:
    left, right = plan_tiles((16,), (8,), halo=(0,), band=(2,), multiple=(1,))
    ramp = [0.125, 0.375, 0.625, 0.875]
    np.testing.assert_allclose(blend_weights(left, (16,)), [1] * 6 + ramp[::-1])
    np.testing.assert_allclose(blend_weights(right, (16,)), ramp + [1] * 6)
