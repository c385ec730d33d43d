"""TIFF files of all kinds to images."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_noise2same.core.errors import FileError, MissingDependencyError
from napari_noise2same.core.io.image import Image, resolve_axes, warn_of_others
from napari_noise2same.core.io.tiff_metadata import read_metadata

__all__ = ["DAMAGE", "read_tiff", "read_tiff_axes"]

# tifffile does not validate the tags that it computes with: the damage shows as any of these
# (found with 5,000 files of which bytes were changed or cut off).
DAMAGE = (
    tifffile.TiffFileError,
    ValueError,
    OSError,
    LookupError,
    TypeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
    # Of Zstandard without imagecodecs, before Python 3.14.
    ImportError,
)


def read_tiff(path: Path, axes: str | None) -> Image:
    """Read the first image of a TIFF file.

    Colour-mapped images are read as their indices where brightness rises with the index or
    ImageJ wrote them: microscopes store intensities with a lookup table. Others are pictures in
    indexed colours and become RGB. Samples that are not RGB(A) become channels.

    Parameters
    ----------
    path : Path
        The file.
    axes : str or None
        Axes to use instead of those of the file.

    Returns
    -------
    Image
        The image; uncompressed data stay on disk.

    Raises
    ------
    FileError
        If the file is damaged.
    MissingDependencyError
        If it is compressed in a way that needs `imagecodecs`.
    """
    try:
        with tifffile.TiffFile(path) as tif:
            _check_whole(tif)
            series = tif.series[0]
            n_planes, n_missing = len(series), _missing_planes(series)
            data, labels = _read_pixels(tif, series)
            metadata = read_metadata(tif, labels)
            n_images = len(tif.series)
    except DAMAGE as error:
        raise _refusal(path, error) from error
    warn_of_others(path.name, n_images)
    if n_missing:
        text = f"Of {path.name} {n_missing} of {n_planes} planes are missing: they are black."
        warnings.warn(text, stacklevel=3)
    return Image.from_file(
        data,
        axes or resolve_axes(labels),
        metadata.sizes,
        channel_names=metadata.channel_names,
        metadata=metadata.extra,
    )


def read_tiff_axes(path: Path) -> tuple[str, tuple[int, ...]]:
    """Read what the headers of a TIFF file say of its first image; no pixels.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    axes : str
        One letter per dimension, as `read_tiff` takes them; other letters than those of axes are
        dimensions of unknown meaning.
    shape : tuple of int
        Its shape.

    Raises
    ------
    FileError
        If the file is damaged.
    """
    try:
        with tifffile.TiffFile(path) as tif:
            series = tif.series[0]
            shape = tuple(map(int, series.shape))
            if _indexed_colours(series) is not None:
                return series.axes + "S", (*shape, 3)
            return _labels(series), shape
    except DAMAGE as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: Exception) -> FileError | MissingDependencyError:
    """Say in one sentence why a file is not read."""
    if isinstance(error, ImportError) or "imagecodecs" in str(error):
        return MissingDependencyError(
            f"{path.name} is compressed in a way that needs imagecodecs, which is not installed: "
            'pip install "napari-noise2same[all]", or save the file without compression.'
        )
    return FileError(
        f"Expected a whole TIFF file, found {path.name} damaged or cut short "
        f"({str(error) or type(error).__name__}): copy or export it again."
    )


def _check_whole(tif: tifffile.TiffFile) -> None:
    """Follow the chain of pages to its end: tifffile takes a broken chain for a short file."""
    position = tif.pages.next_page_offset if len(tif.pages) else None
    if position is None:
        raise ValueError("no image in the file")
    tif.filehandle.seek(position)
    pointer = tif.filehandle.read(tif.tiff.offsetsize)
    if any(pointer) or len(pointer) < tif.tiff.offsetsize:
        raise ValueError("pages are missing")


def _missing_planes(series: tifffile.TiffPageSeries) -> int:
    """Count the planes that tifffile gives as black: of files that are gone, or never taken."""
    contiguous = series.kind != "ome" or series.dataoffset is not None
    return 0 if contiguous else sum(page is None for page in series)


def _read_pixels(
    tif: tifffile.TiffFile, series: tifffile.TiffPageSeries
) -> tuple[NDArray[Any], str]:
    """Read or map the pixels; return them with a label for each dimension."""
    if series.dataoffset is None:
        data = series.asarray()
    else:
        data = tif.filehandle.memmap_array(
            series.dtype.newbyteorder(tif.byteorder), series.shape, series.dataoffset
        )
    colours = _indexed_colours(series)
    if colours is not None:
        return (colours >> 8).astype(np.uint8).T[data], series.axes + "S"
    return data, _labels(series)


def _labels(series: tifffile.TiffPageSeries) -> str:
    """Return a label for each dimension that is stored; samples that are no colours: C."""
    page = series.keyframe
    rgb = page.photometric in (tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR)
    axes: str = series.axes
    return axes if rgb and page.samplesperpixel in (3, 4) else axes.replace("S", "C")


def _indexed_colours(series: tifffile.TiffPageSeries) -> NDArray[np.uint16] | None:
    """Return the colours of a picture, and None for intensities with a lookup table."""
    colormap = series.keyframe.colormap
    if colormap is None or series.kind == "imagej":
        return None
    brightness = colormap.astype(np.int64).sum(axis=0)
    return colormap if np.any(np.diff(brightness) < 0) else None
