from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_noise2same.core.array import ImageView, plan_layout
from napari_noise2same.core.denoising import denoise
from napari_noise2same.core.denoising.domains import domains_for
from napari_noise2same.core.errors import AxesError, ConfigurationError
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.samples import cells

ModelFactory = Callable[..., TrainedModel]

MODEL, IMAGE = DenoiseConfig(), DenoiseConfig(noise="image")


def view(array: Any, axes: str) -> ImageView:
    return ImageView(array, plan_layout(axes, array.shape))


class Untouchable:
    """An array of which nothing may be read."""

    shape = (4000, 5000)
    dtype = np.dtype(np.uint16)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        raise AssertionError("a pixel was read")


class Noise(Untouchable):
    """A huge noisy image that counts what is read of it."""

    pixels = 0

    def __getitem__(self, index: Any) -> NDArray[Any]:
        shape = np.empty(self.shape, np.void)[index].shape
        self.pixels += int(np.prod(shape))
        values: NDArray[Any] = np.random.default_rng(0).poisson(100, shape).astype(np.uint16)
        return values


def test_the_models_domains_need_no_pixel_of_the_image(make_model: ModelFactory) -> None:
    model = make_model()
    assert domains_for(view(Untouchable(), "YX"), model, MODEL) == model.domains


def test_of_a_huge_image_only_a_part_is_read(make_model: ModelFactory) -> None:
    model, array = make_model(), Noise()
    (found,) = domains_for(view(array, "YX"), model, IMAGE)
    assert 3_500_000 < array.pixels <= 2048**2
    assert found.noise is not None
    assert found.noise.variance(100.0) == pytest.approx(100, rel=0.1)
    assert found.sigma == model.domains[0].sigma
    assert domains_for(view(Noise(), "YX"), model, IMAGE) == (found,)


def test_a_model_of_images_that_differ_goes_by_each_image(make_model: ModelFactory) -> None:
    model = replace(make_model(), noise="image")
    values = np.random.default_rng(0).poisson(100, (64, 64))
    image = view(values, "YX")
    assert domains_for(image, model, MODEL) == domains_for(image, model, IMAGE) != model.domains


@pytest.mark.parametrize("blank", [5.0, np.nan])
def test_a_channel_without_a_finite_pixel_or_contrast_leaves_the_others_alone(
    make_model: ModelFactory, blank: float
) -> None:
    model = make_model()
    values = np.random.default_rng(0).poisson(100, (2, 64, 64)).astype(float)
    values[0] = blank
    first, second = domains_for(view(values, "CYX"), model, IMAGE)
    assert first == Domain(np.nan_to_num(blank), 1.0, 0.0)
    assert (second,) == domains_for(view(values[1], "YX"), model, IMAGE) != model.domains


def test_an_image_without_a_finite_pixel_has_the_models_domains(make_model: ModelFactory) -> None:
    model = make_model()
    assert domains_for(view(np.full((2, 9, 9), np.nan), "CYX"), model, IMAGE) == model.domains * 2


def test_the_number_of_channels_has_to_fit(make_model: ModelFactory) -> None:
    model = make_model(domains=2)
    with pytest.raises(AxesError, match="2 channels"):
        domains_for(view(np.zeros((3, 64, 64)), "CYX"), model, IMAGE)


def test_the_scale_of_an_image_does_not_change_its_result(make_model: ModelFactory) -> None:
    sample = cells(side=96)
    model = make_model()
    values = np.asarray(sample.noisy, np.float32)
    plain = denoise(Image(values, "YX"), model, IMAGE)
    scaled = denoise(Image(values / 4096 + 3, "YX"), model, IMAGE)
    np.testing.assert_allclose((scaled - 3) * 4096, plain, atol=0.02 * float(np.ptp(plain)))


@pytest.mark.parametrize("given", [np.ones((4, 4)), "noisy.tif", None])
def test_what_is_no_image_is_refused(model: TrainedModel, given: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"Expected an image, found .* by read_image"):
        denoise(given, model)


@pytest.mark.parametrize("given", ["model.safetensors", None])
def test_what_is_no_model_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"Expected a model, found .* by load_model"):
        denoise(Image(np.ones((4, 4)), "YX"), given)
