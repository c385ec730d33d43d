"""Who denoises the cells: this process, processes of this machine, or a cluster."""

from __future__ import annotations

from importlib.util import find_spec

from napari_noise2same.core.errors import MissingDependencyError
from napari_noise2same.core.settings import check_scheduler_name

__all__ = ["check_scheduler", "require_dask"]


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
    if check_scheduler_name(name) != "threads":
        require_dask("distributed")


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
