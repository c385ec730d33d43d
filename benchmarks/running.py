"""Starting methods in processes of their own, each in the interpreter that it needs."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from methods import PEERS, Choice
from numpy.typing import NDArray
from outcome import Task

__all__ = ["Pythons", "Run", "add_peer_option", "peer_versions", "run"]

_MEASURE = Path(__file__).with_name("measure.py")
_VERSIONS = "import importlib.metadata as m, json; print(json.dumps([m.version(n) for n in {}]))"

# Interpreters by the name of the peer.
Pythons = dict[str, str]


@dataclass(frozen=True)
class Run:
    """What came out.

    Attributes
    ----------
    prediction : ndarray or None
        The denoised image; None if the method failed.
    measured : dict
        Fields of a `Record`: seconds and memory, or the error.
    """

    prediction: NDArray[Any] | None
    measured: dict[str, Any]


def run(choice: Choice, task: Task, pythons: Pythons) -> Run:
    """Run one method on one image.

    Parameters
    ----------
    choice : Choice
        The method; its seconds count, not the task's.
    task : Task
        The image.
    pythons : dict of str to str
        Interpreters of the peers.

    Returns
    -------
    Run
        The denoised image and its costs, or the error.
    """
    python = sys.executable if choice.peer is None else pythons.get(choice.peer)
    if python is None:
        return _failed(f"Expected --peer-python {choice.peer}=PATH for this method, found none.")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        np.save(place / "noisy.npy", task.pixels)
        settings = {
            "axes": task.axes,
            "seed": task.seed,
            "seconds": choice.seconds,
            "sigma": task.sigma,
        }
        (place / "task.json").write_text(json.dumps(settings))
        command = [python, str(_MEASURE), choice.name, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return _failed(_last_sentence(done.stderr) or f"exit code {done.returncode}")
        measured = json.loads((place / "measured.json").read_text())
        return Run(np.load(place / "prediction.npy"), measured)


def peer_versions(pythons: Pythons) -> dict[str, str]:
    """Ask each peer's interpreter for the version of the peer and of its torch.

    Parameters
    ----------
    pythons : dict of str to str
        Interpreters of the peers.

    Returns
    -------
    dict of str to str
        Versions.
    """
    versions = {}
    for peer, python in pythons.items():
        command = [python, "-c", _VERSIONS.format([peer, "torch"])]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        versions[peer], versions[f"torch of {peer}"] = json.loads(output)
    return versions


def add_peer_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--peer-python`` to a command line.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command line.
    """
    parser.add_argument(
        "--peer-python",
        type=_peer_python,
        action="append",
        default=[],
        metavar="PEER=PATH",
        help=f"interpreter that has a peer ({', '.join(PEERS)}) installed; may be given again",
    )


def _peer_python(text: str) -> tuple[str, str]:
    """Read ``peer=path``."""
    peer, _, path = text.partition("=")
    if peer not in PEERS or not Path(path).is_file():
        raise argparse.ArgumentTypeError(
            f"expected PEER=PATH with a peer out of {', '.join(PEERS)} and its interpreter, "
            f"found {text}"
        )
    return peer, path


def _last_sentence(stderr: str) -> str:
    """Return the error with which Python left; what it says more is indented."""
    lines = stderr.splitlines()
    starts = [i for i, line in enumerate(lines) if line.strip() and not line[0].isspace()]
    return " ".join(map(str.strip, lines[starts[-1] :])) if starts else ""


def _failed(error: str) -> Run:
    """Return a run without a result."""
    return Run(None, {"error": error})
