"""Reading: which file goes to which reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from napari_noise2same.core.array import default_axes
from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io.image import Image
from napari_noise2same.core.io.ome_zarr import is_zarr, read_zarr, read_zarr_axes
from napari_noise2same.core.io.tiff_reading import read_tiff, read_tiff_axes
from napari_noise2same.core.io.tiff_writing import TIFF_SUFFIXES

__all__ = ["is_readable", "read_axes", "read_image"]

# Usual endings of TIFF files by other names: microscopes, slide scanners.
_TIFF_BASED = (".lsm", ".stk", ".flex", ".svs", ".scn", ".ndpi", ".qptiff")
_PNG = b"\x89PNG"
_SUFFIXES = {*TIFF_SUFFIXES, *_TIFF_BASED, ".zarr", ".npy", ".png", ".jpg", ".jpeg"}


def is_readable(path: Path) -> bool:
    """Tell whether a name is that of an image, as far as names go.

    Parameters
    ----------
    path : Path
        Name of a file or of a Zarr folder.

    Returns
    -------
    bool
        Whether `read_image` is likely to read it: it looks at the content, not at the name.
    """
    return path.suffix.lower() in _SUFFIXES


def read_image(path: str | Path, *, axes: str | None = None) -> Image:
    """Read an image with its axes, pixel sizes and channel names.

    The content decides about the format, not the name: TIFF (OME-TIFF, ImageJ, BigTIFF, LSM and
    other TIFF-based ones), Zarr arrays and OME-Zarr images, NumPy arrays, PNG and JPEG.
    Uncompressed TIFF, NumPy and Zarr files are not loaded, only opened. Of a pyramid the finest
    level is taken; of a file with several images the first, with a warning.

    Parameters
    ----------
    path : str or Path
        A file, or the folder of a Zarr array or group.
    axes : str, optional
        One letter of T, Z, C, Y, X, S per dimension, where the file has none or wrong ones. By
        default those of the file; a dimension that it does not name becomes T (independent
        frames), a second one Z, a third one C.

    Returns
    -------
    Image
        The image.

    Raises
    ------
    FileError
        If there is no such file, or it is damaged or of another format.
    AxesError
        If the axes do not fit the array.
    ImageError
        If the array is empty or holds no real numbers.
    MissingDependencyError
        If the format needs a package that is not installed.
    """
    path = Path(path)
    if not path.exists():
        raise FileError(f"Expected an image file, found nothing at {path}: check the path.")
    return _reader(path)(path, axes)


def read_axes(path: str | Path) -> tuple[str, tuple[int, ...]]:
    """Read which axes a file names, and no pixels.

    Parameters
    ----------
    path : str or Path
        The file, or the folder of a Zarr array or group.

    Returns
    -------
    axes : str
        One letter per dimension, those of `read_image` where they are of T, Z, C, Y, X, S; other
        letters are dimensions of unknown meaning. Nothing for what is neither TIFF nor Zarr.
    shape : tuple of int
        Shape of the image; empty for what is neither TIFF nor Zarr.

    Raises
    ------
    FileError
        If there is no such file, or it is damaged or of no known format.
    MissingDependencyError
        If the format needs a package that is not installed.
    """
    path = Path(path)
    say = _SAYING.get(_reader(path))
    return say(path) if say else ("", ())


Reader = Callable[[Path, str | None], Image]


def _reader(path: Path) -> Reader:
    """Choose the reader by the first bytes of the file."""
    if path.is_dir():
        if not is_zarr(path):
            raise FileError(
                f"Expected an image file or a Zarr folder, found the folder {path}: "
                "name the file in it."
            )
        return read_zarr
    head = _head(path)
    for signature, reader in _SIGNATURES.items():
        if head.startswith(signature):
            return reader
    raise FileError(
        "Expected a TIFF, Zarr, NumPy, PNG or JPEG image, found "
        f"{path.name}, which is {'none of these' if head else 'empty'}: "
        "export it as OME-TIFF, for example from Fiji or the microscope's software."
    )


def _head(path: Path) -> bytes:
    """Read the first bytes of a file, of a PNG up to its type of pixel."""
    try:
        with path.open("rb") as file:
            return file.read(26)
    except OSError as error:
        raise FileError(f"{path} cannot be read ({error.strerror}): check the path.") from error


def _read_npy(path: Path, axes: str | None) -> Image:
    """Open a NumPy array."""
    try:
        data = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError) as error:
        raise FileError(
            f"Expected a NumPy array of numbers, found {path.name}, which cannot be read "
            f"({error}): save it again with numpy.save."
        ) from error
    return Image.from_file(data, axes or default_axes(data.shape))


def _read_picture(path: Path, axes: str | None) -> Image:
    """Load a PNG or JPEG picture."""
    if _is_deep_colour(_head(path)):
        raise FileError(
            f"Expected a PNG of 8 bits or of grey alone, found {path.name} with several values of "
            "16 bits per pixel, which would be cut to 8: save it as TIFF."
        )
    try:
        picture = imageio.imopen(path, "r", plugin="pillow")
        with picture:
            # Inks are no colours to look at.
            inks = picture.metadata(index=0).get("mode") == "CMYK"
            data = picture.read(index=0, mode="RGB") if inks else picture.read(index=0)
    except (ValueError, OSError, SyntaxError) as error:
        raise FileError(
            f"{path.name} is not a whole PNG or JPEG picture ({error}): copy or export it again."
        ) from error
    samples = data.shape[2] if data.ndim == 3 else 1
    found = {1: "YX", 2: "YXC"}.get(samples, "YXS")
    return Image.from_file(data, axes or found)


def _is_deep_colour(head: bytes) -> bool:
    """Tell a PNG of 16 bits in RGB(A) or grey with alpha, of which Pillow keeps the upper 8."""
    depth, colour = head[24:25], head[25:26]
    return head.startswith(_PNG) and depth == b"\x10" and colour in (b"\2", b"\4", b"\6")


_SIGNATURES: dict[bytes, Reader] = {
    b"II*\x00": read_tiff,
    b"MM\x00*": read_tiff,
    b"II+\x00": read_tiff,  # BigTIFF
    b"MM\x00+": read_tiff,
    b"\x93NUMPY": _read_npy,
    _PNG: _read_picture,
    b"\xff\xd8\xff": _read_picture,
}
# What is asked of formats that name axes.
_SAYING: dict[Reader, Callable[[Path], tuple[str, tuple[int, ...]]]] = {
    read_tiff: read_tiff_axes,
    read_zarr: read_zarr_axes,
}
