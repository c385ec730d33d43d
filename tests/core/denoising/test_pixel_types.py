from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain, fill_holes
from noise2same_testing.arrays import picture
from noise2same_testing.denoising import run

ModelFactory = Callable[..., TrainedModel]
Array = NDArray[Any]

LINEAR = Domain(100.0, 50.0, 0.2)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "uint32"])
def test_integers_are_rounded_and_clipped(make_model: ModelFactory, dtype: str) -> None:
    limits = np.iinfo(dtype)
    middle, spread = (limits.max + limits.min) / 2, (limits.max - limits.min) / 2
    model = make_model(domain=Domain(middle, spread, 0.2))
    values = np.random.default_rng(0).integers(limits.min, limits.max, (60, 60), dtype, True)
    kept = run(Image(values, "YX"), model, dtype="keep")
    exact = run(Image(values, "YX"), model).astype(np.float64)
    assert kept.dtype == dtype
    assert (exact < limits.min).any()
    assert (exact > limits.max).any()
    np.testing.assert_array_equal(kept, np.rint(np.clip(exact, limits.min, limits.max)))


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_the_largest_integers_do_not_wrap_around(make_model: ModelFactory, dtype: str) -> None:
    limits = np.iinfo(dtype)
    model = make_model(domain=Domain(limits.max / 2, limits.max / 4, 0.2))
    values = np.full((40, 40), limits.max, dtype)
    values[::2] = limits.max // 8
    exact = run(Image(values, "YX"), model).astype(np.float64)
    kept = run(Image(values, "YX"), model, dtype="keep")
    assert (exact > 1.2 * limits.max).any()
    assert kept.dtype == dtype
    clipped = np.clip(exact, float(limits.min), float(limits.max))
    np.testing.assert_allclose(kept.astype(np.float64), clipped, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_keep_their_type(make_model: ModelFactory, dtype: str) -> None:
    values = picture(40, 40, dtype=dtype)
    kept = run(Image(values, "YX"), make_model(), dtype="keep")
    exact = run(Image(values, "YX"), make_model())
    assert kept.dtype == dtype
    np.testing.assert_array_equal(kept, exact.astype(dtype))


def test_half_floats_are_clipped_to_their_range(make_model: ModelFactory) -> None:
    model = make_model(domain=Domain(0.0, 60_000.0, 0.2))
    values = np.linspace(-60_000, 60_000, 1600).astype(np.float16).reshape(40, 40)
    values[3, 4] = np.inf
    exact = run(Image(values, "YX"), model)
    kept = run(Image(values, "YX"), model, dtype="keep")
    finite = np.isfinite(exact)
    assert (np.abs(exact[finite]) > 65_504).any()
    assert np.abs(kept[finite]).max() == 65_504
    assert kept[3, 4] == np.inf


def test_booleans_are_thresholded(make_model: ModelFactory) -> None:
    model = make_model(domain=Domain(0.5, 0.5, 0.2))
    values = picture(40, 40) > 90
    kept = run(Image(values, "YX"), model, dtype="keep")
    assert kept.dtype == bool
    np.testing.assert_array_equal(kept, run(Image(values, "YX"), model) >= 0.5)
    assert kept.any()
    assert not kept.all()


def test_the_default_type_is_float32(make_model: ModelFactory) -> None:
    assert run(Image(picture(20, 20, dtype=np.uint8), "YX"), make_model()).dtype == np.float32


@pytest.mark.parametrize("arrange", [np.asfortranarray, lambda a: a.astype(">u2"), np.flipud])
def test_memory_layout_and_byte_order_do_not_matter(
    make_model: ModelFactory, arrange: Callable[[Array], Array]
) -> None:
    arranged = arrange(picture(31, 44, dtype=np.uint16))
    plain = np.array(arranged, dtype=np.uint16, order="C")
    found = run(Image(arranged, "YX"), make_model(), dtype="keep", tile=16)
    np.testing.assert_array_equal(
        found, run(Image(plain, "YX"), make_model(), dtype="keep", tile=16)
    )


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("stabilised", [False, True])
def test_pixels_that_are_not_finite_stay_and_do_not_spread(
    make_model: ModelFactory, odd: float, stabilised: bool
) -> None:
    model = make_model(domain=None if stabilised else LINEAR)
    values = picture(50, 60)
    odds = np.zeros(values.shape, bool)
    odds[3, 4] = odds[20:25, 30:41] = odds[-1, -1] = True
    middle = model.domains[0].inverse(np.zeros(1, np.float32))[0]
    holed = np.where(odds, odd, values).astype(np.float32)
    near = fill_holes(holed)
    filled = np.where(np.isfinite(near), near, middle)
    found = run(Image(holed, "YX"), model, tile=16)
    expected = run(Image(filled, "YX"), model, tile=16)
    np.testing.assert_array_equal(found[odds], np.full(odds.sum(), odd))
    if stabilised:  # the way there and back is only nearly zero
        np.testing.assert_allclose(found[~odds], expected[~odds], rtol=0.05, atol=5)
    else:
        np.testing.assert_allclose(found[~odds], expected[~odds], rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("absurd", [1e9, -1e6, 1e30, -3.4e38])
def test_an_absurd_pixel_stays_and_does_not_spread(make_model: ModelFactory, absurd: float) -> None:
    model, values = make_model(), picture(50, 60)
    values[20, 30] = np.nan
    expected = run(Image(values, "YX"), model)
    values[20, 30] = absurd
    found = run(Image(values, "YX"), model)
    assert found[20, 30] == np.float32(absurd)
    found[20, 30] = np.nan
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("odd", [4000.0, -900.0])
@pytest.mark.parametrize("place", [(20, 30), (slice(None), 30), (20, slice(None))])
def test_hot_and_dead_pixels_and_lines_are_denoised_as_what_is_around_them(
    make_model: ModelFactory, odd: float, place: Any
) -> None:
    values, model = picture(90, 100), make_model(domain=Domain(100.0, 50.0, 1.0))
    values[place] = np.nan
    filled = run(Image(fill_holes(values), "YX"), model)
    values[place] = odd
    found = run(Image(values, "YX"), model)
    np.testing.assert_allclose(found, filled, rtol=1e-5, atol=1e-3)


def test_a_nan_in_one_joint_channel_leaves_the_others_alone(make_model: ModelFactory) -> None:
    values = picture(2, 30, 30)
    values[1, 5, 6] = np.nan
    found = run(Image(values, "CYX"), make_model(channels=2, domains=2, joint=True))
    assert np.argwhere(~np.isfinite(found)).tolist() == [[1, 5, 6]]


def test_an_image_of_nan_alone_stays_as_it_is(make_model: ModelFactory) -> None:
    found = run(Image(np.full((20, 20), np.nan), "YX"), make_model(), dtype="keep")
    assert np.isnan(found).all()
