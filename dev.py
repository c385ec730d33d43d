"""Run a development task in an environment of its own: ``python dev.py demo``.

Needs nothing but Python. It makes a private virtual environment with nox, because an operating
system's own Python often refuses ``pip install`` (PEP 668), and hands its arguments to nox.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
RUNNER = ROOT / ".nox" / "runner"
PYTHON = RUNNER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*command: str | Path) -> None:
    """Run a command in the project's root; leave with its exit status if it fails."""
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)


def main(arguments: list[str]) -> None:
    """Make the environment if it is missing, then run nox in it."""
    if sys.version_info < (3, 11):  # noqa: UP036 (runs before any tool has checked the version)
        sys.exit(f"Expected Python 3.11 or newer, found {sys.version.split()[0]}.")
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", "--clear", RUNNER)
    run(PYTHON, "-m", "pip", "install", "--quiet", "--constraint", "constraints.txt", "nox")
    sessions = ["--session"] if arguments and not arguments[0].startswith("-") else []
    run(PYTHON, "-m", "nox", *sessions, *arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
