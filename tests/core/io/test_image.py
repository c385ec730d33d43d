from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_noise2same.core.errors import AxesError, ImageError
from napari_noise2same.core.io import Image
from napari_noise2same.core.io.image import resolve_axes


def test_axes_that_do_not_fit_are_refused_with_what_was_found() -> None:
    with pytest.raises(AxesError, match="'ZYX'"):
        Image(np.zeros((4, 4)), "ZYX")


def test_axes_are_kept_in_upper_case() -> None:
    assert Image(np.zeros((4, 4)), "yx").axes == "YX"


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(ImageError, match="complex128"):
        Image(np.zeros((4, 4), complex), "YX")


def test_sizes_that_say_nothing_are_left_out() -> None:
    sizes = {
        "T": (0.0, "second"),
        "C": (float("inf"), "micrometer"),
        "Z": (float("nan"), "micrometer"),
        "Y": (1.0, None),
        "X": (1.0, "micrometer"),
        "S": (2.0, None),
    }
    image = Image.from_file(np.zeros((2, 2, 2, 4, 4)), "TCZYX", sizes)
    assert image.spacing == {"X": 1.0}
    assert image.units == {"X": "micrometer"}


def test_a_size_without_a_unit_is_kept_unless_it_is_one() -> None:
    image = Image.from_file(np.zeros((4, 4)), "YX", {"Y": (0.5, None), "X": (1.0, None)})
    assert image.spacing == {"Y": 0.5}
    assert image.units == {}


@pytest.mark.parametrize("names", [("a", "b", "c"), ("", "")])
def test_channel_names_are_left_out_unless_each_channel_has_one(names: tuple[str, ...]) -> None:
    assert Image.from_file(np.zeros((2, 4, 4)), "CYX", channel_names=names).channel_names == ()


@pytest.mark.parametrize(
    ("labels", "axes"),
    [
        ("TZCYX", "TZCYX"),
        ("QYX", "TYX"),
        ("TQYX", "TZYX"),
        ("QQYX", "TZYX"),
        (["time", "c", "y", "x"], "TCYX"),
    ],
)
def test_dimensions_of_unknown_meaning_become_frames_first(labels: list[str], axes: str) -> None:
    assert resolve_axes(labels) == axes


def test_more_unknown_dimensions_than_letters_are_no_image() -> None:
    with pytest.raises(AxesError):
        Image(np.zeros((1,) * 6), resolve_axes("QQQQYX"))


@pytest.mark.parametrize(
    "mask",
    [
        np.ones((4, 4), bool),
        np.ones((1, 2, 4, 4), bool),
        np.ones((2, 1, 4, 4), bool),
        np.ones((3, 1, 4, 4), int),
        np.zeros((3, 1, 4, 4), bool),
    ],
    ids=["dimensions", "channels", "length", "numbers", "nothing marked"],
)
def test_a_mask_that_does_not_fit_is_refused(mask: np.ndarray[Any, Any]) -> None:
    with pytest.raises(ImageError, match="Expected a mask"):
        Image(np.zeros((3, 2, 4, 4)), "TCYX", mask=mask)


def test_a_mask_may_hold_for_all_frames_or_for_each() -> None:
    for shape in ((1, 1, 4, 4), (3, 1, 4, 4), (3, 1, 1, 1)):
        mask = np.ones(shape, bool)
        assert Image(np.zeros((3, 2, 4, 4)), "TCYX", mask=mask).mask is mask
