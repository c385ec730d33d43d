"""Reasons, in words for a user, why settings are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.widgets.form_texts import TEXTS

__all__ = ["reasons", "validated"]

Config = TypeVar("Config", bound=BaseModel)

_MESSAGES = {
    "bool": "Must be yes or no.",
    "float": "Must be a number.",
    "finite": "Must be a finite number.",
    "int": "Must be a whole number.",
}


def validated(model: type[Config], values: Mapping[str, Any], prefix: str = "") -> Config:
    """Return settings that were entered.

    Parameters
    ----------
    model : type of BaseModel
        What they are settings of.
    values : mapping of str to object
        What was entered.
    prefix : str
        What the paths of the fields begin with in the table of texts.

    Returns
    -------
    BaseModel
        The settings.

    Raises
    ------
    ConfigurationError
        If one of them cannot work: in one sentence, which and why.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(_sentence(error, prefix)) from error


def reasons(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, str]:
    """Say of each setting that was entered why it is refused.

    Parameters
    ----------
    model : type of BaseModel
        What they are settings of.
    values : mapping of str to object
        What was entered.

    Returns
    -------
    dict of str to str
        One sentence by the path of the field, such as ``"mask.percentage"``; an empty path for
        settings that do not go together. Nothing if all is well.
    """
    try:
        model.model_validate(values)
    except ValidationError as error:
        return _by_path(error)
    return {}


def _by_path(error: ValidationError) -> dict[str, str]:
    """Return the first reason for each field."""
    found: dict[str, str] = {}
    for details in error.errors(include_url=False):
        path = ".".join(str(part) for part in details["loc"])
        found.setdefault(path, _reason(details))
    return found


def _sentence(error: ValidationError, prefix: str) -> str:
    """Say which setting is wrong, and why: the first reason."""
    path, reason = next(iter(_by_path(error).items()))
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
