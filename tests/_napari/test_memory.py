"""Settings come back in the next session."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtCore import QSettings

from napari_noise2same._napari import memory
from napari_noise2same._napari.memory import recall, remember
from napari_noise2same.core.settings import FixedLambda, TrainingConfig


@pytest.fixture(autouse=True)
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(tmp_path / "settings.ini")
    monkeypatch.setattr(memory, "_store", lambda: QSettings(file, QSettings.Format.IniFormat))


def test_settings_come_back() -> None:
    config = TrainingConfig(steps=70, lambda_inv=FixedLambda(value=1.5), seed=3)
    remember("training", config)
    assert recall("training", TrainingConfig) == config


def test_without_any_the_defaults_are_taken() -> None:
    assert recall("training", TrainingConfig) == TrainingConfig()


def test_settings_that_this_version_does_not_know_are_forgotten() -> None:
    memory._store().setValue("training", '{"no_such_setting": 3}')
    assert recall("training", TrainingConfig) == TrainingConfig()
