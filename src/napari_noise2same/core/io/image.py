"""An image with what its file says about it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import (
    CHANNEL_AXES,
    KNOWN_AXES,
    ArrayLike,
    check_image,
    validate_axes,
)
from napari_noise2same.core.errors import ConfigurationError, ImageError

__all__ = ["Image", "Size", "no_image", "resolve_axes", "warn_of_others"]

# Physical size of a pixel along one axis, and its unit where known.
Size = tuple[float, str | None]

_UNKNOWN_BECOMES = "TZC"


@dataclass(frozen=True, eq=False)
class Image:
    """An image and its physical description.

    Attributes
    ----------
    data : ArrayLike
        Pixels, possibly on disk still: a memory map or a Zarr array.
    axes : str
        One letter of T, Z, C, Y, X, S per dimension, in the array's order. S are RGB(A) samples.
    spacing : mapping of str to float
        Distance between neighbouring pixels for each axis where it is known.
    units : mapping of str to str
        Unit of the spacing for each axis where it is known: ``"micrometer"``, ``"second"``.
    channel_names : tuple of str
        One name per channel, or empty.
    metadata : mapping of str to mapping
        What only one file format knows (``"imagej"``: display ranges, colours; ``"ome"``: dyes,
        wavelengths; ``"tiff"``: date, text, whether 0 is white; ``"origin"``: where an OME-Zarr
        image lies), kept so that a file of the same format can be written.
    mask : ndarray of bool, optional
        Where training draws its patches: around the pixels that are True. One length per
        dimension, the array's or 1, which stands for all places along it and is the only one
        allowed for channels.

    Raises
    ------
    ImageError
        If the array is empty or holds no real numbers, or the mask does not fit it or marks
        nothing.
    AxesError
        If the axes do not fit the array.
    """

    data: ArrayLike
    axes: str
    spacing: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    channel_names: tuple[str, ...] = ()
    metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mask: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        """Validate the array and its axes."""
        check_image(self.data)
        object.__setattr__(self, "axes", validate_axes(self.axes, self.data.shape))
        if self.mask is not None:
            _check_mask(self.mask, self.axes, self.data.shape)

    @classmethod
    def from_file(
        cls,
        data: ArrayLike,
        axes: str,
        sizes: Mapping[str, Size] | None = None,
        *,
        channel_names: Iterable[str] = (),
        metadata: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Image:
        """Build an image from a file's metadata, less what cannot be meant.

        Parameters
        ----------
        data : ArrayLike
            Pixels.
        axes : str
            One letter per dimension.
        sizes : mapping of str to (float, str or None), optional
            Pixel size and unit per axis. Sizes of axes that the image does not have, sizes that
            are not positive, and the 1 without a unit that many programs write are left out.
        channel_names : iterable of str
            Names; left out unless there is one for each channel.
        metadata : mapping of str to mapping, optional
            What only one format knows.

        Returns
        -------
        Image
            The image.
        """
        known = {
            axis: size
            for axis, size in (sizes or {}).items()
            if axis in axes.upper() and math.isfinite(size[0]) and size[0] > 0 and size != (1, None)
        }
        names = tuple(channel_names)
        length = dict(zip(axes.upper(), data.shape, strict=False))
        return cls(
            data=data,
            axes=axes,
            spacing={axis: float(size) for axis, (size, _) in known.items()},
            units={axis: unit for axis, (_, unit) in known.items() if unit is not None},
            channel_names=names if any(names) and len(names) == length.get("C") else (),
            metadata=metadata or {},
        )


def no_image(expected: str, found: object) -> ConfigurationError:
    """Say that something is no image, and how to make one.

    Parameters
    ----------
    expected : str
        What was expected.
    found : object
        What was found instead.

    Returns
    -------
    ConfigurationError
        The error to raise.
    """
    return ConfigurationError(
        f"Expected {expected}, found {type(found).__name__}: make an image of an array by "
        "Image(array, axes), or of a file by read_image(path)."
    )


def resolve_axes(labels: Iterable[str]) -> str:
    """Give each dimension that a file does not name a letter.

    Parameters
    ----------
    labels : iterable of str
        One label per dimension.

    Returns
    -------
    str
        The axes. Dimensions of unknown meaning become T, then Z, then C, whichever is free: a
        single stack of planes is then a series of independent frames, which is right for any.
        If there are more unknown dimensions than letters, T is doubled, which no image accepts.
    """
    letters = [label.upper() if label.upper() in set(KNOWN_AXES) else "" for label in labels]
    free = iter([letter for letter in _UNKNOWN_BECOMES if letter not in letters])
    return "".join(letter or next(free, "T") for letter in letters)


def _check_mask(mask: NDArray[np.bool_], axes: str, shape: tuple[int, ...]) -> None:
    """Refuse a mask that does not fit its image."""
    fits = mask.ndim == len(shape) and all(
        found == 1 or (found == length and axis not in CHANNEL_AXES)
        for axis, found, length in zip(axes, mask.shape, shape, strict=True)
    )
    if mask.dtype != np.bool_ or not fits or not mask.any():
        raise ImageError(
            f"Expected a mask of True and False, one or {shape} long along {axes} but one along "
            f"channels, with a pixel marked, found {mask.dtype} values of shape {mask.shape}, "
            f"{np.count_nonzero(mask)} of them marked."
        )


def warn_of_others(name: str, n_images: int) -> None:
    """Warn whoever has called the reader that calls this, if a file holds several images.

    Parameters
    ----------
    name : str
        Name of the file.
    n_images : int
        How many images it holds.
    """
    if n_images > 1:
        text = f"{name} holds {n_images} images, of which the first is read."
        warnings.warn(text, stacklevel=4)
