"""Settings of where results go and who makes them."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.settings.base import Settings

__all__ = ["ResultConfig", "check_scheduler_name", "local_workers"]

# What dask connects to; other addresses it refuses late, and then waits for them.
_ADDRESS = re.compile(r"(tcp|tls|ucx|wss?)://(\[\S+\]|[^\s:\[\]]+):\d+|inproc://\S+")


def check_scheduler_name(name: str) -> str:
    """Refuse what names no scheduler.

    Parameters
    ----------
    name : str
        ``"threads"``, ``"local:N"`` or the address of a dask scheduler.

    Returns
    -------
    str
        The name.

    Raises
    ------
    ConfigurationError
        If the name is none of these.
    """
    if name != "threads" and not local_workers(name) and not _ADDRESS.fullmatch(name):
        raise ConfigurationError(
            "Expected the scheduler threads, local:N with a number of processes, or the address "
            f"of a dask scheduler such as tcp://host:8786, found {name!r}."
        )
    return name


def local_workers(name: str) -> int:
    """Return how many processes of this machine a scheduler's name asks for.

    Parameters
    ----------
    name : str
        Name of a scheduler.

    Returns
    -------
    int
        The number; 0 for other schedulers.
    """
    found = re.fullmatch(r"local:(\d+)", name)
    return int(found[1]) if found else 0


class ResultConfig(Settings):
    """Where the results of layers go, and who makes them.

    Attributes
    ----------
    place : {"memory", "folder"}
        Into memory, or into OME-Zarr folders.
    folder : str
        What the OME-Zarr folders lie in; if empty, beside the images.
    scheduler : str
        What makes results in folders: ``"threads"`` (this process), ``"local:N"`` (N processes of
        this machine) or the address of a dask scheduler such as ``"tcp://host:8786"``.
    """

    place: Literal["memory", "folder"] = "memory"
    folder: str = ""
    scheduler: Annotated[str, AfterValidator(check_scheduler_name)] = "threads"
