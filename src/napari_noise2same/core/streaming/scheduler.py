"""Who denoises the cells: this process, processes of this machine, or a cluster."""

from __future__ import annotations

import re
from importlib.util import find_spec

from napari_noise2same.core.errors import ConfigurationError, MissingDependencyError

__all__ = ["check_scheduler", "local_workers", "require_dask"]


def check_scheduler(name: str) -> None:
    """Refuse what names no scheduler, or one that needs a package that is missing.

    Parameters
    ----------
    name : str
        ``"threads"``, ``"local:N"`` or the address of a dask scheduler.

    Raises
    ------
    ConfigurationError
        If the name is none of these.
    MissingDependencyError
        If dask is needed and not installed.
    """
    if name == "threads":
        return
    if not local_workers(name) and not re.fullmatch(r"\w+://\S+", name):
        raise ConfigurationError(
            "Expected the scheduler threads, local:N with a number of processes, or the address "
            f"of a dask scheduler such as tcp://host:8786, found {name!r}."
        )
    require_dask("distributed")


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


def require_dask(package: str) -> None:
    """Say what to install where a package of dask is missing.

    Parameters
    ----------
    package : {"dask", "distributed"}
        The package.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    if find_spec(package) is None:
        raise MissingDependencyError(
            f"Expected the package {package} for work on many processes, found it not installed: "
            'pip install "napari-noise2same[dask]".'
        )
