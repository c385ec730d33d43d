from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from napari_noise2same.core.errors import ImageError
from napari_noise2same.core.noise import Domain, PoissonGaussian
from napari_noise2same.core.sampling import Block, fit_image_domains, normalise
from napari_noise2same.core.sampling.domains import fit_domains

Array = NDArray[Any]


def picture(
    *, seed: int = 0, photons: float = 40.0, gain: float = 1.0, dtype: str = "float32"
) -> Array:
    """A scene under shot noise, taken with a camera of that gain."""
    rng = np.random.default_rng(seed)
    scene = gaussian_filter(rng.standard_normal((96, 96)), 3)
    counts = rng.poisson(photons * np.exp(scene / scene.std() / 2))
    return np.asarray(gain * counts + rng.normal(0, gain, counts.shape)).astype(dtype)


def block(values: Array, image: int, channel: int = 0) -> Block:
    return Block(values[np.newaxis], (channel,), image=image)


def test_images_of_one_camera_share_a_domain() -> None:
    blocks = [block(picture(seed=seed), seed) for seed in range(3)]
    found = fit_image_domains(blocks, "stabilised")
    assert found.own == {}
    assert found.of(1) == found.common == fit_domains(blocks, "stabilised")


def test_exposures_thirty_times_apart_share_the_domain_of_their_camera() -> None:
    blocks = [block(picture(seed=i, photons=p), i) for i, p in enumerate((20, 600))]
    assert fit_image_domains(blocks, "stabilised").own == {}


@pytest.mark.parametrize("kind", ["stabilised", "linear"])
def test_images_scaled_thirty_times_apart_have_their_own(kind: Any) -> None:
    blocks = [block(picture(seed=i, gain=gain), i) for i, gain in enumerate((1, 30))]
    found = fit_image_domains(blocks, kind)
    assert set(found.own) == {0, 1}
    first, second = (normalise(b.values, (0,), found.of(b.image))[0] for b in blocks)
    assert first.std() == pytest.approx(second.std(), rel=0.2)
    assert {found.of(image)[0].sigma for image in (0, 1)} == {found.common[0].sigma}


def test_noise_that_differs_most_at_bright_pixels_is_compared_there() -> None:
    rng = np.random.default_rng(0)
    scene = gaussian_filter(rng.standard_normal((192, 192)), 6)
    scene = 1000 * np.clip(2 * scene / scene.std(), 0, 1)
    blocks = [
        block(gain * rng.poisson(scene / gain) + rng.normal(0, 10, scene.shape), image)
        for image, gain in enumerate((0.01, 4))
    ]
    assert set(fit_image_domains(blocks, "stabilised").own) == {0, 1}


def test_images_of_other_types_have_their_own() -> None:
    blocks = [block(picture(seed=0, dtype="uint8"), 0), block(picture(seed=1, dtype="uint16"), 1)]
    assert set(fit_image_domains(blocks, "stabilised").own) == {0, 1}


def test_one_image_is_fitted_once_whatever_it_is() -> None:
    blocks = [block(picture(), 4), block(picture(gain=30), 4)]
    assert fit_image_domains(blocks, "stabilised").own == {}


def test_each_channel_is_compared_with_itself() -> None:
    blocks = [
        block(picture(seed=2 * image + channel, gain=30**channel), image, channel)
        for image in range(2)
        for channel in range(2)
    ]
    assert fit_image_domains(blocks, "stabilised").own == {}
    blocks[3] = block(picture(seed=3, gain=1), 1, 1)
    found = fit_image_domains(blocks, "stabilised")
    assert set(found.own) == {0, 1}
    assert [len(found.of(image)) for image in (0, 1)] == [2, 2]


def test_own_domains_can_be_asked_for_with_noise_as_strong_as_known() -> None:
    like = (Domain(0.0, 7.0, 1 / 7, PoissonGaussian(gain=3.0, readout=1.0)),)
    blocks = [block(picture(seed=image), image) for image in range(2)]
    found = fit_image_domains(blocks, "stabilised", like=like)
    assert found.common == like
    assert set(found.own) == {0, 1}
    for image in (0, 1):
        assert found.of(image) == fit_image_domains(
            blocks[image : image + 1], "stabilised", like=like
        ).of(image)
        assert (found.of(image)[0].std, found.of(image)[0].sigma) == pytest.approx((7, 1 / 7))


def test_of_an_image_with_a_domain_of_its_own_too_little_is_known_to_give_detail_back() -> None:
    bright = block(picture(photons=4000), 0)
    assert fit_image_domains([bright], "linear").common[0].detail
    like = Domain(0.0, 7.0, 0.1, detail=0.13)
    assert fit_image_domains([bright], "linear", like=[like]).of(0)[0].detail is None


BLANK = np.full((96, 96), 7, np.float32)


def test_a_blank_image_among_others_that_differ_is_0_in_its_domain() -> None:
    blocks = [block(picture(gain=g), i) for i, g in enumerate((1, 30))]
    found = fit_image_domains([*blocks, block(BLANK, 2)], "stabilised")
    assert found.of(2) == (Domain(7.0, 1.0, 0.0),)
    assert found.common[0].sigma == fit_image_domains(blocks, "stabilised").common[0].sigma


@pytest.mark.parametrize("kind", ["stabilised", "linear"])
@pytest.mark.parametrize("gain", [1, 30])
@pytest.mark.parametrize("level", [0, 5])
def test_a_channel_that_is_blank_in_each_image_changes_nothing_for_the_others(
    kind: Any, gain: float, level: float
) -> None:
    blocks = [block(picture(seed=i, gain=gain**i), i) for i in range(2)]
    blanks = [block(np.full((96, 96), i * level, np.float32), i, 1) for i in range(2)]
    alone, found = (fit_image_domains(b, kind) for b in (blocks, [*blocks, *blanks]))
    assert [found.of(i)[:1] for i in range(2)] == [alone.of(i) for i in range(2)]
    if found.own:
        assert found.common[1].sigma == 0
        assert found.of(1)[1] == Domain(level, 1.0, 0.0)


def test_a_channel_that_is_not_there_takes_what_a_network_is_used_to() -> None:
    like = (Domain(0.0, 2.0, 0.5), Domain(1.0, 3.0, 0.5))
    found = fit_image_domains([block(BLANK, 0)], "linear", like=like)
    assert found.of(0) == (Domain(7.0, 1.0, 0.0), like[1])


def test_nothing_but_blank_images_is_refused() -> None:
    with pytest.raises(ImageError, match="constant"):
        fit_image_domains([block(BLANK, 0), block(BLANK, 1)], "stabilised")


def test_an_image_that_single_precision_cannot_hold_is_refused_among_others() -> None:
    counts = picture(dtype="int64")
    blocks = [block(counts, 0), block(counts + 10**9, 1)]
    with pytest.raises(ImageError, match=r"tell apart, .*: subtract an offset"):
        fit_image_domains(blocks, "stabilised")
    with pytest.raises(ImageError, match=r"tell apart, .*: subtract an offset"):
        fit_image_domains(blocks[1:], "linear", like=[Domain(0.0, 2.0, 0.5)])


def test_images_of_truth_values_are_compared_as_others() -> None:
    blocks = [block(picture(seed=image) > 40, image) for image in range(2)]
    floats = [block(bright.values[0].astype(np.float32), bright.image) for bright in blocks]
    assert fit_image_domains(blocks, "linear") == fit_image_domains(floats, "linear")
