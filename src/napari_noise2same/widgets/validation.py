"""Reasons, in words for a user, why settings are refused."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from napari_noise2same.widgets.form_texts import TEXTS

__all__ = ["reasons_by_path", "sentence"]

_MESSAGES = {
    "bool": "Must be yes or no.",
    "float": "Must be a number.",
    "finite": "Must be a finite number.",
    "int": "Must be a whole number.",
}


def reasons_by_path(error: ValidationError) -> dict[str, str]:
    """Return the first reason for each field.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.

    Returns
    -------
    dict of str to str
        One sentence by the path of the field, such as ``"mask.percentage"``; an empty path for
        settings that do not go together.
    """
    reasons: dict[str, str] = {}
    for details in error.errors(include_url=False):
        path = ".".join(str(part) for part in details["loc"])
        reasons.setdefault(path, _reason(details))
    return reasons


def sentence(error: ValidationError, prefix: str = "") -> str:
    """Say which setting is wrong, and why.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    prefix : str
        What the paths begin with in the table of texts.

    Returns
    -------
    str
        The first reason.
    """
    path, reason = next(iter(reasons_by_path(error).items()))
    parts = path.split(".")
    # The last part of the path that has a name: "fixed.value" of "lambda_inv.fixed.value".
    known = [
        prefix + ".".join(parts[start:stop])
        for stop in range(len(parts), 0, -1)
        for start in range(stop)
    ]
    label = next((TEXTS[name].label for name in known if name in TEXTS), "")
    return f"{label}: {reason[0].lower()}{reason[1:]}" if label else reason


def _reason(details: ErrorDetails) -> str:
    """Return the reason as one sentence."""
    kind = details["type"].partition("_")[0]
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    message = details["msg"].removeprefix("Value error, ").replace("Input should be", "Must be")
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."
