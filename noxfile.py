"""Development tasks: ``python dev.py demo``, ``python dev.py tests`` (``-r`` reuses a session)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.error_on_external_run = True
nox.options.sessions = ["tests"]

# One thread: sums in another order would change results in the last digit.
TEST_ENVIRONMENT = {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}

# A process for each core; each takes up to 2 GB. One without tests left takes over another's.
TEST_PROCESSES = ("--numprocesses=logical", "--maxprocesses=4", "--dist=worksteal")

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


# What the benchmarks' classical peers need, and the torch of the peer that has an environment of
# its own (other versions: benchmarks/careamics.txt).
BENCHMARK_PACKAGES = ("bm3d==4.0.3", "PyWavelets==1.8.0")
PEER_TORCH = ("torch==2.13.0",)


def install(session: nox.Session, *requirements: str) -> None:
    """Install pinned versions, with a pip new enough to resolve them quickly."""
    session.install("--upgrade", "--constraint", "constraints.txt", "pip")
    # Of 18,000 modules a fraction is ever imported: Python compiles those, if it is allowed to.
    session.env["PYTHONDONTWRITEBYTECODE"] = None
    session.install("--no-compile", "--constraint", "constraints.txt", *requirements)


@nox.session
def demo(session: nox.Session) -> None:
    """Denoise a generated image: in napari where a window can open, else into files."""
    install(session, ".[all]" if _window_can_open(session.posargs) else ".[demo]")
    session.run("napari-noise2same", "demo", "--output", "demo-output", *session.posargs)


def _window_can_open(arguments: list[str]) -> bool:
    """Whether there is a display with what Qt needs, and somebody to close the window."""
    if os.environ.get("CI") or "--headless" in arguments:
        return False
    if not sys.platform.startswith("linux"):
        return True
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    needed = [package for package in VIEWER_PACKAGES if package != "xvfb"]
    return bool(display) and (not shutil.which("apt-get") or _all_installed(needed))


@nox.session
def bench(session: nox.Session) -> None:
    """Run a benchmark beside its peers: ``bench -- quality --data DIR --json FILE``."""
    if not session.posargs:
        session.error("Expected a benchmark (quality, over_time, bsd68, speed) and its options.")
    install(session, ".[demo]", *BENCHMARK_PACKAGES)
    name, *options = session.posargs
    peer = f"careamics={_careamics_python(session)}"
    session.run("python", f"benchmarks/{name}.py", "--peer-python", peer, *options)


def _careamics_python(session: nox.Session) -> Path:
    """Make CAREamics' environment as far as it is missing, and return its interpreter."""
    folder = Path(session.create_tmp()).resolve() / "careamics"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        session.run("python", "-m", "venv", str(folder))
    pip = (str(python), "-m", "pip", "install", "--quiet", "--no-deps")
    # Without dependencies: CAREamics' torchvision would bring another torch, with CUDA.
    session.run(*pip, *PEER_TORCH, external=True)
    session.run(*pip, "--requirement", "benchmarks/careamics.txt", external=True)
    return python


def install_viewer_packages(session: nox.Session) -> None:
    """Install the system packages of the viewer, or say how; other systems bring their own."""
    if not shutil.which("apt-get") or _all_installed(VIEWER_PACKAGES):
        return
    line = ["apt-get", "install", "--yes", "--no-install-recommends", *VIEWER_PACKAGES]
    if os.geteuid() != 0:
        session.error(f"The viewer's tests need system packages: sudo {' '.join(line)}")
    session.run("apt-get", "update", "--quiet", external=True)
    session.run(*line, external=True, env={"DEBIAN_FRONTEND": "noninteractive"})


def _all_installed(packages: Sequence[str]) -> bool:
    """Whether the package manager knows all packages as installed."""
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ", *packages]
    result = subprocess.run(query, capture_output=True, text=True, check=False)
    return result.returncode == 0 and set(result.stdout.split()) == {"installed"}


@nox.session
def tests(session: nox.Session) -> None:
    """Run every check, then the tests (arguments after ``--`` go to pytest)."""
    install_viewer_packages(session)
    install(session, "--group", "dev", "--editable", ".[all]")
    check(session)
    session.run("pytest", *TEST_PROCESSES, *session.posargs, env=TEST_ENVIRONMENT)


def check(session: nox.Session) -> None:
    """Run the checks that read the code without running it."""
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports", "--no-logo")
    session.run("numpydoc", "lint", *map(str, sorted(Path("src").rglob("*.py"))))
    session.run("npe2", "validate", "napari-noise2same")
