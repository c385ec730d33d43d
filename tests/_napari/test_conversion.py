from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.layers import Image, Points

from napari_noise2same._napari.conversion import describe, guess_axes, layer_data, layer_image
from napari_noise2same.core import TrainingConfig
from napari_noise2same.core.errors import AxesError, ImageError
from noise2same_testing.arrays import CountingArray


def layer(shape: tuple[int, ...], **kwargs: Any) -> Image:
    return Image(np.zeros(shape, np.uint16), **kwargs)


def test_array_of_the_layer_is_neither_copied_nor_read() -> None:
    array = np.zeros((3, 8, 9))
    lazy = CountingArray(np.zeros((50, 64, 64), np.uint16))
    dask = da.from_array(lazy, chunks=(1, 64, 64), meta=np.empty(0, np.uint16))
    layers = [Image(array), Image(dask, contrast_limits=(0, 1))]
    before = lazy.pixels

    images = [layer_image(layer) for layer in layers]

    assert images[0].data is array
    assert images[1].data is dask
    assert lazy.pixels == before


def test_spacing_and_units_come_from_the_layer() -> None:
    image = layer_image(
        layer((4, 5, 8, 9), scale=(2, 0.5, 0.1, 0.2), units=("s", "um", "um", "um"))
    )

    assert image.axes == "TZYX"
    assert image.spacing == {"T": 2, "Z": 0.5, "Y": 0.1, "X": 0.2}
    assert image.units == {"T": "second"} | dict.fromkeys("ZYX", "micrometer")


def test_scale_of_one_in_pixels_is_no_spacing() -> None:
    image = layer_image(layer((8, 9)))

    assert (image.spacing, image.units) == ({}, {})


def test_channels_have_no_spacing() -> None:
    image = layer_image(layer((2, 8, 9), axis_labels=("c", "y", "x"), scale=(3, 0.1, 0.1)))

    assert image.spacing == {"Y": 0.1, "X": 0.1}


def test_mirrored_layer_has_positive_spacing() -> None:
    assert layer_image(layer((8, 9), scale=(-0.5, 2))).spacing == {"Y": 0.5, "X": 2}


def test_level_of_a_multiscale_layer_is_chosen_and_its_pixels_are_larger() -> None:
    levels = [np.zeros((64, 80)), np.zeros((32, 40)), np.zeros((16, 20))]
    image = layer_image(Image(levels, scale=(0.5, 0.25), multiscale=True), level=2)

    assert image.data is levels[2]
    assert image.spacing == {"Y": 2, "X": 1}


@pytest.mark.parametrize("level", [-1, 3])
def test_missing_level_is_refused(level: int) -> None:
    levels = [np.zeros((64, 80)), np.zeros((32, 40)), np.zeros((16, 20))]

    with pytest.raises(ImageError, match="from 0 to 2"):
        layer_data(Image(levels, multiscale=True), level)


def test_other_layer_is_refused() -> None:
    with pytest.raises(ImageError, match="found a Points layer"):
        layer_image(Points([[1, 2]]))


def test_given_axes_are_taken_and_checked() -> None:
    image = layer((5, 8, 9))

    assert layer_image(image, axes="cyx").axes == "CYX"
    with pytest.raises(AxesError):
        layer_image(image, axes="YX")


@pytest.mark.parametrize(
    ("shape", "options", "axes"),
    [
        ((8, 9), {}, "YX"),
        ((5, 8, 9), {}, "TYX"),
        ((4, 5, 8, 9), {}, "TZYX"),
        ((2, 4, 3, 8, 9), {}, "TZCYX"),
        ((5, 8, 9, 3), {"rgb": True}, "TYXS"),
        ((5, 8, 9), {"axis_labels": ("Z", "Y", "X")}, "ZYX"),
        ((5, 8, 9), {"axis_labels": ("time", "row", "column")}, "TYX"),
        ((8, 9, 2), {"axis_labels": ("y", "x", "channel")}, "YXC"),
        ((4, 5, 8, 9), {"axis_labels": ("channel", "-3", "-2", "-1")}, "CTYX"),
        ((4, 5, 8, 9), {"axis_labels": ("t", "well", "y", "x")}, "TZYX"),
        ((5, 8, 9), {"axis_labels": ("y", "y", "x")}, "TYX"),
        ((5, 8, 9), {"units": ("um", "um", "um")}, "ZYX"),
        ((5, 8, 9), {"units": ("ms", "um", "um")}, "TYX"),
        ((4, 5, 8, 9), {"units": ("um", "s", "um", "um")}, "ZTYX"),
        ((5, 8, 9), {"axis_labels": ("c", "y", "x"), "units": ("um", "um", "um")}, "CYX"),
    ],
)
def test_axes_are_guessed(shape: tuple[int, ...], options: dict[str, Any], axes: str) -> None:
    assert guess_axes(layer(shape, **options)) == axes


