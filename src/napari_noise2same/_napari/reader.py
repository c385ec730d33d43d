"""Opening a model file by dropping it on the viewer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["get_reader", "read_model"]

# Key of our header in the file's metadata, as in `core.model`, which would import torch.
_HEADER_KEY = "napari-noise2same"
# safetensors allows no more; a longer header is no header.
_LONGEST_HEADER = 100_000_000

Reader = Callable[[str], list[tuple[Any, ...]]]


def get_reader(path: str | Sequence[str]) -> Reader | None:
    """Return a reader for a model file, and None for any other file.

    Parameters
    ----------
    path : str or sequence of str
        One file; of several none is ours.

    Returns
    -------
    callable or None
        `read_model`, if the file's header is that of a model.
    """
    return read_model if isinstance(path, str) and _is_model(Path(path)) else None


def read_model(path: str) -> list[tuple[Any, ...]]:
    """Open a model file in the dock.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    list
        napari's sign for "read, and no layer comes of it".
    """
    # Not before it is needed: napari asks for readers of every file.
    from napari_noise2same._napari.commands import open_model

    open_model(path)
    return [(None,)]


def _is_model(path: Path) -> bool:
    """Look at the header alone."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length <= _LONGEST_HEADER else {}
    except (OSError, ValueError):
        return False
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    return isinstance(metadata, dict) and _HEADER_KEY in metadata
