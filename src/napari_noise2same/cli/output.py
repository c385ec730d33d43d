"""Results go to standard output, everything else to standard error; of one process only."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import typer

from napari_noise2same.cli.ranks import is_first

__all__ = ["emit", "note"]


def emit(results: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print what a command has found.

    Parameters
    ----------
    results : mapping
        Data for programs.
    text : str
        The same for people.
    as_json : bool
        Whether to print `results`, as one line of JSON, instead of `text`.
    """
    if is_first():
        typer.echo(json.dumps(_finite(results), allow_nan=False) if as_json else text)


def note(text: str) -> None:
    """Print something that is no result.

    Parameters
    ----------
    text : str
        What to say.
    """
    if is_first():
        typer.echo(text, err=True)


def _finite(value: Any) -> Any:
    """Replace NaN and infinities, which JSON cannot express, by None."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
