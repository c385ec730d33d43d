from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_noise2same.core import (
    Finished,
    PreviewReady,
    StepDone,
    Trainer,
    denoise,
    train_with_preview,
)
from napari_noise2same.core.array import Window
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import DenoiseConfig, Preset, TrainingConfig

Config = Callable[..., TrainingConfig]
Picture = Callable[..., NDArray[np.float32]]


def test_a_preview_shows_the_weights_of_its_moment_and_averages_no_turns(
    make_picture: Picture, make_config: Config
) -> None:
    image = Image(make_picture(64, 64), "YX")
    config = make_config(effort=Preset.BEST.config().effort)
    trainer, shown = Trainer([image], config), 0
    for event in train_with_preview(trainer, lambda: image):
        if isinstance(event, PreviewReady):
            model, shown = trainer.snapshot(), shown + 1
            assert model.thorough
            np.testing.assert_array_equal(
                event.image, denoise(image, model, DenoiseConfig(averaging=False))
            )
    assert shown


class Slow:
    """An array that takes a second to read, by a clock of its own."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self.values, self.seconds = values, 0.0
        self.shape, self.dtype = values.shape, values.dtype

    def __getitem__(self, index: Any) -> Any:
        self.seconds += 1
        return self.values[index]


def test_previews_take_at_most_a_twentieth_of_the_time(
    make_picture: Picture, make_config: Config
) -> None:
    picture, shown = make_picture(64, 64), []
    slow = Slow(picture)
    trainer, source = Trainer([Image(picture, "YX")], make_config(steps=60)), Image(slow, "YX")
    for event in train_with_preview(trainer, lambda: source, clock=lambda: slow.seconds):
        slow.seconds += isinstance(event, StepDone)
        if isinstance(event, PreviewReady):
            shown.append(event.step)
    # One second of preview, nineteen steps of a second each.
    assert shown == [1, 20, 39, 58]


def test_a_preview_that_fails_does_not_end_training(
    make_picture: Picture, make_config: Config
) -> None:
    trainer = Trainer([Image(make_picture(64, 64), "YX")], make_config(joint_channels=True))
    other = Image(make_picture(3, 64, 64), "CYX")
    *events, last = train_with_preview(trainer, lambda: other)
    assert isinstance(last, Finished)
    assert last.reason == "completed"
    assert not any(isinstance(event, PreviewReady) for event in events)


class UnpluggedError(Exception):
    """What somebody else's array may raise."""


class Broken:
    """An array that cannot be read."""

    shape = (64, 64)
    dtype = np.dtype(np.float32)

    def __init__(self, error: Exception) -> None:
        self.error, self.reads = error, 0

    def __getitem__(self, _index: Any) -> Any:
        self.reads += 1
        raise self.error


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("graph"), UnpluggedError()])
def test_an_image_that_cannot_be_read_does_not_end_training(
    make_picture: Picture, make_config: Config, error: Exception
) -> None:
    trainer = Trainer([Image(make_picture(64, 64), "YX")], make_config())
    broken = Broken(error)
    gone = Image(broken, "YX")
    *events, last = train_with_preview(trainer, lambda: gone)
    assert broken.reads
    assert isinstance(last, Finished)
    assert not any(isinstance(event, PreviewReady) for event in events)


def test_a_stop_ends_training_whose_previews_fail(
    make_picture: Picture, make_config: Config
) -> None:
    trainer = Trainer([Image(make_picture(64, 64), "YX")], make_config(steps=1_000_000))
    broken = Broken(OSError("gone"))
    gone = Image(broken, "YX")
    *_, last = train_with_preview(trainer, lambda: gone, stop=lambda: broken.reads > 1)
    assert isinstance(last, Finished)
    assert last.reason == "stopped"


def test_what_reaches_beyond_the_array_does_not_end_training(
    make_picture: Picture, make_config: Config
) -> None:
    picture = make_picture(64, 64)
    trainer = Trainer([Image(picture, "YX")], make_config())
    beyond = Image(Window(picture, (slice(0, 96), slice(0, 80))), "YX")
    *events, last = train_with_preview(trainer, lambda: beyond)
    assert isinstance(last, Finished)
    assert not any(isinstance(event, PreviewReady) for event in events)
