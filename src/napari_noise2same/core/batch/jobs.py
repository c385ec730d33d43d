"""Where results go: one file, or a folder like that of the images."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from napari_noise2same.core.batch.finding import Source, absolute
from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io import is_readable, is_writable
from napari_noise2same.core.settings import ResultFormat

__all__ = ["Job", "create_folder", "create_folders", "default_output", "is_file_name", "plan_jobs"]


@dataclass(frozen=True)
class Job:
    """One image to denoise.

    Attributes
    ----------
    source, target : Path
        The image and its result.
    name : str
        What to call it: its place in the folder that was given.
    """

    source: Path
    target: Path
    name: str


def plan_jobs(
    sources: Sequence[Source],
    output: str | Path,
    *,
    format: ResultFormat | None = None,
    dtype: Literal["float32", "keep"] = "float32",
) -> tuple[Job, ...]:
    """Say which file the result of each image goes to; nothing is created.

    Parameters
    ----------
    sources : sequence of Source
        The images.
    output : str or Path
        What `is_file_name` takes for a file is the file for the one image; anything else is the
        folder for the results, each at the place of its image below its root. For one image, a name
        with another ending is refused, unless it is a number or there is such a folder.
    format : {"tif", "ome.tif", "zarr"}, optional
        Format of the results in a folder. By default that of the image, or ``.tif`` where that is
        not written or, as PNG, does not hold the result.
    dtype : {"float32", "keep"}
        Type of the results, as in `DenoiseConfig`.

    Returns
    -------
    tuple of Job
        One for each image.

    Raises
    ------
    FileError
        If the output has the ending of a format that is not written and is no folder yet, one file
        is to take several images, two results would be the same file, or a result would replace an
        image.
    """
    output = Path(output)
    if is_file_name(output):
        _check_one_file(sources, output, format)
        jobs = [Job(source.path, output, source.name) for source in sources]
    else:
        _check_folder_name(sources, output)
        targets = [output / _result_name(source.name, format, dtype) for source in sources]
        jobs = [Job(s.path, target, s.name) for s, target in zip(sources, targets, strict=True)]
    _refuse_collisions(jobs)
    return tuple(jobs)


def is_file_name(output: str | Path) -> bool:
    """Tell whether results are to go to one file.

    Parameters
    ----------
    output : str or Path
        Where results are to go.

    Returns
    -------
    bool
        Whether it has the ending of a format that `write_image` knows and is no folder, a Zarr
        folder apart.
    """
    output = Path(output)
    return is_writable(output) and (output.suffix.lower() == ".zarr" or not output.is_dir())


def default_output(inputs: Sequence[str | Path]) -> Path | None:
    """Name a folder beside that of the images, from the names alone.

    Parameters
    ----------
    inputs : sequence of str or Path
        Files and folders, of which the first counts.

    Returns
    -------
    Path or None
        For the folder ``cells``, or images in it, ``cells denoised``; None if there is no input.
    """
    if not inputs:
        return None
    first = absolute(inputs[0])
    # A pattern is not the name of a folder, nor is an image.
    while is_readable(first) or any(sign in first.name for sign in "*?"):
        first = first.parent
    return first.with_name(f"{first.name} denoised") if first.name else first / "denoised"


def create_folders(jobs: Sequence[Job]) -> None:
    """Create the folders for results.

    Parameters
    ----------
    jobs : sequence of Job
        What is to be done.

    Raises
    ------
    FileError
        If a folder cannot be created.
    """
    for folder in dict.fromkeys(job.target.parent for job in jobs):
        create_folder(folder)


def create_folder(folder: Path) -> None:
    """Create a folder and those that it is in, where they are not there.

    Parameters
    ----------
    folder : Path
        The folder.

    Raises
    ------
    FileError
        If it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"The folder {folder} cannot be created ({error.strerror}): choose another."
        ) from error


def _check_one_file(sources: Sequence[Source], output: Path, format: str | None) -> None:
    """Refuse what does not go with one file."""
    if len(sources) > 1:
        raise FileError(
            f"Expected a folder for {len(sources)} images, found the file name {output}: "
            "name a folder."
        )
    if format is not None and not output.name.lower().endswith(f".{format}"):
        raise FileError(
            f"Expected a file name ending in .{format}, found {output}: its ending says the "
            "format, choose one or the other."
        )


def _check_folder_name(sources: Sequence[Source], output: Path) -> None:
    """Refuse what is meant as a file, of a format that is not written."""
    ending = output.suffix[1:]
    # Folders are called 2026.11.29; and where several images go, no file is meant.
    unknown = len(sources) == 1 and ending.isalnum() and not ending.isdigit()
    only_read = is_readable(output) and not is_writable(output)
    if (unknown or only_read) and not output.is_dir():
        raise FileError(
            f"Expected a folder or a file of a format that is written, found {output}: choose the "
            "name of a .tif file, or create a folder of this name."
        )


def _result_name(name: str, format: str | None, dtype: str) -> Path:
    """Keep the place, with an ending that can be written and holds the result."""
    path = Path(name)
    keeps = is_writable(path) and (path.suffix.lower() != ".png" or dtype == "keep")
    if format is None and keeps:
        return path
    stem = path.stem if is_readable(path) else path.name
    return path.with_name(f"{stem.removesuffix('.ome')}.{format or 'tif'}")


def _real(path: Path) -> Path:
    """Follow links; `Path.resolve` raises at those that lead back to themselves."""
    return Path(os.path.realpath(path))


def _refuse_collisions(jobs: Sequence[Job]) -> None:
    """Make sure that no image and no result is lost."""
    targets: dict[Path, Job] = {}
    for job in jobs:
        other = targets.setdefault(_real(job.target), job)
        if other is not job:
            raise FileError(
                f"Expected another result for each image, found {other.source} and {job.source} "
                f"both going to {job.target}: denoise them into different folders."
            )
    for job in jobs:
        source = _real(job.source)
        # A Zarr image may be a part of the folder that would be replaced.
        for place in (source, *source.parents):
            if place in targets:
                raise FileError(
                    "Expected another place for the result than that of an image, found "
                    f"{place}: name another file or folder."
                )
