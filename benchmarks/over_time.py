"""Quality over time: ours as one training run goes on, all others trained anew for each time.

python benchmarks/over_time.py --data DIR --sets w2s_widefield --limit 1 --output FOLDER
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from data import Pair, find_pairs
from methods import Choice, parse_choices
from numpy.typing import NDArray
from ours import CONFIGS, for_image
from outcome import Task, stopwatch
from report import Record, surroundings, table
from running import Pythons, add_peer_option, peer_versions, run

from napari_noise2same.core import Finished, StepDone, TrainedModel, Trainer, Validated, denoise
from napari_noise2same.core.io import Image, read_image
from napari_noise2same.core.metrics import affine_psnr

__all__ = ["main"]

_TIMES = (0.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)

# Time asked for, time to the picture, decibels.
Point = tuple[float, float, float]
Points = dict[str, list[Point]]


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark.

    Parameters
    ----------
    arguments : list of str, optional
        Command line, without the program's name.
    """
    options = _parser().parse_args(arguments)
    pythons = dict(options.peer_python)
    options.output.mkdir(parents=True, exist_ok=True)
    results: dict[str, Points] = {}
    around = surroundings(peer_versions(pythons)) | {"seed": options.seed}
    for pair in find_pairs(options.data, options.sets, options.limit):
        name = f"{pair.collection}/{pair.name}"
        results[name] = _points(pair, options, pythons)
        text = json.dumps(around | {"points": results}, indent=2)
        (options.output / "over_time.json").write_text(text + "\n")
        _draw(name, results[name], options.output / f"{name.replace('/', '-')}.png")
        sys.stdout.write(f"### {name}\n\n{_markdown(results[name], options.times)}\n\n")


def _points(pair: Pair, options: argparse.Namespace, pythons: Pythons) -> Points:
    """Return what each method reaches on one image."""
    noisy, truth = read_image(pair.noisy), np.asarray(read_image(pair.truth).data)
    task = Task(np.asarray(noisy.data), noisy.axes, options.seed)
    return {
        choice.label: _while_training(choice.name, task, truth, options.times)
        if choice.name in CONFIGS and choice.seconds is None
        else _anew(choice, task, truth, options.times, pythons)
        for choice in options.methods
    }


def _while_training(
    name: str, task: Task, truth: NDArray[np.generic], times: Sequence[float]
) -> list[Point]:
    """Denoise with the weights of one run at each time; pauses to do so do not count."""
    budget = Task(task.pixels, task.axes, task.seed, seconds=max(times[-1], 1e-3))
    image = Image(task.pixels, task.axes)
    config = for_image(CONFIGS[name], budget)
    # The first call of each kind loads libraries, once for all images.
    denoise(image, Trainer([image], config).snapshot())
    with stopwatch() as setup:
        trainer = Trainer([image], config)
    due, points = list(times), []

    def look(model: TrainedModel, spent: float) -> None:
        with stopwatch() as denoising:
            prediction = denoise(image, model)
        score = affine_psnr(prediction, truth)
        points.append((due.pop(0), setup.seconds + spent + denoising.seconds, score))

    if due[0] == 0:
        look(trainer.snapshot(), 0.0)
    for event in trainer.events():
        if isinstance(event, StepDone | Validated):
            while len(due) > 1 and trainer.seconds >= due[0]:
                look(trainer.snapshot(), trainer.seconds)
        if isinstance(event, Finished) and due:
            look(event.model, trainer.seconds)
    return points


def _anew(
    choice: Choice,
    task: Task,
    truth: NDArray[np.generic],
    times: Sequence[float],
    pythons: Pythons,
) -> list[Point]:
    """Train from the beginning for each time; a method that does not train runs once."""
    repeated = choice.trains and choice.seconds is None
    choices = [Choice(choice.name, time) for time in times if time] if repeated else [choice]
    points = []
    for each in choices:
        result = run(each, task, pythons)
        if result.prediction is None:
            sys.stderr.write(f"{each.label}: {result.measured['error']}\n")
            continue
        record = Record("", "", each.label, **result.measured)
        spent = (record.training_seconds or 0.0) + (record.denoising_seconds or 0.0)
        asked = spent if each.seconds is None else each.seconds
        points.append((asked, spent, affine_psnr(result.prediction, truth)))
    return points


def _draw(title: str, results: Points, path: Path) -> None:
    """Draw the curves, of methods that gave any."""
    from figures import draw_curves

    curves = {name: [point[1:] for point in points] for name, points in results.items() if points}
    draw_curves(title, curves, path)


def _markdown(results: Points, times: Sequence[float]) -> str:
    """Return decibels by method and time; a method without a time to train has its own."""
    rows = [["method", *[f"{time:g} s" for time in times], "own time"]]
    for name, points in results.items():
        at = {asked: f"{decibels:.2f}" for asked, _, decibels in points}
        own = [f"{dB:.2f} ({spent:.1f} s)" for asked, spent, dB in points if asked not in times]
        rows.append([name, *[at.get(time, "–") for time in times], *(own or ["–"])])
    return table(rows)


def _parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds pairs/")
    parser.add_argument("--methods", type=parse_choices, default="noisy,bm3d-vst,ours")
    parser.add_argument("--times", type=_seconds, default=_TIMES, help="0,5,10: seconds to train")
    parser.add_argument("--output", type=Path, required=True, help="folder for JSON and plots")
    parser.add_argument("--sets", type=lambda text: text.split(","), help="names of sets")
    parser.add_argument("--limit", type=int, help="take the first so many images of each set")
    parser.add_argument("--seed", type=int, default=0)
    add_peer_option(parser)
    return parser


def _seconds(text: str) -> tuple[float, ...]:
    """Read times, and sort them."""
    return tuple(sorted({float(word) for word in text.split(",")}))


if __name__ == "__main__":
    main()
