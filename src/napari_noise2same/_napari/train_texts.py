"""What the train dock says about a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_noise2same.core import Finished, Started

__all__ = ["describe_change", "describe_start"]


def describe_start(event: Started) -> str:
    """Say what was chosen for the images.

    Parameters
    ----------
    event : Started
        What the run tells when it starts.

    Returns
    -------
    str
        Size of the steps and of the network; and why training starts from scratch, if it was
        not asked to.
    """
    plan = event.plan
    reason = f"{plan.start.reason}: training from scratch. " if plan.start.reason else ""
    patch = " × ".join(map(str, plan.patch))
    return (
        f"{reason}Each step takes {plan.batch} patches of {patch} pixels; the network has "
        f"{event.parameters:,} weights."
    )


def describe_change(event: Finished, *, resumed: bool) -> str:
    """Say what training has changed.

    Parameters
    ----------
    event : Finished
        What the run tells when it is over.
    resumed : bool
        Whether it went on with a model.

    Returns
    -------
    str
        A sentence; nothing after training from scratch.
    """
    start = event.model.start
    if not len(event.model.history):
        weights = "the model that it started from" if start == "model" else "the pretrained weights"
        return f"An instant result without any training: {weights} as they are."
    if math.isnan(event.change):
        return ""
    before = "that of the model it started from" if start == "model" else "the instant result"
    if resumed:
        before = "the model as it was before"
    return f"Changed by {event.change:.2f} σ against {before}."
