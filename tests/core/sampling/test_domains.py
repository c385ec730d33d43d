from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import zoom

from napari_noise2same.core.array import ImageView, plan_layout
from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.noise import Domain, fit_domain
from napari_noise2same.core.sampling import (
    Block,
    domains,
    find_noise_distance,
    load_blocks,
    normalise,
    planes_are_alike,
    take_apart,
)
from napari_noise2same.core.sampling.domains import fit_domains

Array = NDArray[Any]


def view(array: Any, axes: str) -> ImageView:
    return ImageView(array, plan_layout(axes, array.shape))


def test_each_channel_has_a_domain_fitted_to_all_of_its_blocks() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 2, 40, 40))
    values[:, 1] = 50 + 7 * values[:, 1] + 20 * np.arange(3)[:, None, None]
    blocks = load_blocks([view(values, "TCYX")], 10**6, seed=0)
    first, second = fit_domains(blocks[::-1], "linear")
    assert (first.mean, first.std) == pytest.approx((0, 1), abs=0.05)
    assert (second.mean, second.std) == pytest.approx(
        (values[:, 1].mean(), values[:, 1].std()), rel=0.05
    )
    assert first.kind == "linear"
    assert fit_domains(blocks, "stabilised")[0].kind == "stabilised"


@pytest.mark.parametrize("joint", [False, True])
def test_a_constant_channel_is_0_without_noise_and_leaves_the_others_alone(joint: bool) -> None:
    values = np.random.default_rng(0).normal(size=(2, 40, 40)).astype(np.float32)
    values[0] = 5
    image = ImageView(values, plan_layout("CYX", values.shape), joint_channels=joint)
    blank, other = fit_domains(load_blocks([image], 10**6, seed=0), "stabilised")
    assert blank == Domain(mean=5, std=1, sigma=0)
    assert json.dumps(blank.to_dict())
    assert (other,) == fit_domains(load_blocks([view(values[1], "YX")], 10**6, 0), "stabilised")


def test_constant_channels_alone_are_refused() -> None:
    values = np.array([5.0, 7.0])[:, None, None].repeat(40, 1).repeat(40, 2)
    blocks = load_blocks([view(values, "CYX")], 10**6, seed=0)
    with pytest.raises(ImageError, match="constant"):
        fit_domains(blocks, "stabilised")


OFFSET = np.random.default_rng(0).poisson(50, (40, 40)) + 10**9


@pytest.mark.parametrize("dtype", ["int64", "float64"])
@pytest.mark.parametrize("joint", [False, True])
def test_a_channel_that_single_precision_cannot_hold_is_refused_beside_others_too(
    dtype: str, joint: bool
) -> None:
    values = np.stack([OFFSET - 10**9, OFFSET]).astype(dtype)
    image = ImageView(values, plan_layout("CYX", values.shape), joint_channels=joint)
    with pytest.raises(ImageError, match=r"tell apart, .*: subtract an offset"):
        fit_domains(load_blocks([image], 10**6, seed=0), "stabilised")


@pytest.mark.parametrize("values", [OFFSET % 50 + 2**60, OFFSET % 50 * 1e300])
def test_what_is_lost_in_doubles_is_not_constant(values: Array) -> None:
    values = np.stack([(OFFSET % 50).astype(values.dtype), values])
    with pytest.raises(ImageError, match="single precision"):
        fit_domains(load_blocks([view(values, "CYX")], 10**6, seed=0), "linear")


@pytest.mark.parametrize(
    ("value", "odd", "dtype"),
    [(0.3, 0.1 + 0.2, "float64"), (32768, 32769, "uint16"), (1, 1, "bool")],
)
def test_odd_pixels_and_rounding_make_no_difference_to_a_constant_channel(
    value: float, odd: float, dtype: str
) -> None:
    values = np.full((40, 40), value, dtype)
    values[0, :5] = odd
    image = view(np.stack([values, (OFFSET % 2).astype(dtype)]), "CYX")
    blank, _ = fit_domains(load_blocks([image], 10**6, seed=0), "linear")
    assert blank == Domain(value, std=1, sigma=0)


def test_channels_are_normalised_in_their_own_domains() -> None:
    values = np.array([[[10.0]], [[10.0]]])
    domains = [Domain(0, 1, 0.1), Domain(4, 2, 0.1), Domain(10, 5, 0.1)]
    found, _ = normalise(values, (1, 2), domains)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[[3.0]], [[0.0]]])


def test_hot_pixels_are_told_by_the_noise_of_their_channel() -> None:
    values = np.zeros((2, 9, 9))
    values[:, 4, 4] = 5
    domains = [Domain(0, 1, 0.1), Domain(0, 1, 1.0)]
    shown, kept = normalise(values, (0, 1), domains)
    np.testing.assert_array_equal(np.argwhere(shown != values), [[0, 4, 4]])
    assert not kept.any()
    assert shown[:, 4, 4].tolist() == [0, 5]


