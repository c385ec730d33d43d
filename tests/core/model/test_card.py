from __future__ import annotations

import json

import numpy as np

from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel, card_lines, model_card
from napari_noise2same.core.settings import DenoiseConfig, TrainingConfig
from napari_noise2same.core.training import Finished, train


def test_a_card_is_json_and_says_how_the_model_was_made() -> None:
    image = Image(np.random.default_rng(0).normal(size=(32, 32)), "YX")
    *_, last = train([image], TrainingConfig(steps=2, seed=5, patch=(16, 16)))
    assert isinstance(last, Finished)
    card = json.loads(json.dumps(model_card(last.model), allow_nan=False))

    assert card["seed"] == card["settings"]["seed"] == 5
    assert card["start"] == "pretrained"
    assert card["steps"] == 2
    assert card["loss"] == last.model.history.columns["loss"][-1]
    assert card["lambda_inv"] == last.model.history.columns["lambda_inv"][-1]
    assert card["domains"] == [last.model.domains[0].to_dict()]
    assert {"torch", "napari-noise2same"} <= set(card["versions"])
    assert TrainingConfig(**card["settings"]).steps == 2


def test_a_model_without_training_has_a_card() -> None:
    image = Image(np.random.default_rng(0).normal(size=(32, 32)), "YX")
    *_, last = train([image], TrainingConfig(steps=0))
    assert isinstance(last, Finished)
    card = model_card(last.model)

    assert card["steps"] == 0
    assert "loss" not in card


def test_a_card_in_a_file_has_a_line_for_each_entry(model: TrainedModel) -> None:
    config = DenoiseConfig(tile=96)
    card = model_card(model, config)
    lines = card_lines(card)

    assert set(lines) == {"denoised_by", *card}
    assert not [text for text in lines.values() if "\n" in text]
    assert lines["axes"] == "CYX"
    assert lines["seed"] == str(2**62 + 1)
    assert float(lines["loss"]) == float(f"{card['loss']:.6g}")
    assert DenoiseConfig.model_validate_json(lines["denoising"]) == config
    assert json.loads(lines["settings"]) == card["settings"]
