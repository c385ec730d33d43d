"""Reasons, in words for a user, why settings are refused."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

__all__ = ["reasons_by_path"]

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
        reasons.setdefault(path, _sentence(details))
    return reasons


def _sentence(details: ErrorDetails) -> str:
    """Return the reason as one sentence."""
    kind = details["type"].partition("_")[0]
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    message = details["msg"].removeprefix("Value error, ").replace("Input should be", "Must be")
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."
