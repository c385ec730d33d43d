"""Development tasks: ``python dev.py demo``, ``python dev.py tests`` (``-r`` reuses a session)."""

from __future__ import annotations

from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.error_on_external_run = True
nox.options.sessions = ["tests"]

# One thread: sums in another order would change results in the last digit.
TEST_ENVIRONMENT = {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"}


def install(session: nox.Session, *requirements: str) -> None:
    """Install pinned versions, with a pip new enough to resolve them quickly."""
    session.install("--upgrade", "--constraint", "constraints.txt", "pip")
    session.install("--constraint", "constraints.txt", *requirements)


@nox.session
def demo(session: nox.Session) -> None:
    """Denoise generated images and write a report."""
    install(session, ".[demo]")
    session.run("napari-noise2same", "demo", "--output", "demo-output", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every check, then the tests (arguments after ``--`` go to pytest)."""
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
