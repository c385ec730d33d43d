"""From files, folders and patterns to images."""

from __future__ import annotations

import glob
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io import is_readable, is_result, is_zarr

__all__ = ["Source", "absolute", "find_images"]

# Images of microscopes for which there is no reader; anything else in a folder needs no word.
_UNREAD = {".czi", ".dv", ".ims", ".lif", ".mrc", ".nd2", ".oib", ".oir", ".sld", ".vsi", ".zvi"}


@dataclass(frozen=True)
class Source:
    """An image to denoise.

    Attributes
    ----------
    path : Path
        The file, or the folder of a Zarr array or group.
    root : Path
        The folder it was found in, from which its place among the results is counted.
    """

    path: Path
    root: Path

    @property
    def name(self) -> str:
        """The place below the root, with slashes."""
        return self.path.relative_to(self.root).as_posix()


def find_images(
    inputs: Sequence[str | Path],
    *,
    leave_out: str | Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Source, ...]:
    """Find the images that are meant by files, folders and patterns.

    In folders and patterns, names that no reader is for (microscopes' formats with a warning),
    hidden files and folders, and results of this program are left out. The order is that of the
    inputs, in folders by name with numbers counted (``t2`` before ``t10``).

    Parameters
    ----------
    inputs : sequence of str or Path
        Files, which are taken whatever they are; folders, with all folders in them; patterns of
        ``*``, ``?``, ``[…]`` and ``**`` that the shell has not replaced. A Zarr folder is one
        image.
    leave_out : str or Path, optional
        Folder not to look into, for instance that of the results.
    stop : callable
        Asked before every image; when it returns True the search ends.

    Returns
    -------
    tuple of Source
        The images, each once.

    Raises
    ------
    FileError
        If an input is not there, or has no image in it.
    """
    search = _Search(None if leave_out is None else Path(os.path.realpath(leave_out)), stop)
    found: dict[Path, Source] = {}
    for given in inputs:
        count = 0
        for source in search.images(str(given)):
            if stop():
                return tuple(found.values())
            found.setdefault(absolute(source.path), source)
            count += 1
        if not count and not stop():
            raise FileError(
                f"Expected images in {given}, found none (TIFF, Zarr, NumPy, PNG, JPEG) that is "
                "not a result of denoising: name another folder."
            )
    return tuple(found.values())


@dataclass(frozen=True)
class _Search:
    """How to search."""

    leave_out: Path | None
    stop: Callable[[], bool]

    def images(self, given: str) -> Iterator[Source]:
        """Find the images that one input means."""
        if not given:  # a variable of a script that is not set; for Path it is the folder here
            raise FileError("Expected an image or a folder, found an empty name: give its name.")
        path = Path(given)
        if path.exists():
            yield from self._walk(path, path) if _is_tree(path) else [Source(path, path.parent)]
        elif glob.has_magic(given):
            yield from self._matches(given)
        else:
            raise FileError(f"Expected an image or a folder, found nothing at {path}.")

    def _matches(self, pattern: str) -> Iterator[Source]:
        """Find what a pattern means, below the part of it that is no pattern."""
        parts = Path(pattern).parts
        fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
        root = Path(*parts[:fixed])
        try:
            paths = sorted(root.glob(str(Path(*parts[fixed:]))), key=_natural_path)
        except ValueError as error:
            raise FileError(f"Expected a pattern of names, found {pattern} ({error}).") from error
        for path in paths:
            if not any(part.startswith(".") for part in path.relative_to(root).parts):
                yield from self._visit(path, root)

    def _walk(self, folder: Path, root: Path) -> Iterator[Source]:
        """Find the images in a folder and in the folders in it."""
        try:
            paths = sorted(folder.iterdir(), key=lambda path: _natural(path.name))
        except OSError as error:
            warnings.warn(
                f"The folder {folder} cannot be read ({error.strerror}) and is left out.",
                stacklevel=2,
            )
            return
        for path in paths:
            if not path.name.startswith("."):
                yield from self._visit(path, root)

    def _visit(self, path: Path, root: Path) -> Iterator[Source]:
        """Find the images that something in a folder is or has in it."""
        if self.stop() or self._is_left_out(path):
            return
        if _is_tree(path):
            if not path.is_symlink():  # it may lead back here
                yield from self._walk(path, root)
        elif is_readable(path) or path.is_dir():
            if not is_result(path):
                yield Source(path, root)
        elif path.suffix.lower() in _UNREAD:
            warnings.warn(
                f"The {path.suffix} files in {path.parent} are left out, as no reader is for them: "
                "export them as OME-TIFF.",
                stacklevel=2,
            )

    def _is_left_out(self, path: Path) -> bool:
        """Tell whether this is the folder not to look into."""
        out = self.leave_out
        return out is not None and path.name == out.name and os.path.realpath(path) == str(out)


def _is_tree(path: Path) -> bool:
    """Tell a folder of images from a file and from a folder that is one image."""
    return path.is_dir() and path.suffix.lower() != ".zarr" and not is_zarr(path)


def absolute(path: str | Path) -> Path:
    """Return the full path, with links as they are.

    Parameters
    ----------
    path : str or Path
        A path.

    Returns
    -------
    Path
        The full path, without ``..``.
    """
    return Path(os.path.normpath(Path(path).absolute()))


def _natural_path(path: Path) -> list[list[tuple[int, str]]]:
    """Sort key in which numbers count as such."""
    return [_natural(part) for part in path.parts]


def _natural(name: str) -> list[tuple[int, str]]:
    """Take a name apart into numbers and what is between them."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(int(part), "") if i % 2 else (-1, part) for i, part in enumerate(parts)]
