from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from napari_noise2same.core.denoising import denoise
from napari_noise2same.core.denoising.detail import give_back_detail
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import DenoiseConfig, Preset
from napari_noise2same.core.training import Finished, train

Floats = NDArray[np.float32]
ModelFactory = Callable[..., TrainedModel]

# Weak noise, so that what the network has missed is worth a look.
WEAK = Domain(100.0, 50.0, 0.1, detail=0.1)


def noise(level: float, seed: int = 0) -> Floats:
    return np.asarray(np.random.default_rng(seed).normal(0, level, (128, 128)), np.float32)


def weave(amplitude: float, direction: int) -> Floats:
    """A texture that a network which smooths all of it away has not seen."""
    y, x = np.indices((128, 128))
    threads = (y + x, y + 2 * x, x, 2 * y + x)[direction] // (1 + direction // 3) % 2
    return np.asarray(amplitude * (2.0 * threads - 1), np.float32)


@settings(max_examples=25, deadline=None)
@given(level=st.floats(0.01, 100), known=st.floats(0.1, 1), seed=st.integers(0, 2**32))
def test_noise_is_not_given_back_even_if_it_is_stronger_than_known(
    level: float, known: float, seed: int
) -> None:
    noisy = noise(level, seed)
    left = give_back_detail(noisy, np.zeros_like(noisy), known * level)
    assert np.square(left).mean() < 0.03 * level**2


@settings(max_examples=25, deadline=None)
@given(level=st.floats(1.5, 3), slow=st.floats(1.1, 1.6), seed=st.integers(0, 2**32))
def test_what_is_fast_in_noise_that_is_stronger_than_known_is_not_given_back(
    level: float, slow: float, seed: int
) -> None:
    noisy = noise(level, seed)
    # A network that takes the slow part of too strong noise for structure.
    clean = gaussian_filter(noisy, slow)
    back = give_back_detail(noisy, clean, 1.0) - clean
    assert np.square(back).mean() < 0.08 * np.square(noisy - clean).mean()


@settings(max_examples=25, deadline=None)
@given(ratio=st.floats(2, 20), direction=st.integers(0, 3), seed=st.integers(0, 2**32))
def test_lost_texture_comes_back_better_than_it_was_and_better_than_noisy(
    ratio: float, direction: int, seed: int
) -> None:
    texture = weave(ratio, direction)
    noisy = texture + noise(1.0, seed)
    found = give_back_detail(noisy, np.zeros_like(noisy), 1.0)
    error = np.square(found - texture).mean()
    assert error < 0.5 * np.square(texture).mean()
    assert error < 1.1 * ratio**2 / (1 + ratio**2)  # Wiener's, but for the margin


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 2**32))
def test_units_do_not_matter(scale: float, seed: int) -> None:
    noisy, clean = weave(2.0, 0) + noise(1.0, seed), noise(0.3, seed + 1)
    found = give_back_detail(noisy, clean, 1.0)
    scaled = give_back_detail(np.float32(scale) * noisy, np.float32(scale) * clean, scale)
    np.testing.assert_allclose(scaled, scale * found, rtol=1e-3, atol=1e-3 * scale)


def test_plain_places_stay_clean_beside_texture() -> None:
    texture = weave(5.0, 1)
    texture[:, :64] = 0
    noisy = texture + noise(1.0)
    found = give_back_detail(noisy, np.zeros_like(noisy), 1.0)
    assert np.square(found[:, :50]).mean() < 1e-2
    assert np.square(found - texture)[:, 78:].mean() < 1.0


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (2, 3), (8, 8)])
def test_images_smaller_than_the_window(shape: tuple[int, int]) -> None:
    noisy = noise(1.0)[: shape[0], : shape[1]]
    found = give_back_detail(noisy, np.zeros_like(noisy), 0.5)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(give_back_detail(noisy, noisy, 0.5), noisy)


def picture(*shape: int) -> NDArray[Any]:
    stripes = 60 * (np.indices(shape).sum(axis=0) % 3)
    return np.asarray(stripes + np.random.default_rng(0).gamma(4, 9, shape), np.float32)


def pretrained(make_model: ModelFactory, domain: Domain, **network: Any) -> TrainedModel:
    return replace(make_model(domain=domain, **network), start="pretrained")


@pytest.mark.parametrize("tile", [16, 40])
def test_tiles_give_back_what_the_whole_image_does(make_model: ModelFactory, tile: int) -> None:
    model, image = pretrained(make_model, WEAK), Image(picture(150, 133), "YX")
    whole = denoise(image, model)
    tiled = denoise(image, model, DenoiseConfig(tile=tile))
    np.testing.assert_allclose(tiled, whole, rtol=2e-5, atol=2e-5 * float(np.ptp(whole)))


def test_detail_is_given_back_where_noise_is_weak_and_the_network_did_not_learn_it_here(
    make_model: ModelFactory,
) -> None:
    image = Image(picture(64, 64), "YX")
    plain = denoise(image, pretrained(make_model, replace(WEAK, detail=None)))
    found = denoise(image, pretrained(make_model, WEAK))
    assert np.abs(image.data - found).mean() < 0.5 * np.abs(image.data - plain).mean()
    scratch = replace(pretrained(make_model, WEAK), start="scratch")
    np.testing.assert_array_equal(denoise(image, scratch), plain)


def test_detail_of_volumes_is_given_back_plane_by_plane(make_model: ModelFactory) -> None:
    image = Image(picture(9, 64, 64), "ZYX")
    found, plain = (
        denoise(image, pretrained(make_model, domain, spatial_dims=3))
        for domain in (WEAK, replace(WEAK, detail=None))
    )
    planes = [
        give_back_detail(WEAK.forward(noisy), WEAK.forward(clean), 0.1)
        for noisy, clean in zip(np.asarray(image.data), plain, strict=True)
    ]
    np.testing.assert_allclose(found, WEAK.inverse(np.stack(planes)), rtol=1e-4, atol=1e-2)
    assert np.abs(image.data - found).mean() < 0.5 * np.abs(image.data - plain).mean()


@pytest.mark.parametrize("pattern", ["stripes", "ramps"])
def test_an_image_without_noise_stays_nearly_as_it_is(pattern: str) -> None:
    rows, columns = np.indices((128, 128))
    values = {"stripes": columns // 8 % 2 * 100.0, "ramps": rows % 20 * 5.0}[pattern]
    image = Image(values, "YX")
    *_, finished = train([image], Preset.INSTANT.config())
    assert isinstance(finished, Finished)
    change = denoise(image, finished.model) - values
    assert change.std() < 0.02 * values.std()
