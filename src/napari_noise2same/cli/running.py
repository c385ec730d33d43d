"""Running the engine in a terminal: progress, and Ctrl-C to stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from napari_noise2same.cli.interrupt import stop_on_interrupt
from napari_noise2same.cli.progress import Progress, open_progress
from napari_noise2same.core.networks import count_parameters
from napari_noise2same.core.training import (
    Finished,
    Recovered,
    Started,
    StepDone,
    Trainer,
    TrainingEvent,
    TrainingPlan,
)

__all__ = ["Watcher", "run_training", "training_results", "watch_training"]

Watcher = Callable[[TrainingEvent], None]


def run_training(trainer: Trainer) -> Finished:
    """Train until the budget is used or Ctrl-C is pressed.

    Parameters
    ----------
    trainer : Trainer
        The run.

    Returns
    -------
    Finished
        The best model, and whether the budget was used. Ctrl-C that was pressed too late for it
        counts too: something else may come next, which it should stop.
    """
    with watch_training() as (watch, stop):
        for event in trainer.events(stop):
            watch(event)
        too_late = stop()
    assert isinstance(event, Finished)
    return replace(event, reason="stopped") if too_late else event


@contextmanager
def watch_training() -> Iterator[tuple[Watcher, Callable[[], bool]]]:
    """Show training to whoever is at the terminal, and let them stop it.

    Yields
    ------
    watch : callable
        Shows an event.
    stop : callable
        Returns whether Ctrl-C was pressed.
    """
    with stop_on_interrupt() as stop, open_progress("Training") as progress:
        yield lambda event: _show(event, progress), stop


def training_results(trainer: Trainer, finished: Finished) -> dict[str, Any]:
    """Return what a training run has come to.

    Parameters
    ----------
    trainer : Trainer
        The run.
    finished : Finished
        How it ended.

    Returns
    -------
    dict
        Where it started, steps, seconds, the last step's numbers (NaN if there is none), what it
        has changed in σ (NaN from scratch), device and number of weights.
    """
    model = finished.model
    last = model.history.last()
    names = ("loss", "rec", "inv", "blind_spot", "lambda_inv")
    return {
        "start": model.start,
        "steps": trainer.step,
        "seconds": trainer.seconds,
        **{name: last.get(name, math.nan) for name in names},
        "change": finished.change,
        "device": str(trainer.device),
        "parameters": count_parameters(model.build()),
    }


def _show(event: TrainingEvent, progress: Progress) -> None:
    """Tell what training tells."""
    match event:
        case Started():
            progress.note(_describe(event))
        case StepDone():
            numbers = f"loss {event.loss:.4f}  λ_inv {event.lambda_inv:.3f}"
            progress.update(event.progress, event.remaining, numbers)
        case Recovered():
            progress.note(
                f"The loss of step {event.step} was not finite: going on at a lower rate."
            )
        case Finished(reason="stopped"):
            progress.note("Stopped: the best model so far is kept.")


def _describe(start: Started) -> str:
    """Say what was chosen for the images and the device."""
    plan = start.plan
    if plan.steps == 0:
        shipped = plan.start.kind == "pretrained" and not start.step
        weights = "the shipped weights" if shipped else "those of the model"
        return f"No training: {weights} are taken as they are. {plan.note}".rstrip()
    budget = f"{plan.steps} steps" if plan.seconds is None else f"{plan.seconds:g} seconds"
    patch = " × ".join(map(str, plan.patch))
    begin = f"Going on after {start.step} steps." if start.step else _describe_start(plan)
    return (
        f"A {plan.network.spatial_dims}D network of {start.parameters:,} weights on "
        f"{start.device}: {budget} of {plan.batch} patches of {patch} pixels.\n"
        f"{begin}"
    )


def _describe_start(plan: TrainingPlan) -> str:
    """Say which weights are the first."""
    match plan.start.kind:
        case "pretrained":
            return f"Training starts at the shipped weights. {plan.note}".rstrip()
        case "model":
            return f"Training starts at the weights of a model. {plan.note}".rstrip()
        case _ if plan.start.reason:
            return plan.note
        case _:
            return f"Training from scratch. {plan.note}".rstrip()
