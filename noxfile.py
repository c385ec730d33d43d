"""Development tasks: ``python dev.py demo``, ``python dev.py tests`` (``-r`` reuses a session)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.error_on_external_run = True
nox.options.sessions = ["tests"]

# One thread: sums in another order would change results in the last digit.
TEST_ENVIRONMENT = {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}

# What a viewer without a display needs on Debian and its relatives: a virtual display with OpenGL,
# and the libraries that Qt loads from the system.
VIEWER_PACKAGES = (
    "libdbus-1-3",
    "libegl1",
    "libgl1",
    "libgl1-mesa-dri",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xinerama0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
    "xvfb",
)


def install(session: nox.Session, *requirements: str) -> None:
    """Install pinned versions, with a pip new enough to resolve them quickly."""
    session.install("--upgrade", "--constraint", "constraints.txt", "pip")
    session.install("--constraint", "constraints.txt", *requirements)


@nox.session
def demo(session: nox.Session) -> None:
    """Denoise generated images and write a report."""
    install(session, ".[demo]")
    session.run("napari-noise2same", "demo", "--output", "demo-output", *session.posargs)


def install_viewer_packages(session: nox.Session) -> None:
    """Install the system packages of the viewer, or say how; other systems bring their own."""
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ", *VIEWER_PACKAGES]
    if not shutil.which("apt-get") or _all_installed(query):
        return
    line = ["apt-get", "install", "--yes", "--no-install-recommends", *VIEWER_PACKAGES]
    if os.geteuid() != 0:
        session.error(f"The viewer's tests need system packages: sudo {' '.join(line)}")
    session.run("apt-get", "update", "--quiet", external=True)
    session.run(*line, external=True, env={"DEBIAN_FRONTEND": "noninteractive"})


def _all_installed(query: list[str]) -> bool:
    """Whether the package manager knows all packages as installed."""
    result = subprocess.run(query, capture_output=True, text=True, check=False)
    return result.returncode == 0 and set(result.stdout.split()) == {"installed"}


@nox.session
def tests(session: nox.Session) -> None:
    """Run every check, then the tests (arguments after ``--`` go to pytest)."""
    install_viewer_packages(session)
    install(session, "--group", "dev", "--editable", ".[all]")
    check(session)
    session.run("pytest", "--cov", *session.posargs, env=TEST_ENVIRONMENT)


def check(session: nox.Session) -> None:
    """Run the checks that read the code without running it."""
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports", "--no-logo")
    session.run("numpydoc", "lint", *map(str, sorted(Path("src").rglob("*.py"))))
    session.run("npe2", "validate", "napari-noise2same")
