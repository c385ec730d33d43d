"""The loss plot as files; to be called in any thread."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QBuffer
from qtpy.QtGui import QImage

from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io import replacing

__all__ = ["write_numbers", "write_picture"]


def write_picture(path: Path, picture: QImage) -> None:
    """Write a picture as PNG, whole or not at all.

    Parameters
    ----------
    path : Path
        Where to write.
    picture : QImage
        The picture.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    _write(path, bytes(buffer.data().data()), "The plot")


def write_numbers(path: Path, columns: Mapping[str, NDArray[np.float64]]) -> None:
    """Write numbers as a table, whole or not at all.

    Parameters
    ----------
    path : Path
        Where to write.
    columns : mapping of str to ndarray, each of shape (n,)
        The numbers by the name of their column.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    text, table = StringIO(), np.stack(list(columns.values()), axis=1)
    np.savetxt(text, table, "%.9g", ",", header=",".join(columns), comments="")
    _write(path, text.getvalue().encode(), "The numbers")


def _write(path: Path, content: bytes, what: str) -> None:
    """Write a file."""
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise FileError(
            f"{what} cannot be written to {path} ({error.strerror}): choose another place."
        ) from error
