from __future__ import annotations

from typing import Any

import pytest

from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.settings import DenoiseConfig, TrainingConfig
from napari_noise2same.widgets.validation import reasons, validated


@pytest.mark.parametrize(
    ("settings", "path", "reason", "whole"),
    [
        ({"steps": "x"}, "steps", "Must be a whole number.", "Steps: must be a whole number."),
        (
            {"mask": {"percentage": 40}},
            "mask.percentage",
            "Must be less than or equal to 25.",
            "Masked pixels %: must be less than or equal to 25.",
        ),
        (
            {"lambda_inv": {"kind": "fixed", "value": "x"}},
            "lambda_inv.fixed.value",
            "Must be a number.",
            "Value: must be a number.",
        ),
        (
            {"learning_rate": float("inf")},
            "learning_rate",
            "Must be a finite number.",
            "Learning rate: must be a finite number.",
        ),
        ({"patch": ["64", "x"]}, "patch.1", "Must be a whole number.", "Patch (pixels): must be"),
        ({"steps": 5, "seconds": 5}, "", "Expected a budget in steps or in", "Expected a budget"),
    ],
)
def test_reasons_are_sentences_for_a_user(
    settings: dict[str, Any], path: str, reason: str, whole: str
) -> None:
    found = reasons(TrainingConfig, settings)[path]
    assert found.startswith(reason)
    assert found.endswith(".")
    with pytest.raises(ConfigurationError) as caught:
        validated(TrainingConfig, settings)
    assert str(caught.value).startswith(whole)


def test_settings_that_can_work_are_taken() -> None:
    assert validated(TrainingConfig, {"steps": 5}) == TrainingConfig(steps=5)
    assert reasons(TrainingConfig, {"steps": 5}) == {}


def test_the_same_name_may_have_another_text_in_another_form() -> None:
    with pytest.raises(ConfigurationError, match=r"^Tile \(pixels\): must be greater"):
        validated(DenoiseConfig, {"tile": 4}, "denoise.")
