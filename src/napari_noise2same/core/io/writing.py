"""Writing: which name asks for which format, and never half a file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import imageio.v3 as imageio
import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core.array import validate_axes
from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io.image import Image
from napari_noise2same.core.io.ome_zarr import is_zarr, require_zarr
from napari_noise2same.core.io.ome_zarr_metadata import zarr_axes
from napari_noise2same.core.io.ome_zarr_writing import write_zarr
from napari_noise2same.core.io.tiff_writing import TIFF_SUFFIXES, check_tiff, write_tiff

__all__ = ["check_format", "is_writable", "replacing", "write_image"]


def write_image(
    path: str | Path,
    data: NDArray[Any],
    like: Image,
    *,
    description: Mapping[str, str] | None = None,
) -> None:
    """Write pixels with the axes, pixel sizes and channel names of another image.

    The name decides about the format: ``.ome.tif``; ``.tif``, which Fiji opens as a hyperstack;
    ``.zarr`` and ``.ome.zarr`` (OME-Zarr 0.5); ``.npy`` and ``.png``, which hold pixels only.
    The order of the axes is kept, except in OME-TIFF and OME-Zarr where the format prescribes
    another. An existing file is replaced once the new one is complete, and not before.

    Parameters
    ----------
    path : str or Path
        File to write, or Zarr folder.
    data : ndarray
        Pixels, with the axes of `like`.
    like : Image
        The image whose description is kept, usually the noisy one.
    description : mapping of str to str, optional
        How the pixels were made; kept in the metadata of TIFF and Zarr.

    Raises
    ------
    AxesError
        If `data` does not have the axes of `like`.
    FileError
        If the name has another ending, the format cannot hold the pixels, or the disk refuses.
    MissingDependencyError
        If the format needs a package that is not installed.
    """
    path = Path(path)
    write = _format(path).write
    validate_axes(like.axes, data.shape)
    check_format(path, data.dtype, like.axes)
    if not path.parent.is_dir():
        raise FileError(f"Expected a folder to write into, found none at {path.parent}: create it.")
    if path.is_dir() and not (write is write_zarr and is_zarr(path)):
        raise FileError(f"Expected the name of a file, found the folder {path}: name a file in it.")
    try:
        with replacing(path) as temporary:
            write(temporary, data, _matching(like, data), description or {})
    except FileError:
        raise
    except OSError as error:
        raise FileError(
            f"{path} cannot be written ({error.strerror or error}): "
            "check the permissions and the free space, or choose another folder."
        ) from error


def check_format(path: Path, dtype: np.dtype[Any], axes: str) -> None:
    """Refuse pixels that the format of a name does not hold, before they are computed.

    Parameters
    ----------
    path : Path
        Name of a file.
    dtype : dtype
        Type of the pixels.
    axes : str
        Their axes.

    Raises
    ------
    FileError
        If the name has another ending, or the format cannot hold the pixels.
    MissingDependencyError
        If the format needs a package that is not installed.
    """
    _format(path).check(path, dtype, axes)


class _Format(NamedTuple):
    """How to write a format, and what refuses pixels that it does not hold."""

    write: Callable[[Path, NDArray[Any], Image, Mapping[str, str]], None]
    check: Callable[[Path, np.dtype[Any], str], None]


def is_writable(path: Path) -> bool:
    """Tell whether there is a format for a name.

    Parameters
    ----------
    path : Path
        Name of a file.

    Returns
    -------
    bool
        Whether `write_image` can write it.
    """
    return path.suffix.lower() in _FORMATS


def _format(path: Path) -> _Format:
    """Choose the format by the end of the name."""
    if not is_writable(path):
        raise FileError(
            f"Expected a name ending in {', '.join(_FORMATS)}, found {path.name}: choose one."
        )
    return _FORMATS[path.suffix.lower()]


def _matching(like: Image, data: NDArray[Any]) -> Image:
    """Drop the channel names where the number of channels has changed."""
    if "C" in like.axes and data.shape[like.axes.index("C")] == len(like.channel_names):
        return like
    return replace(like, channel_names=())


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; what is written there takes its place in the end.

    A file is on the disk before it does, so that a loss of power leaves the one or the other. A
    link stays one, to what is written.

    Parameters
    ----------
    path : Path
        File or folder, which may be there already.

    Yields
    ------
    Path
        The temporary name.
    """
    path = Path(os.path.realpath(path))
    # The end of the name tells the format; a whole one could become too long.
    temporary = path.with_name(f".{uuid4().hex[:8]}-{path.name[-24:]}")
    try:
        yield temporary
        if temporary.is_file():
            _synchronise(temporary)
        if temporary.is_dir() and path.is_dir():
            _replace_folder(temporary, path)
        else:
            temporary.replace(path)
    finally:
        _remove(temporary)


def _synchronise(file: Path) -> None:
    """Wait until a file is on the disk."""
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())


def _replace_folder(temporary: Path, path: Path) -> None:
    """Swap folders, which no operating system does in one step."""
    old = path.rename(path.with_name(f".{uuid4().hex[:8]}-old-{path.name[-24:]}"))
    try:
        temporary.rename(path)
    except OSError:
        old.rename(path)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    """Remove a file or folder, if there is one."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write_npy(
    path: Path, data: NDArray[Any], _like: Image, _description: Mapping[str, str]
) -> None:
    """Write the pixels alone."""
    np.save(path, data, allow_pickle=False)


def _write_png(
    path: Path, data: NDArray[Any], _like: Image, _description: Mapping[str, str]
) -> None:
    """Write a picture."""
    imageio.imwrite(path, data, extension=".png")


def _check_png(_path: Path, dtype: np.dtype[Any], axes: str) -> None:
    """Refuse all but pictures of 8 bits, and grey ones of 16."""
    if (dtype.name, axes) not in _PNG_KINDS:
        raise FileError(
            "Expected a grey or RGB image of uint8 or a grey one of uint16 for PNG, found "
            f"{dtype.name} with axes {axes}: write a .tif instead."
        )


def _check_zarr(_path: Path, _dtype: np.dtype[Any], axes: str) -> None:
    """Refuse channels beside RGB samples."""
    require_zarr()
    zarr_axes(axes)


_PNG_KINDS = (("uint8", "YX"), ("uint8", "YXS"), ("uint16", "YX"))

_FORMATS = {
    **dict.fromkeys(TIFF_SUFFIXES, _Format(write_tiff, check_tiff)),
    ".zarr": _Format(write_zarr, _check_zarr),
    ".npy": _Format(_write_npy, lambda *_: None),
    ".png": _Format(_write_png, _check_png),
}
