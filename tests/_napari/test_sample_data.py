from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.layers import Image, Layer

from napari_noise2same._napari import sample_data
from napari_noise2same._napari.conversion import layer_image


@pytest.mark.parametrize(
    ("make", "axes"),
    [
        (sample_data.cells_2d, "YX"),
        (sample_data.cells_stack, "ZYX"),
        (sample_data.cells_time_lapse, "TYX"),
        (sample_data.cells_two_channels, "CYX"),
    ],
)
def test_sample_is_a_noisy_image_over_its_ground_truth(
    make: Callable[[], list[Any]], axes: str
) -> None:
    truth, noisy = (Layer.create(*data) for data in make())
    images = [layer_image(layer) for layer in (truth, noisy)]

    assert isinstance(noisy, Image)
    assert {image.axes for image in images} == {axes}
    assert truth.data.shape == noisy.data.shape
    assert noisy.visible > truth.visible
    assert "noisy" in noisy.name
    assert "ground truth" in truth.name
    assert truth.contrast_limits == noisy.contrast_limits
    for image in images:
        assert set(image.spacing) == set(image.units) == set(axes) - {"C"}
        assert image.spacing["X"] == image.spacing["Y"] < 1
        assert image.units["X"] == "micrometer"
    error = noisy.data - truth.data
    assert abs(error.mean()) < 0.1 * error.std()
    assert np.std(error) > 1


def test_channels_are_named() -> None:
    for _, state, _ in sample_data.cells_two_channels():
        assert state["metadata"]["channel_names"] == ("nuclei", "filaments")
