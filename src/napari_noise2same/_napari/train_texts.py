"""What the train dock says about a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_noise2same._napari.train_inputs import Subject
    from napari_noise2same.core import Finished, Started

__all__ = ["describe_change", "describe_others", "describe_start"]


def describe_start(event: Started) -> str:
    """Say what was chosen for the images.

    Parameters
    ----------
    event : Started
        What the run tells when it starts.

    Returns
    -------
    str
        Size of the steps and of the network, after what the user should know about the choices.
    """
    plan = event.plan
    note = f"{plan.note} " if plan.note else ""
    if plan.steps == 0:
        return note
    number = "one patch" if plan.batch == 1 else f"{plan.batch} patches"
    patch = " × ".join(map(str, plan.patch))
    return (
        f"{note}Each step takes {number} of {patch} pixels; the network has "
        f"{event.parameters:,} weights."
    )


def describe_change(event: Finished) -> str:
    """Say what training has changed.

    Parameters
    ----------
    event : Finished
        What the run tells when it is over.

    Returns
    -------
    str
        A sentence; nothing after training from scratch.
    """
    start = event.model.start
    if not len(event.model.history):
        if start == "scratch":
            return "There is no new model: from scratch, nothing is learnt before the first step."
        weights = "the model that it started from" if start == "model" else "the pretrained weights"
        return f"An instant result without any training: {weights} as they are."
    if math.isnan(event.change):
        return ""
    before = "that of the model it started from" if start == "model" else "the instant result"
    return f"Changed by {event.change:.2f} σ of the noise against {before}."


def describe_others(subject: Subject) -> str:
    """Say that training goes on with other layers, or pixels, than those that are ticked.

    Parameters
    ----------
    subject : Subject
        What is trained on.

    Returns
    -------
    str
        Which they are, and how to train on the ticked ones.
    """
    names = ", ".join(
        layer.name if subject.is_shown(layer) else f"the earlier pixels of {layer.name}"
        for layer in subject.layers
    )
    return (
        f"Goes on with {names}, which the model was trained on. For the ticked layers choose the "
        "model under Start from, and Train."
    )
