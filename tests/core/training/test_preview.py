from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from napari_noise2same.core import Finished, PreviewReady, Trainer, denoise, train_with_preview
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import DenoiseConfig, Preset, TrainingConfig

Config = Callable[..., TrainingConfig]
Picture = Callable[..., NDArray[np.float32]]


def test_a_preview_shows_the_weights_of_its_moment_and_does_not_take_long(
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


def test_a_preview_that_fails_does_not_end_training(
    make_picture: Picture, make_config: Config
) -> None:
    trainer = Trainer([Image(make_picture(64, 64), "YX")], make_config(joint_channels=True))
    other = Image(make_picture(3, 64, 64), "CYX")
    *events, last = train_with_preview(trainer, lambda: other)
    assert isinstance(last, Finished)
    assert last.reason == "completed"
    assert not any(isinstance(event, PreviewReady) for event in events)
