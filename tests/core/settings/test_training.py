from __future__ import annotations

import pytest
from pydantic import ValidationError

from napari_noise2same.core.settings import TrainingConfig


@pytest.mark.parametrize("patch", [(7, 64), (64, 7), (1, 1), (16, 4, 48), (8,), (), (2, 2, 8, 8)])
def test_patches_that_are_nothing_but_borders_are_refused(patch: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match="two or three lengths, of at least 8 pixels in Y"):
        TrainingConfig(patch=patch)


@pytest.mark.parametrize("patch", [None, (8, 8), (1, 8, 8)])
def test_small_patches_are_allowed(patch: tuple[int, ...] | None) -> None:
    assert TrainingConfig(patch=patch).patch == patch


@pytest.mark.parametrize("distance", [(0, 1), (1, 5), (2,), (1, 1, 1)])
def test_distances_of_noise_that_no_image_has_are_refused(distance: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match="noise_distance"):
        TrainingConfig.model_validate({"noise_distance": distance})


def test_one_distance_of_noise_is_said_to_be_too_few() -> None:
    with pytest.raises(ValidationError, match="expected two numbers, for Y and X, found 2"):
        TrainingConfig.model_validate({"noise_distance": ["2"]})
