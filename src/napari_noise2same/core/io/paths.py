"""Where results go: one file, or a folder for many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari_noise2same.core.errors import FileError
from napari_noise2same.core.io.writing import is_writable

__all__ = ["output_paths"]


def output_paths(sources: Sequence[str | Path], output: str | Path) -> list[Path]:
    """Name a result for each image, and create the folder for them.

    Parameters
    ----------
    sources : sequence of str or Path
        The images.
    output : str or Path
        A name with the ending of a format that `write_image` knows is the file for the one
        image; anything else, and any folder, is the folder for results of the images' names.
        Images whose format is read but not written get the ending ``.tif``.

    Returns
    -------
    list of Path
        One path for each image.

    Raises
    ------
    FileError
        If one file is to take several images, two results would have the same name, a result
        would replace its image, or the folder cannot be created.
    """
    output = Path(output)
    is_file = is_writable(output) and (output.suffix.lower() == ".zarr" or not output.is_dir())
    if is_file and len(sources) > 1:
        raise FileError(
            f"Expected a folder for {len(sources)} images, found the file name {output}: "
            "name a folder."
        )
    targets = [output] if is_file else [output / _result_name(Path(name)) for name in sources]
    _refuse_collisions([Path(name) for name in sources], targets)
    folder = output.parent if is_file else output
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"The folder {folder} cannot be created ({error.strerror}): choose another."
        ) from error
    return targets


def _result_name(source: Path) -> str:
    """Keep the name, with an ending that can be written."""
    return source.name if is_writable(source) else f"{source.stem}.tif"


def _refuse_collisions(sources: Sequence[Path], targets: Sequence[Path]) -> None:
    """Make sure that no image is lost."""
    resolved = [target.resolve() for target in targets]
    if len(set(resolved)) < len(resolved):
        raise FileError(
            "Expected images of different names, found the same name twice: "
            "write their results to different folders."
        )
    taken = {source.resolve() for source in sources} & set(resolved)
    if taken:
        raise FileError(
            f"Expected another place for the result than the image itself, found {min(taken)}: "
            "name another file or folder."
        )
