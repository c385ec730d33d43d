"""Time as the third axis: when it helps to see neighbouring frames, and when it does not.

python benchmarks/time_axis.py --json time_axis.json
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from methods import parse_choices
from movies import MOVIES, record
from outcome import Task
from quality import tell
from report import Record, as_json, as_markdown
from running import run

from napari_noise2same.core.metrics import affine_psnr

__all__ = ["main"]

_METHODS = "noisy,mean-3,ours-instant,ours@60,ours-time-instant,ours-time@60"


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Command line, without the program's name.

    Returns
    -------
    int
        0 if every method denoised every movie, else 1.
    """
    options = _parser().parse_args(arguments)
    records: list[Record] = []
    for name in options.movies:
        movie = record(name, options.frames, options.side, options.seed)
        for choice in options.methods:
            result = run(choice, Task(movie.noisy, "TYX", options.seed), {})
            found = Record("generated", name, choice.label, **result.measured)
            if result.prediction is not None:
                score = affine_psnr(result.prediction, movie.truth)
                found = replace(found, affine_psnr=score)
            records.append(found)
            tell(found)
            # After each run: an interruption loses nothing.
            text = json.dumps(
                as_json(records, options.seed) | {"options": vars(options)}, indent=2, default=str
            )
            options.json.write_text(text + "\n")
    sys.stdout.write(as_markdown(records))
    return int(any(found.error for found in records))


def _parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--methods", type=parse_choices, default=_METHODS)
    parser.add_argument("--movies", nargs="+", choices=list(MOVIES), default=list(MOVIES))
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--json", type=Path, required=True, help="file for the results")
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
