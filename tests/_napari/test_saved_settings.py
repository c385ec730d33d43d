"""Settings come back in the next session."""

from __future__ import annotations

import pytest

from napari_noise2same._napari import saved_settings
from napari_noise2same._napari.saved_settings import recall, remember
from napari_noise2same.core.settings import AdaptiveLambda, FixedLambda, TrainingConfig


def test_settings_come_back() -> None:
    config = TrainingConfig(steps=70, lambda_inv=FixedLambda(value=1.5), seed=3)
    remember("training", config)
    assert recall("training", TrainingConfig) == config


def test_without_any_the_defaults_are_taken() -> None:
    assert recall("training", TrainingConfig) == TrainingConfig()


def test_what_was_not_changed_follows_the_defaults_of_the_version() -> None:
    remember("training", TrainingConfig(seed=3))
    (key,) = saved_settings._store().allKeys()
    assert saved_settings._store().value(key) == '{"seed": 3}'


def test_settings_of_a_version_that_kept_its_defaults_are_forgotten() -> None:
    old = TrainingConfig(lambda_inv=AdaptiveLambda(), seed=3)
    saved_settings._store().setValue("training", old.model_dump_json())
    assert recall("training", TrainingConfig) == TrainingConfig()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"no_such_setting": 3, "seed": 4}', TrainingConfig(seed=4)),
        ('{"lambda_inv": {"kind": "no such"}, "seed": 4}', TrainingConfig(seed=4)),
        ('{"batch": 0, "seed": 4}', TrainingConfig(seed=4)),
        ('{"steps": 5, "seconds": 5}', TrainingConfig()),
        ("[1, 2]", TrainingConfig()),
        ("no JSON", TrainingConfig()),
    ],
)
def test_what_this_version_does_not_understand_is_the_default(
    text: str, expected: TrainingConfig
) -> None:
    remember("training", TrainingConfig(seed=1))
    (key,) = saved_settings._store().allKeys()
    saved_settings._store().setValue(key, text)
    assert recall("training", TrainingConfig) == expected
