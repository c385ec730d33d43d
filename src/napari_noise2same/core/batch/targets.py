"""What is at the place of a result, and what may be written there."""

from __future__ import annotations

from pathlib import Path

from napari_noise2same.core.errors import TakenError
from napari_noise2same.core.io import Image, check_format, is_result, is_unfinished
from napari_noise2same.core.settings import DenoiseConfig

__all__ = ["check_target", "is_finished", "is_streamed"]

_UNSIGNED = (".npy", ".png")


def check_target(target: Path, image: Image, config: DenoiseConfig, *, overwrite: bool) -> None:
    """Refuse, before any work is done, a name that is taken or a format that holds no such result.

    Parameters
    ----------
    target : Path
        The result.
    image : Image
        The image.
    config : DenoiseConfig
        How it is to be denoised.
    overwrite : bool
        Whether what is there may be replaced.

    Raises
    ------
    FileError
        If something else is there, or the format does not hold the result.
    MissingDependencyError
        If the format needs a package that is not installed.
    """
    if target.exists() and not overwrite and not is_unfinished(target):
        raise TakenError(
            f"Expected no file or a result of denoising, found something else at {target}: move "
            "it away, or ask to overwrite it."
        )
    check_format(target, config.result_dtype(image.data.dtype), image.axes)


def is_finished(target: Path) -> bool:
    """Tell whether a result is there, so that nothing is left to do.

    Parameters
    ----------
    target : Path
        The result.

    Returns
    -------
    bool
        Whether it is there: files are written whole or not at all, and a Zarr folder says that
        something is missing. Any file counts that is not empty where its format has no place to
        say who has made it.
    """
    if target.suffix.lower() in _UNSIGNED:
        return target.is_file() and target.stat().st_size > 0
    return is_result(target) and not is_unfinished(target)


def is_streamed(target: Path) -> bool:
    """Tell whether a result fills cell by cell and may be larger than memory.

    Parameters
    ----------
    target : Path
        The result.

    Returns
    -------
    bool
        Whether it is a Zarr folder.
    """
    return target.suffix.lower() == ".zarr"
