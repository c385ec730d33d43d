"""Where results and models go: tried before the work, and another place where one is gone."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import TYPE_CHECKING

from napari_noise2same.core.errors import FileError

if TYPE_CHECKING:
    from napari_noise2same.core.model import TrainedModel

__all__ = ["check_folder", "keep_elsewhere"]


def check_folder(folder: Path, content: str) -> None:
    """Refuse a folder in which nothing can be written.

    Parameters
    ----------
    folder : Path
        A folder.
    content : str
        What is to be written.

    Raises
    ------
    FileError
        If it refuses.
    """
    try:
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise FileError(
            f"Expected a folder in which {content} can be written, found {folder} refusing "
            f"({error.strerror}): choose another."
        ) from error


def keep_elsewhere(model: TrainedModel, name: str) -> Path | None:
    """Save a model in a temporary folder: its training has taken time.

    Parameters
    ----------
    model : TrainedModel
        The model.
    name : str
        Name of its file.

    Returns
    -------
    Path or None
        Its file; None where that cannot be written either.
    """
    from napari_noise2same.core.model import save_model

    try:
        path = Path(mkdtemp(prefix="noise2same-")) / name
        save_model(model, path)
    except OSError:
        return None
    return path
