from __future__ import annotations

import torch

from napari_noise2same.core.training.best import BestWeights


def test_weights_are_kept_until_others_have_a_smaller_error() -> None:
    best = BestWeights({"w": torch.tensor(0.0)})
    for error in (3.0, 5.0, 3.0, 2.0, 4.0):
        if best.beaten_by(error):
            best.replace({"w": torch.tensor(10 * error)}, error)
    assert best.error == 2
    assert best.weights["w"] == 20
    assert not best.beaten_by(2)
