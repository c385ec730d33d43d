"""Whether a demonstration can open a window here."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec

__all__ = ["window_obstacle"]

# What the extra `napari` installs beside what napari brings, and the bindings of which the user
# chooses one.
_PACKAGES = ("napari", "pyqtgraph", "qtpy")
_BINDINGS = ("PyQt6", "PySide6", "PyQt5", "PySide2")


def window_obstacle(
    environment: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> str | None:
    """Say why no window can be opened, without loading what would open it.

    Parameters
    ----------
    environment : mapping of str to str
        The environment variables.
    platform : str
        The operating system, as `sys.platform` names it.

    Returns
    -------
    str or None
        What is missing, in a few words; None if nothing is.
    """
    if environment.get("CI"):
        # Machines of Windows and macOS have a display there, but nobody to close the window.
        return "nobody is there to close it (CI is set)"
    if not _has_display(environment, platform):
        return "there is no display"
    missing = [package for package in _PACKAGES if find_spec(package) is None]
    if missing:
        return f"{missing[0]} is not installed"
    if not any(map(find_spec, _BINDINGS)):
        return "no Qt binding is installed"
    return None


def _has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether windows would be seen: always at a Windows or macOS machine itself."""
    if platform in ("win32", "darwin"):
        return not {"SSH_CONNECTION", "SSH_TTY"} & environment.keys()
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
