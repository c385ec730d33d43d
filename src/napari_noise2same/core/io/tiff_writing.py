"""Images to TIFF files: OME-TIFF by name, ImageJ where it can, plain otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_noise2same.core.array import KNOWN_AXES
from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io.image import Image
from napari_noise2same.core.io.tiff_metadata import OME_SIZES
from napari_noise2same.core.io.units import convert_unit, is_convertible, unit_symbol

__all__ = ["SOFTWARE", "TIFF_SUFFIXES", "check_tiff", "write_tiff"]

# What the tag "Software" says of results.
SOFTWARE = "napari-noise2same"

_BIGTIFF_SUFFIXES = (".btf", ".tf8", ".tf2")
TIFF_SUFFIXES = (".tif", ".tiff", *_BIGTIFF_SUFFIXES)

_INTEGERS = ("int8", "int16", "int32", "uint8", "uint16", "uint32")
_OME_DTYPES = ("bool", *_INTEGERS, "float32", "float64")
_IMAGEJ_DTYPES = ("uint8", "uint16", "int16", "float32")
# Room for the tags: offsets in a classic TIFF end at 4 GiB.
_IMAGEJ_BYTES = 2**32 - 2**25
# Pixels per unit are written as quotients of 32-bit numbers. Smaller sizes lose digits by it.
_MOST_PIXELS, _LEAST_SIZE = 2**32, 1e-6


def write_tiff(path: Path, data: NDArray[Any], like: Image, description: Mapping[str, str]) -> None:
    """Write a TIFF file.

    Parameters
    ----------
    path : Path
        ``.ome.tif`` gives OME-TIFF. Any other name gives an ImageJ hyperstack if type, order of
        axes and size allow it, else a plain TIFF with a JSON description.
    data : ndarray
        Pixels with the axes of `like`.
    like : Image
        The image whose description is kept.
    description : mapping of str to str
        How the pixels were made.
    """
    if _is_ome(path):
        _write_ome(path, data, like, description)
    elif _fits_imagej(path, data, like.axes):
        _write_imagej(path, data, like, description)
    else:
        _write_plain(path, data, like, description)


def check_tiff(path: Path, dtype: np.dtype[Any], axes: str) -> None:
    """Refuse pixels that the format does not hold.

    Parameters
    ----------
    path : Path
        Name of the file.
    dtype : dtype
        Type of the pixels.
    axes : str
        Their axes.

    Raises
    ------
    FileError
        If OME-TIFF has no such type of pixel, or bits do not lie plane by plane.
    """
    if _is_ome(path):
        if dtype.name not in _OME_DTYPES:
            raise FileError(
                f"Expected one of the types of OME-TIFF ({', '.join(_OME_DTYPES)}), found "
                f"{dtype.name}: convert it to float32 or write a plain .tif."
            )
        axes = _ome_order(axes)
    if dtype.kind == "b" and not axes.endswith("YX"):
        raise FileError(
            f"Expected black and white planes for a TIFF of bits, found axes {axes}: "
            "convert it to uint8."
        )


def _is_ome(path: Path) -> bool:
    """Tell whether a name asks for OME-TIFF."""
    return Path(path.stem).suffix.lower() == ".ome"


def _ome_order(axes: str) -> str:
    """Bring axes into the order in which OME-TIFF has them: its planes come last."""
    leading = "".join(axis for axis in axes if axis not in "YXS")
    return leading + "".join(axis for axis in "YXS" if axis in axes)


def _write_ome(path: Path, data: NDArray[Any], like: Image, description: Mapping[str, str]) -> None:
    """Write OME-TIFF."""
    axes = _ome_order(like.axes)
    data = np.transpose(data, [like.axes.index(axis) for axis in axes])
    metadata: dict[str, Any] = {"axes": axes, **_same_shape(data, like, "ome")}
    for axis, (name, _) in OME_SIZES.items():
        symbol = unit_symbol(like.units.get(axis))
        # OME knows lengths without a unit, but no times.
        if axis in like.spacing and (symbol or axis != "T"):
            metadata[name] = like.spacing[axis]
            metadata[f"{name}Unit"] = symbol or "reference frame"
    n_channels = data.shape[axes.index("C")] if "C" in axes else 1
    metadata["Channel"] = _channels(metadata.get("Channel", []), like, n_channels)
    if lines := _lines(metadata.get("Description", _tag(like, "description")), description):
        metadata["Description"] = lines
    tifffile.imwrite(
        path,
        data,
        ome=True,
        bigtiff=_bigtiff(path),
        photometric="rgb" if "S" in axes else _grey(like),
        software=_software(description),
        datetime=_tag(like, "datetime"),
        metadata=metadata,
    )


def _channels(
    kept: Sequence[Mapping[str, str]], like: Image, n_channels: int
) -> list[dict[str, str]]:
    """Return what is known of each channel; some files describe fewer than they hold."""
    known = kept if len(kept) == n_channels else [{}] * n_channels
    names = like.channel_names or [""] * n_channels
    return [
        dict(channel) | ({"Name": name} if name else {})
        for channel, name in zip(known, names, strict=True)
    ]


def _fits_imagej(path: Path, data: NDArray[Any], axes: str) -> bool:
    """Tell whether ImageJ's own format can hold the array as it is."""
    in_order = axes == "".join(sorted(axes, key=KNOWN_AXES.index))
    colour_fits = "S" not in axes or (data.dtype == np.uint8 and data.shape[-1] == 3)
    # ImageJ knows no axis of length 1: the shape would change.
    keeps_shape = all(n > 1 for n, axis in zip(data.shape, axes, strict=True) if axis != "S")
    fits_type = data.dtype.name in _IMAGEJ_DTYPES and data.nbytes < _IMAGEJ_BYTES
    return in_order and colour_fits and keeps_shape and fits_type and not _bigtiff(path)


