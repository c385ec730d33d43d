from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest

from napari_noise2same.core.denoising import denoise
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.streaming import denoise_lazy
from noise2same_testing.arrays import CountingArray, picture
from noise2same_testing.denoising import assert_same

ModelFactory = Callable[..., TrainedModel]

dask = pytest.importorskip("dask", reason="needs the extra 'dask'")


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_computed_it_is_the_denoised_image(make_model: ModelFactory, scheduler: str) -> None:
    image = Image(picture(2, 70, 3, 50), "TYCX")
    lazy = denoise_lazy(image, make_model(domains=3), DenoiseConfig(tile=32))
    assert lazy.chunks == ((1, 1), (32, 32, 6), (1, 1, 1), (32, 18))
    assert_same(lazy.compute(scheduler=scheduler), denoise(image, make_model(domains=3)))


def test_channels_that_are_denoised_together_are_one_block(make_model: ModelFactory) -> None:
    model = make_model(channels=3, domains=3, joint=True)
    image = Image(picture(50, 40, 3, dtype=np.uint8), "YXS")
    config = DenoiseConfig(tile=32, dtype="keep")
    lazy = denoise_lazy(image, model, config)
    assert lazy.chunks == ((32, 18), (32, 8), (3,))
    assert lazy.dtype == np.uint8
    difference = lazy.compute().astype(int) - denoise(image, model, config)
    assert np.abs(difference).max() <= 1


def test_a_volume_too(make_model: ModelFactory) -> None:
    model = make_model(spatial_dims=3, widths=(3, 4))
    image = Image(picture(20, 40, 36), "ZYX")
    lazy = denoise_lazy(image, model, DenoiseConfig(tile=16))
    assert_same(lazy.compute(), denoise(image, model))


def test_only_the_cells_that_are_looked_at_are_read(make_model: ModelFactory) -> None:
    source = CountingArray(picture(300, 280))
    lazy = denoise_lazy(Image(source, "YX"), make_model(), DenoiseConfig(tile=32))
    assert source.pixels == 0
    lazy[40:60, 40:60].compute()
    assert 32**2 <= source.pixels <= (32 + 2 * 24) ** 2


def test_a_block_travels_without_its_network(make_model: ModelFactory) -> None:
    lazy = denoise_lazy(Image(picture(40, 40), "YX"), make_model(), DenoiseConfig(tile=32))
    expected = lazy.compute()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(lazy)).compute(), expected)