def test_a_blank_channel_does_not_tell_how_far_apart_noise_is_independent() -> None:
    rng = np.random.default_rng(0)
    counts = rng.poisson(20, (128, 128)).astype(np.float32)
    enlarged = zoom(counts, 2, order=1, grid_mode=True, mode="nearest")
    sharp = rng.poisson(20, enlarged.shape).astype(np.float32)
    blank = np.zeros_like(enlarged)
    wide = zoom(counts, (1, 2), order=1, grid_mode=True, mode="nearest")
    for channels, distance in (
        ([enlarged, blank], (2, 2)),
        ([enlarged, sharp], (1, 1)),
        ([enlarged[:128], wide], (1, 2)),
        ([blank], (1, 1)),
        ([blank > 0], (1, 1)),
    ):
        block = Block(np.stack(channels), tuple(range(len(channels))))
        assert find_noise_distance([block]) == distance


def test_of_several_images_the_one_whose_noise_is_shared_least_counts() -> None:
    rng = np.random.default_rng(0)
    enlarged = zoom(
        rng.poisson(20, (200, 200)).astype(np.float32), 2, order=1, grid_mode=True, mode="nearest"
    )
    sharp = rng.poisson(20, (200, 200)).astype(np.float32)
    blocks = [Block(enlarged[None], (0,)), Block(sharp[None], (0,), image=1)]
    assert find_noise_distance(blocks[:1]) == (2, 2)
    assert find_noise_distance(blocks) == (1, 1)
    # One that is too small to tell has no say.
    blocks[1] = Block(enlarged[None, :90, :90], (0,), image=1)
    assert find_noise_distance(blocks) == (2, 2)


def test_small_images_tell_the_distance_of_noise_together() -> None:
    rng = np.random.default_rng(0)
    blocks = []
    for image in range(24):
        counts = rng.poisson(20, (40, 40)).astype(np.float32)
        enlarged = zoom(counts, 2, order=1, grid_mode=True, mode="nearest")
        blocks.append(Block(enlarged[None], (0,), image=image))
    assert find_noise_distance(blocks[:1]) == (1, 1)
    assert find_noise_distance(blocks) == (2, 2)


def test_planes_are_alike_if_they_are_in_all_channels_that_are_not_blank() -> None:
    rng = np.random.default_rng(0)
    sharp = rng.poisson(20, (16, 64, 64)).astype(np.float32)
    deep = zoom(sharp[:8], (2, 1, 1), order=1, grid_mode=True, mode="nearest")
    blank = np.zeros_like(sharp)
    for channels, alike in (
        ([deep, blank], True),
        ([deep, sharp], False),
        ([blank], False),
    ):
        block = Block(np.stack(channels), tuple(range(len(channels))))
        assert planes_are_alike([block]) == alike
    assert not planes_are_alike([Block(deep[:, 0], tuple(range(16)))])


def test_blocks_are_taken_apart_into_every_so_many_rows_and_columns() -> None:
    values = np.arange(2 * 7 * 8).reshape(2, 7, 8)
    parts = take_apart([Block(values, (0, 1), image=3)], (2, 3))
    assert len(parts) == 6
    assert {part.image for part in parts} == {3}
    np.testing.assert_array_equal(parts[5].values, values[:, 1::2, 2::3])
    assert sorted(np.concatenate([part.values.ravel() for part in parts])) == list(range(112))


def test_masks_are_taken_apart_with_their_pixels() -> None:
    mask = np.zeros((6, 6), bool)
    mask[1::2, 4] = True
    parts = take_apart([Block(np.arange(36).reshape(1, 6, 6), (0,), mask)], (2, 2))
    assert [part.trainable for part in parts] == [0, 0, 3, 0]
    np.testing.assert_array_equal(parts[2].values, [[[6, 8, 10], [18, 20, 22], [30, 32, 34]]])
    assert parts[2].mask is not None
    np.testing.assert_array_equal(np.argwhere(parts[2].mask), [[0, 2], [1, 2], [2, 2]])


@pytest.mark.parametrize("photons", [0.01, 0.05, 0.3])
def test_lonely_photons_are_no_hot_pixels(photons: float) -> None:
    counts = np.random.default_rng(0).poisson(photons, (1, 192, 192)).astype(np.float32)
    _, hidden = normalise(counts, (0,), [fit_domain(counts, spatial_ndim=2)])
    assert hidden.mean() < photons / 20


def test_of_many_pixels_an_evenly_spread_part_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    values = rng.poisson(np.linspace(20, 400, 1200)[:, None].repeat(900, 1)).astype(np.uint16)
    blocks = load_blocks([view(values, "YX")], 10**7, seed=0)
    (whole,) = fit_domains(blocks, "stabilised")
    monkeypatch.setattr(domains, "_FIT_PIXELS", 400_000)
    sizes = []

    def spy(samples: list[Array], *args: Any, **kwargs: Any) -> Domain:
        sizes.append(sum(sample.size for sample in samples))
        return fit_domain(samples, *args, **kwargs)

    monkeypatch.setattr(domains, "fit_domain", spy)
    (part,) = fit_domains(blocks, "stabilised")
    assert 350_000 < sizes[0] < 450_000
    assert (part.mean, part.std) == pytest.approx((whole.mean, whole.std), rel=0.15)
    assert part.noise is not None
    assert whole.noise is not None
    assert part.noise.gain == pytest.approx(whole.noise.gain, rel=0.05)


def test_volumes_are_cut_along_all_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains, "_FIT_PIXELS", 10**5)
    values = np.random.default_rng(0).normal(100, 5, (1, 40, 130, 150))
    (domain,) = fit_domains([Block(values, (0,))], "linear")
    assert (domain.mean, domain.std) == pytest.approx((100, 5), rel=0.02)
