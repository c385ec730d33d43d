from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import convolve

from napari_noise2same.core.objective import Mask
from napari_noise2same.core.objective.masks import stratified_mask
from napari_noise2same.core.objective.replacement import donut_mean, replacement_values

Kind = Literal["donut", "gaussian"]
KINDS: list[Kind] = ["donut", "gaussian"]
PLANE = [[0.5, 1, 0.5], [1, 0, 1], [0.5, 1, 0.5]]
BESIDE = [[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]]
WEIGHTS = {2: np.array(PLANE) / 6, 3: np.array([BESIDE, PLANE, BESIDE]) / 14}

sizes = st.lists(st.integers(2, 7), min_size=2, max_size=3)
flat_sizes = st.lists(st.integers(1, 5), min_size=2, max_size=3)


def mask_of(shape: tuple[int, ...]) -> Mask:
    return stratified_mask(shape, 10, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("ndim", [2, 3])
def test_neighbours_weigh_less_the_more_axes_they_differ_in(ndim: int) -> None:
    pulse = torch.zeros(1, 1, *(5,) * ndim, dtype=torch.double)
    pulse[(0, 0, *(2,) * ndim)] = 1
    expected = np.pad(WEIGHTS[ndim], 1)
    np.testing.assert_allclose(donut_mean(pulse)[0, 0], expected, rtol=1e-12)


@given(sizes, st.integers(1, 3))
def test_borders_are_reflected_and_channels_stay_apart(size: list[int], channels: int) -> None:
    x = torch.randn(2, channels, *size, dtype=torch.double)
    result = donut_mean(x)
    for image, mean in zip(x.flatten(0, 1), result.flatten(0, 1), strict=True):
        expected = convolve(image.numpy(), WEIGHTS[len(size)], mode="mirror")
        np.testing.assert_allclose(mean, expected, rtol=1e-9, atol=1e-12)


@given(flat_sizes, st.data())
def test_a_pixel_does_not_count_towards_its_own_mean(size: list[int], data: st.DataObject) -> None:
    place = (0, 0, *(data.draw(st.integers(0, length - 1)) for length in size))
    x = torch.randn(1, 1, *size)
    changed = x.clone()
    changed[place] += 1000
    assert donut_mean(changed)[place] == donut_mean(x)[place]


@given(flat_sizes.filter(lambda size: max(size) > 1), st.floats(-1e3, 1e3))
def test_a_constant_image_is_its_own_mean(size: list[int], value: float) -> None:
    x = torch.full((1, 2, *size), value, dtype=torch.double)
    torch.testing.assert_close(donut_mean(x), x)


def test_a_single_plane_is_averaged_as_an_image() -> None:
    image = torch.randn(2, 3, 6, 5)
    torch.testing.assert_close(donut_mean(image[:, :, None]), donut_mean(image)[:, :, None])


@pytest.mark.parametrize("shape", [(3, 2, 24, 20), (3, 2, 8, 12, 10)])
def test_donut_replacement_is_the_mean_at_the_masked_pixels(shape: tuple[int, ...]) -> None:
    x, mask = torch.randn(shape), mask_of(shape)
    values = replacement_values(x, mask, "donut", generator=torch.Generator())
    assert torch.equal(values, mask.gather(donut_mean(x)))


def test_gaussian_replacement_is_the_published_one() -> None:
    shape = (8, 1, 128, 128)
    mask = mask_of(shape)
    bright, dark = (
        replacement_values(
            torch.full(shape, level),
            mask,
            "gaussian",
            generator=torch.Generator().manual_seed(5),
        )
        for level in (1e3, 0.0)
    )
    assert torch.equal(bright, dark)
    assert bright.shape == (len(mask),)
    assert bright.mean().item() == pytest.approx(0, abs=0.01)
    assert bright.std().item() == pytest.approx(0.2, rel=0.03)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_replacement_has_the_type_of_the_image(kind: Kind, dtype: torch.dtype) -> None:
    x = torch.randn(1, 1, 16, 16, dtype=dtype)
    mask = mask_of((1, 1, 16, 16))
    values = replacement_values(x, mask, kind, generator=torch.Generator())
    assert values.dtype == dtype
