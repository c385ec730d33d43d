from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_noise2same.core.denoising import denoise
from napari_noise2same.core.denoising.detail import give_back_detail
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import DenoiseConfig

Floats = NDArray[np.float32]

# Weak noise, so that what the network has missed is worth a look.
WEAK = Domain(100.0, 50.0, 0.1, detail=0.1)


def noise(level: float, seed: int = 0) -> Floats:
    return np.asarray(np.random.default_rng(seed).normal(0, level, (128, 128)), np.float32)


def weave(amplitude: float) -> Floats:
    """A texture that a network which smooths all of it away has not seen."""
    threads = np.indices((128, 128)).sum(axis=0) % 2
    return np.asarray(amplitude * (2.0 * threads - 1), np.float32)


@settings(max_examples=25, deadline=None)
@given(level=st.floats(0.01, 100), seed=st.integers(0, 2**32))
def test_noise_is_not_given_back(level: float, seed: int) -> None:
    noisy = noise(level, seed)
    left = give_back_detail(noisy, np.zeros_like(noisy), level)
    assert np.square(left).mean() < 1e-3 * level**2


@settings(max_examples=25, deadline=None)
@given(ratio=st.floats(2, 20), seed=st.integers(0, 2**32))
def test_lost_texture_comes_back_better_than_it_was_and_better_than_noisy(
    ratio: float, seed: int
) -> None:
    texture = weave(ratio)
    noisy = texture + noise(1.0, seed)
    found = give_back_detail(noisy, np.zeros_like(noisy), 1.0)
    error = np.square(found - texture).mean()
    assert error < np.square(texture).mean()
    assert error < 1.15 * ratio**2 / (1 + ratio**2)  # Wiener's, but for the margin
    assert error < np.square(noisy - texture).mean()


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 2**32))
def test_units_do_not_matter(scale: float, seed: int) -> None:
    noisy, clean = weave(2.0) + noise(1.0, seed), noise(0.3, seed + 1)
    found = give_back_detail(noisy, clean, 1.0)
    scaled = give_back_detail(np.float32(scale) * noisy, np.float32(scale) * clean, scale)
    np.testing.assert_allclose(scaled, scale * found, rtol=1e-4, atol=1e-4 * scale)


def test_plain_places_stay_clean_beside_texture() -> None:
    texture = weave(5.0)
    texture[:, :64] = 0
    noisy = texture + noise(1.0)
    found = give_back_detail(noisy, np.zeros_like(noisy), 1.0)
    assert np.square(found[:, :48]).mean() < 1e-3
    assert np.square(found - texture)[:, 80:].mean() < 1.0


def test_a_plane_knows_nothing_of_those_beside_it() -> None:
    noisy = np.stack([noise(1.0), weave(5.0) + noise(1.0, 1)])
    found = give_back_detail(noisy, np.zeros_like(noisy), 1.0)
    for plane, alone in zip(found, noisy, strict=True):
        np.testing.assert_array_equal(plane, give_back_detail(alone, np.zeros_like(alone), 1.0))


def pretrained(make_model: Callable[..., TrainedModel], domain: Domain) -> TrainedModel:
    return replace(make_model(domain=domain), start="pretrained")


def picture(*shape: int) -> NDArray[Any]:
    return np.random.default_rng(0).gamma(4, 25, shape).astype(np.float32)


@pytest.mark.parametrize("tile", [16, 40])
def test_tiles_give_back_what_the_whole_image_does(
    make_model: Callable[..., TrainedModel], tile: int
) -> None:
    model, image = pretrained(make_model, WEAK), Image(picture(150, 133), "YX")
    whole = denoise(image, model)
    tiled = denoise(image, model, DenoiseConfig(tile=tile))
    np.testing.assert_allclose(tiled, whole, rtol=2e-5, atol=2e-5 * float(np.ptp(whole)))


def test_detail_is_given_back_where_noise_is_weak_and_the_network_did_not_learn_it_here(
    make_model: Callable[..., TrainedModel],
) -> None:
    image = Image(picture(64, 64), "YX")
    plain = denoise(image, pretrained(make_model, replace(WEAK, detail=None)))
    found = denoise(image, pretrained(make_model, WEAK))
    assert np.abs(image.data - found).mean() < 0.5 * np.abs(image.data - plain).mean()
    scratch = replace(pretrained(make_model, WEAK), start="scratch")
    np.testing.assert_array_equal(denoise(image, scratch), plain)
