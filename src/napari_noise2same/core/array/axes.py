"""Axes strings: which letter stands for which dimension, and what the network makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from napari_noise2same.core.errors import AxesError

__all__ = [
    "CHANNEL_AXES",
    "KNOWN_AXES",
    "DepthAxis",
    "Layout",
    "deep_enough",
    "default_axes",
    "plan_layout",
    "validate_axes",
]

# In the order that ImageJ asks for.
KNOWN_AXES = "TZCYXS"
CHANNEL_AXES = "CS"

# The axis that a 3D network sees beside Y and X.
DepthAxis = Literal["Z", "T"]

# A stack of fewer planes or frames gives a 3D network too little depth to learn from.
MIN_DEPTH_3D = 8

_DEFAULTS = {2: "YX", 3: "TYX", 4: "TZYX", 5: "TZCYX"}


def default_axes(shape: Sequence[int], *, rgb: bool = False) -> str:
    """Axes of an array about which nothing else is known.

    Parameters
    ----------
    shape : sequence of int
        Shape of the array.
    rgb : bool
        Whether the last dimension holds the red, green and blue samples.

    Returns
    -------
    str
        ``"YX"``, ``"TYX"``, ``"TZYX"`` or ``"TZCYX"``, with ``"S"`` behind for RGB. A stack of
        unknown meaning is a series of independent frames: that is right for any stack, if not
        always the best.

    Raises
    ------
    AxesError
        If no default exists for that number of dimensions.
    """
    ndim = len(shape) - rgb
    if ndim not in _DEFAULTS:
        raise AxesError(
            f"Expected an image of 2 to 5 dimensions, found shape {tuple(shape)}: "
            f"name one letter of {KNOWN_AXES} for each dimension."
        )
    return _DEFAULTS[ndim] + "S" * rgb


def validate_axes(axes: str, shape: Sequence[int]) -> str:
    """Check that `axes` describes an array of that shape.

    Parameters
    ----------
    axes : str
        One letter per dimension, in the array's order, any case.
    shape : sequence of int
        Shape of the array.

    Returns
    -------
    str
        The axes in upper case.

    Raises
    ------
    AxesError
        If a letter is unknown or doubled, if Y or X is missing, or if their number is not the
        array's.
    """
    upper = axes.upper()
    unknown = sorted(set(upper) - set(KNOWN_AXES))
    if unknown:
        raise AxesError(
            f"Expected axes out of {KNOWN_AXES}, found {', '.join(unknown)} in {axes!r}."
        )
    if len(set(upper)) != len(upper):
        raise AxesError(f"Expected each axis once, found {axes!r}.")
    if len(upper) != len(shape):
        raise AxesError(
            f"Expected one axis letter for each of the {len(shape)} dimensions of shape "
            f"{tuple(shape)}, found {axes!r}."
        )
    if not {"Y", "X"} <= set(upper):
        raise AxesError(f"Expected Y and X among the axes, found {axes!r}.")
    if {"C", "S"} <= set(upper) and shape[upper.index("C")] > 1:
        raise AxesError(
            f"Expected either channels (C) or RGB samples (S), found both in {axes!r}: "
            "denoise the channels one by one."
        )
    return upper


@dataclass(frozen=True)
class Layout:
    """How the axes of an array are used.

    Attributes
    ----------
    axes : str
        Axes of the array, in its order.
    spatial : str
        ``"YX"``, ``"ZYX"`` or ``"TYX"``: the axes that the network convolves over, in this order.
    channel : str
        ``"C"``, ``"S"`` or ``""``.
    samples : str
        The remaining axes, in the array's order: independent frames.
    """

    axes: str
    spatial: str
    channel: str
    samples: str

    @property
    def depth(self) -> str:
        """The axis that the network sees beside Y and X: ``"Z"``, ``"T"`` or nothing."""
        return self.spatial[:-2]


def deep_enough(axes: str, shape: Sequence[int], depth_axis: DepthAxis) -> bool:
    """Say whether an array has enough planes or frames for a 3D network.

    Parameters
    ----------
    axes : str
        Axes of the array, in upper case.
    shape : sequence of int
        Shape of the array.
    depth_axis : {"Z", "T"}
        The third axis of the network.

    Returns
    -------
    bool
        True from 8 on.
    """
    return depth_axis in axes and shape[axes.index(depth_axis)] >= MIN_DEPTH_3D


def plan_layout(
    axes: str,
    shape: Sequence[int],
    *,
    spatial_dims: Literal[2, 3] | None = None,
    depth_axis: DepthAxis = "Z",
) -> Layout:
    """Decide which axes are spatial, which is the channel and which are samples.

    Parameters
    ----------
    axes : str
        Axes of the array, as `validate_axes` accepts them.
    shape : sequence of int
        Shape of the array.
    spatial_dims : {2, 3}, optional
        2 takes the planes of a Z stack as independent samples, 3 asks for the volume. By
        default 3 for stacks of at least 8 planes.
    depth_axis : {"Z", "T"}
        The third axis of a 3D network. With T the network is 3D unless `spatial_dims` is 2, and
        planes are samples.

    Returns
    -------
    Layout
        The use of each axis.

    Raises
    ------
    AxesError
        If the axes do not fit, if the third axis that is asked for is missing, or if there are
        fewer than 8 frames for a network whose dimensions are not given.
    """
    axes = validate_axes(axes, shape)
    depth = shape[axes.index(depth_axis)] if depth_axis in axes else 0
    if spatial_dims != 2:
        _check_depth(axes, depth, depth_axis, asked=spatial_dims == 3)
    volume = spatial_dims == 3 or (spatial_dims is None and deep_enough(axes, shape, depth_axis))
    spatial = f"{depth_axis}YX" if volume else "YX"
    # A singleton C beside S is no channel axis but a sample axis of length 1.
    channel = next((letter for letter in "SC" if letter in axes), "")
    samples = "".join(a for a in axes if a not in spatial and a != channel)
    return Layout(axes, spatial, channel, samples)


def _check_depth(axes: str, depth: int, depth_axis: DepthAxis, *, asked: bool) -> None:
    """Refuse a third axis that is missing, or too short for one that nobody insists on."""
    if depth_axis == "T" and not depth:
        raise AxesError(
            "Expected a time axis (T) to take for the third axis of a 3D network, found axes "
            f"{axes!r}: take Z, or correct the axes."
        )
    if depth_axis == "T" and not asked and depth < MIN_DEPTH_3D:
        raise AxesError(
            f"Expected at least {MIN_DEPTH_3D} frames to take time for the third axis of a 3D "
            f"network, found {depth}: denoise them frame by frame."
        )
    if asked and not depth:
        raise AxesError(f"Expected a Z axis for a 3D network, found axes {axes!r}.")