@pytest.mark.parametrize(
    ("like", "options", "axes"),
    [
        ("ZYX", {}, "ZYX"),
        ("YXZ", {}, "YXZ"),
        ("YX", {}, "TYX"),
        ("ZYX", {"axis_labels": ("t", "y", "x")}, "TYX"),
        ("CYX", {"axis_labels": ("", "y", "x")}, "CYX"),
        ("ZYX", {"units": ("s", "um", "um")}, "TYX"),
        ("TYX", {"units": ("um", "um", "um")}, "ZYX"),
        ("ZYX", {"units": ("um", "um", "um")}, "ZYX"),
        ("YXS", {}, "TYX"),
        ("YXS", {"rgb": True}, "YXS"),
        ("ZYX", {"rgb": True}, "YXS"),
    ],
)
def test_a_layer_that_says_nothing_else_is_like_others(
    like: str, options: dict[str, Any], axes: str
) -> None:
    shape = (8, 9, 3) if options.get("rgb") else (5, 8, 9)
    assert guess_axes(layer(shape, **options), like=like) == axes
    assert layer_image(layer(shape, **options), like=like).axes == axes


@pytest.mark.parametrize(
    ("file", "options", "axes"),
    [
        ("ZYX", {}, "ZYX"),
        ("YXC", {}, "YXC"),
        ("YX", {}, "TYX"),
        ("QYX", {}, "TYX"),
        ("QYX", {"units": ("um", "um", "um")}, "ZYX"),
        ("ZYX", {"axis_labels": ("c", "y", "x")}, "CYX"),
        ("ZYX", {"axis_labels": ("", "y", "x")}, "ZYX"),
        ("ZYX", {"units": ("s", "um", "um")}, "TYX"),
        ("ZYX", {"like": "TYX"}, "TYX"),
        ("ZYX", {"like": "YX"}, "ZYX"),
        ("SYX", {}, "CYX"),
        ("YXS", {"rgb": True}, "YXS"),
        ("ZYX", {"rgb": True}, "YXS"),
    ],
)
def test_a_layer_that_says_nothing_else_is_as_its_file_says(
    file: str, options: dict[str, Any], axes: str
) -> None:
    like = options.pop("like", "")
    stack = layer((8, 9, 3) if options.get("rgb") else (5, 8, 9), **options)
    assert guess_axes(stack, like=like, file=file) == axes
    assert layer_image(stack, like=like, file=file).axes == axes


def test_too_many_dimensions_are_refused() -> None:
    with pytest.raises(AxesError, match="2 to 5 dimensions"):
        guess_axes(layer((2,) * 6))


@pytest.mark.parametrize(
    ("axes", "shape", "settings", "sentence"),
    [
        ("YX", (64, 64), {}, "one image, 2D network"),
        (
            "TCYX",
            (40, 2, 64, 64),
            {},
            "2 channels denoised separately, 40 frames as samples, 2D network",
        ),
        ("CYX", (2, 64, 64), {"joint_channels": True}, "2 channels denoised together"),
        ("YXS", (64, 64, 3), {}, "3 colours denoised separately, one image, 2D network"),
        ("ZYX", (24, 64, 64), {}, "a volume of 24 planes, 3D network"),
        ("ZYX", (24, 64, 64), {"spatial_dims": 2}, "24 planes as samples, 2D network"),
        ("TZYX", (40, 5, 64, 64), {}, "40 frames × 5 planes as samples, 2D network"),
        (
            "TYX",
            (40, 64, 64),
            {"depth_axis": "T"},
            "one movie of 40 frames, time as third axis, 3D network",
        ),
        (
            "TZYX",
            (40, 9, 64, 64),
            {"depth_axis": "T"},
            "9 planes as samples, time as third axis, 3D network",
        ),
    ],
)
def test_sentence_says_what_will_happen(
    axes: str, shape: tuple[int, ...], settings: dict[str, Any], sentence: str
) -> None:
    assert sentence in describe(axes, shape, TrainingConfig(**settings))


def test_sentence_is_refused_where_training_would_be() -> None:
    with pytest.raises(AxesError, match="Z axis"):
        describe("YX", (64, 64), TrainingConfig(spatial_dims=3))
    with pytest.raises(AxesError, match="at least 8 frames"):
        describe("TYX", (5, 64, 64), TrainingConfig(depth_axis="T"))


def test_name_colour_and_contrast_are_those_of_the_channels() -> None:
    layer = Image(
        np.zeros((2, 8, 9)),
        name="GFP",
        colormap="green",
        contrast_limits=(3, 40),
        axis_labels="cyx",
    )
    first, second = layer_image(layer).metadata["omero"]["channels"]
    assert (first["label"], second["label"]) == ("GFP 1", "GFP 2")
    assert first["color"] == second["color"] == "00FF00"
    assert (first["window"]["start"], first["window"]["end"]) == (3, 40)

    (only,) = layer_image(Image(np.zeros((8, 9)), name="DAPI")).metadata["omero"]["channels"]
    assert (only["label"], only["color"]) == ("DAPI", "FFFFFF")
    assert not layer_image(Image(np.zeros((8, 9, 3)), rgb=True)).metadata