def _write_imagej(
    path: Path, data: NDArray[Any], like: Image, description: Mapping[str, str]
) -> None:
    """Write an ImageJ hyperstack, which measures lengths as X and times in seconds if it can."""
    metadata: dict[str, Any] = {"axes": like.axes, **_same_shape(data, like, "imagej")}
    unit = _unit_of_x(like)
    spacing = {}
    for axis, size in like.spacing.items():
        own, common = like.units.get(axis), "second" if axis == "T" else unit
        spacing[axis] = convert_unit(size, own, common)
        if own and not is_convertible(own, common):
            metadata[f"{axis.lower()}unit"] = _imagej_unit(own)
    resolution = _resolution(spacing)
    if resolution:
        metadata["unit"] = _imagej_unit(unit)
    if "Z" in spacing:
        metadata["spacing"] = spacing["Z"]
    if "T" in spacing:
        metadata["finterval"] = spacing["T"]
    if "Labels" not in metadata and like.channel_names:
        n_planes = int(np.prod(data.shape[: like.axes.index("Y")]))
        metadata["Labels"] = list(like.channel_names) * (n_planes // len(like.channel_names))
    if lines := _lines(metadata.get("Info", _tag(like, "description")), description):
        metadata["Info"] = lines
    tifffile.imwrite(
        path,
        data,
        imagej=True,
        photometric="rgb" if "S" in like.axes else _grey(like),
        resolution=resolution,
        software=_software(description),
        datetime=_tag(like, "datetime"),
        metadata=metadata,
    )


def _unit_of_x(like: Image) -> str | None:
    """Return the unit of X, or one so small that the number of pixels in it fits into the file."""
    unit = like.units.get("X")
    tiny = 0 < like.spacing.get("X", 1.0) < _LEAST_SIZE
    return "nanometer" if tiny and is_convertible(unit, "nanometer") else unit


def _imagej_unit(unit: str | None) -> str:
    """Spell a unit in ASCII; Fiji itself escapes the micro sign."""
    symbol = (unit_symbol(unit) or "").replace("µ", "\\u00B5")
    return next((text for text in (symbol, unit) if text and text.isascii()), "pixel")


def _write_plain(
    path: Path, data: NDArray[Any], like: Image, description: Mapping[str, str]
) -> None:
    """Write a TIFF whose JSON description holds what has no tag."""
    axes = like.axes
    centimetres = {
        axis: convert_unit(size, like.units.get(axis), "centimeter")
        for axis, size in like.spacing.items()
        if axis in "XY" and unit_symbol(like.units.get(axis))
    }
    tifffile.imwrite(
        path,
        data,
        bigtiff=_bigtiff(path),
        photometric="rgb" if axes.endswith(("YXS", "SYX")) else _grey(like),
        planarconfig=_planarconfig(data, axes),
        resolution=_resolution(centimetres),
        resolutionunit="CENTIMETER" if "X" in centimetres else None,
        software=_software(description),
        datetime=_tag(like, "datetime"),
        metadata={
            "axes": axes,
            "spacing": dict(like.spacing),
            "units": dict(like.units),
            "channel_names": like.channel_names,
            "description": dict(description),
            "info": _tag(like, "description") or "",
        },
    )


def _grey(like: Image) -> str:
    """Say whether 0 is black or white."""
    return _tag(like, "photometric") or "minisblack"


def _tag(like: Image, name: str) -> str | None:
    """Return what a tag of the file has said that the image was read from."""
    value: str | None = like.metadata.get("tiff", {}).get(name)
    return value


def _planarconfig(data: NDArray[Any], axes: str) -> str | None:
    """Say how samples lie, where there are several."""
    if axes.endswith("YXC") and data.shape[-1] == 1:
        return None
    return {"YXS": "contig", "YXC": "contig", "SYX": "separate"}.get(axes[-3:])


def _software(description: Mapping[str, str]) -> str | None:
    """Return what made the pixels, if it is known that it was we."""
    return SOFTWARE if description else None


def _bigtiff(path: Path) -> bool | None:
    """Return True where the name asks for BigTIFF, else None: as the size needs."""
    return True if path.suffix.lower() in _BIGTIFF_SUFFIXES else None


def _same_shape(data: NDArray[Any], like: Image, dialect: str) -> dict[str, Any]:
    """Return what only one dialect knows, if it is about as many planes and channels."""
    same = sorted(data.shape) == sorted(like.data.shape)
    return dict(like.metadata.get(dialect, {})) if same else {}


def _resolution(spacing: Mapping[str, float]) -> tuple[float, float] | None:
    """Pixels per unit along X and Y, if they are known and a TIFF can hold so many."""
    if "X" not in spacing:
        return None
    pixels = 1 / spacing["X"], 1 / spacing.get("Y", spacing["X"])
    return pixels if max(pixels) < _MOST_PIXELS else None


def _lines(before: str | None, description: Mapping[str, str]) -> str:
    """Add the description to a text that is there already, one line for each entry."""
    lines = [before] if before else []
    return "\n".join([*lines, *(f"{key}: {value}" for key, value in description.items())])
