from __future__ import annotations

import numpy as np
import pytest

from napari_noise2same.core.batch import shade, thumbnail
from noise2same_testing.arrays import CountingArray


@pytest.mark.parametrize(
    ("axes", "shape", "found"),
    [
        ("YX", (5, 7), (5, 7)),
        ("YX", (640, 320), (64, 32)),
        ("YX", (1, 2000), (1, 63)),
        ("TZCYX", (3, 4, 2, 128, 128), (64, 64)),
        ("XYZ", (128, 64, 9), (32, 64)),
        ("YXS", (128, 128, 3), (64, 64, 3)),
        ("SYX", (4, 128, 128), (64, 64, 3)),
        ("YXS", (64, 64, 2), (64, 64)),
    ],
)
def test_every_image_has_one(axes: str, shape: tuple[int, ...], found: tuple[int, ...]) -> None:
    assert thumbnail(np.ones(shape, np.uint16), axes).shape == found


def test_it_shows_the_middle_plane_of_the_first_channel() -> None:
    data = np.zeros((5, 2, 8, 8))
    data[2, 0, 3, 4] = 7
    assert thumbnail(data, "ZCYX")[3, 4] == 7


def test_only_the_pixels_shown_are_read() -> None:
    data = CountingArray(np.zeros((9, 300, 200), np.uint8))
    assert data.pixels == 0
    assert thumbnail(data, "ZYX", side=30).size == data.pixels == 30 * 20


def test_of_a_huge_plane_the_middle_is_read() -> None:
    column = np.repeat(np.arange(3, dtype=np.uint8), 5000)[:, None]
    assert (thumbnail(column, "YX") == 1).all()


def test_noisy_and_denoised_have_one_range() -> None:
    noisy = np.linspace(0, 1000, 4096, dtype=np.float32).reshape(64, 64)
    assert np.ptp(shade(noisy, noisy)) == 255
    flat = shade(np.full((2, 2), 500, np.float32), noisy)
    assert abs(int(flat[0, 0]) - 127) <= 1


@pytest.mark.parametrize("value", [np.nan, 5.0, 3e38])
def test_odd_pixels_are_shown(value: float) -> None:
    values = np.full((4, 4), value, np.float32)
    values[0, 0] = np.inf
    assert shade(values, values).dtype == np.uint8
