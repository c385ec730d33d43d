"""napari's sample data: generated scenes, as the camera sees them and as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from napari_noise2same.samples import Sample, cells, stack, time_lapse, two_channels

__all__ = ["LayerData", "cells_2d", "cells_stack", "cells_time_lapse", "cells_two_channels"]

LayerData = tuple[Any, dict[str, Any], str]

_DARKEST, _BRIGHTEST = 1.0, 99.8


def cells_2d() -> list[LayerData]:
    """Return one plane of cells, noisy and noise-free.

    Returns
    -------
    list of tuple
        Two image layers with scale, units and axis labels, the noisy one on top.
    """
    return _layers("Cells", cells)


def cells_stack() -> list[LayerData]:
    """Return a Z stack of cells, noisy and noise-free.

    Returns
    -------
    list of tuple
        Two image layers with scale, units and axis labels, the noisy one on top.
    """
    return _layers("Cell stack", stack)


def cells_time_lapse() -> list[LayerData]:
    """Return a time-lapse of vesicles in cells, noisy and noise-free.

    Returns
    -------
    list of tuple
        Two image layers with scale, units and axis labels, the noisy one on top.
    """
    return _layers("Cell time-lapse", time_lapse)


def cells_two_channels() -> list[LayerData]:
    """Return two channels of cells, noisy and noise-free.

    Returns
    -------
    list of tuple
        Two image layers with scale, units and axis labels, the noisy one on top.
    """
    return _layers("Two-channel cells", two_channels)


def _layers(name: str, make: Callable[[], Sample]) -> list[LayerData]:
    """Return the layers of a sample, in the same contrast."""
    sample = make()
    limits = tuple(map(float, np.percentile(sample.noisy, (_DARKEST, _BRIGHTEST))))
    shown = {
        "scale": tuple(sample.spacing.get(axis, 1.0) for axis in sample.axes),
        "units": tuple(sample.units.get(axis, "pixel") for axis in sample.axes),
        "axis_labels": tuple(sample.axes.lower()),
        "contrast_limits": limits,
        "metadata": {"channel_names": sample.channel_names},
    }
    return [
        (sample.clean, {**shown, "name": f"{name} (ground truth)", "visible": False}, "image"),
        (sample.noisy, {**shown, "name": f"{name} (noisy)"}, "image"),
    ]
