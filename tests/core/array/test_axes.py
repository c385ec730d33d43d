from __future__ import annotations

from typing import Literal

import pytest

from napari_noise2same.core.array import Layout, default_axes, plan_layout, validate_axes
from napari_noise2same.core.errors import AxesError


@pytest.mark.parametrize(
    ("shape", "rgb", "axes"),
    [
        ((5, 6), False, "YX"),
        ((4, 5, 6), False, "TYX"),
        ((3, 4, 5, 6), False, "TZYX"),
        ((2, 3, 4, 5, 6), False, "TZCYX"),
        ((5, 6, 3), True, "YXS"),
        ((2, 3, 4, 5, 6, 3), True, "TZCYXS"),
    ],
)
def test_default_axes_fit_the_number_of_dimensions(
    shape: tuple[int, ...], rgb: bool, axes: str
) -> None:
    assert default_axes(shape, rgb=rgb) == axes
    assert len(axes) == len(shape)


@pytest.mark.parametrize(
    ("shape", "rgb"), [((), False), ((5,), False), ((1,) * 6, False), ((5, 3), True)]
)
def test_default_axes_refuse_what_has_no_default(shape: tuple[int, ...], rgb: bool) -> None:
    with pytest.raises(AxesError, match=r"Expected an image of 2 to 5 dimensions, found shape"):
        default_axes(shape, rgb=rgb)


@pytest.mark.parametrize("axes", ["YX", "XY", "TZCYX", "yxs", "XtYs"])
def test_validate_axes_accepts_any_order_and_case(axes: str) -> None:
    assert validate_axes(axes, (2,) * len(axes)) == axes.upper()


def test_validate_axes_accepts_a_single_channel_beside_rgb() -> None:
    assert validate_axes("CYXS", (1, 5, 6, 3)) == "CYXS"


@pytest.mark.parametrize(
    ("axes", "shape", "message"),
    [
        ("QYX", (2, 5, 6), r"Expected axes out of TZCYXS, found Q in 'QYX'"),
        ("YYX", (2, 5, 6), r"Expected each axis once, found 'YYX'"),
        ("YX", (2, 5, 6), r"each of the 3 dimensions of shape \(2, 5, 6\), found 'YX'"),
        ("TZYX", (2, 5, 6), r"each of the 3 dimensions of shape \(2, 5, 6\), found 'TZYX'"),
        ("", (5, 6), r"each of the 2 dimensions"),
        ("TZX", (2, 5, 6), r"Expected Y and X among the axes, found 'TZX'"),
        ("YC", (5, 2), r"Expected Y and X among the axes, found 'YC'"),
        ("CYXS", (2, 5, 6, 3), r"either channels \(C\) or RGB samples \(S\), found both in 'CYXS'"),
    ],
)
def test_validate_axes_says_what_is_wrong(axes: str, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(AxesError, match=message):
        validate_axes(axes, shape)
    with pytest.raises(AxesError, match=message):
        plan_layout(axes, shape)


@pytest.mark.parametrize(
    ("axes", "shape", "spatial_dims", "expected"),
    [
        ("YX", (5, 6), None, ("YX", "", "")),
        ("XY", (6, 5), None, ("YX", "", "")),
        ("TYX", (4, 5, 6), None, ("YX", "", "T")),
        ("ZYX", (7, 5, 6), None, ("YX", "", "Z")),
        ("ZYX", (8, 5, 6), None, ("ZYX", "", "")),
        ("ZYX", (8, 5, 6), 2, ("YX", "", "Z")),
        ("ZYX", (1, 5, 6), 3, ("ZYX", "", "")),
        ("YXZ", (5, 6, 8), None, ("ZYX", "", "")),
        ("CYX", (3, 5, 6), None, ("YX", "C", "")),
        ("YXS", (5, 6, 3), None, ("YX", "S", "")),
        ("CYXS", (1, 5, 6, 3), None, ("YX", "S", "C")),
        ("TCZYX", (4, 2, 9, 5, 6), None, ("ZYX", "C", "T")),
        ("ZTCYX", (9, 4, 2, 5, 6), 2, ("YX", "C", "ZT")),
    ],
)
def test_plan_layout_decides_the_use_of_each_axis(
    axes: str,
    shape: tuple[int, ...],
    spatial_dims: Literal[2, 3] | None,
    expected: tuple[str, str, str],
) -> None:
    assert plan_layout(axes, shape, spatial_dims=spatial_dims) == Layout(axes, *expected)


def test_plan_layout_takes_lower_case() -> None:
    assert plan_layout("zyx", (9, 5, 6)) == plan_layout("ZYX", (9, 5, 6))


def test_plan_layout_refuses_a_volume_without_z() -> None:
    with pytest.raises(AxesError, match="Expected a Z axis for a 3D network, found axes 'TYX'"):
        plan_layout("TYX", (9, 5, 6), spatial_dims=3)


@pytest.mark.parametrize(
    ("axes", "shape", "spatial_dims", "expected"),
    [
        ("TYX", (8, 5, 6), None, ("TYX", "", "")),
        ("TYX", (8, 5, 6), 2, ("YX", "", "T")),
        ("TYX", (3, 5, 6), 3, ("TYX", "", "")),
        ("TCYX", (9, 2, 5, 6), None, ("TYX", "C", "")),
        ("YXT", (5, 6, 9), None, ("TYX", "", "")),
        ("TZYX", (9, 30, 5, 6), None, ("TYX", "", "Z")),
    ],
)
def test_time_as_the_third_axis_makes_planes_samples(
    axes: str,
    shape: tuple[int, ...],
    spatial_dims: Literal[2, 3] | None,
    expected: tuple[str, str, str],
) -> None:
    layout = plan_layout(axes, shape, spatial_dims=spatial_dims, depth_axis="T")
    assert layout == Layout(axes, *expected)
    assert layout.depth == expected[0].removesuffix("YX")


def test_time_as_the_third_axis_needs_frames() -> None:
    with pytest.raises(AxesError, match=r"Expected a time axis \(T\) .* found axes 'ZYX'"):
        plan_layout("ZYX", (9, 5, 6), depth_axis="T")
    with pytest.raises(AxesError, match=r"at least 8 frames .* found 7: denoise them frame by"):
        plan_layout("TZYX", (7, 9, 5, 6), depth_axis="T")
