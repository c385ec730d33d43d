from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from napari_noise2same.core.settings import DenoiseConfig, TrainingConfig
from napari_noise2same.widgets.validation import reasons_by_path, sentence


def error_of(settings: dict[str, Any]) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        TrainingConfig.model_validate(settings)
    return caught.value


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
    error = error_of(settings)
    assert reasons_by_path(error)[path].startswith(reason)
    assert reasons_by_path(error)[path].endswith(".")
    assert sentence(error).startswith(whole)


def test_the_same_name_may_have_another_text_in_another_form() -> None:
    with pytest.raises(ValidationError) as caught:
        DenoiseConfig.model_validate({"tile": 4})
    assert sentence(caught.value, "denoise.").startswith("Tile (pixels): must be greater")
