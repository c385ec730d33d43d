from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_noise2same.core.errors import StoppedError
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import load_model, save_model
from napari_noise2same.core.sampling import load_blocks
from napari_noise2same.core.settings import TrainingConfig
from napari_noise2same.core.training import Finished, Trainer, train
from napari_noise2same.core.training.loading import Loaded, patches_of
from napari_noise2same.core.training.planning import view_image

Config = Callable[..., TrainingConfig]
Picture = Callable[..., NDArray[np.float32]]

CPU = torch.device("cpu")


def load(images: list[NDArray[np.float32]], config: TrainingConfig) -> Loaded:
    views = [view_image(Image(values, "YX"), config) for values in images]
    blocks = load_blocks(views, config.max_pixels, config.seed, patch=(8, 8))
    return patches_of(blocks, views, config, (8, 8), CPU)


def test_images_are_drawn_by_the_roots_of_their_sizes(
    make_picture: Picture, make_config: Config
) -> None:
    small, large = make_picture(32, 32), make_picture(96, 96, seed=1)
    loaded = load([small, large], make_config())
    batch = loaded.sampler.draw(2000, "none", torch.Generator().manual_seed(0))
    corners = torch.from_numpy(loaded.domains[0].forward(small)).unfold(0, 8, 1).unfold(1, 8, 1)
    known = {tuple(patch.flatten()[:3].tolist()) for row in corners for patch in row}
    share = np.mean([tuple(patch.flatten()[:3].tolist()) in known for patch in batch])
    assert share == pytest.approx(1 / 4, abs=0.03)


def test_images_of_other_gains_are_seen_alike(make_picture: Picture, make_config: Config) -> None:
    dim, bright = make_picture(64, 64), 30 * make_picture(64, 64, seed=1)
    loaded = load([dim, bright], make_config())
    assert loaded.noise == "image"
    batch = loaded.sampler.draw(200, "none", torch.Generator().manual_seed(0))
    assert batch.std().item() < 3
    assert load([dim, np.float32(1 / 30) * bright], make_config()).noise == "model"


def test_a_run_that_is_stopped_while_it_reads_is_none(
    make_picture: Picture, make_config: Config
) -> None:
    answers = iter([False, False, True])
    with pytest.raises(StoppedError):
        Trainer([Image(make_picture(3, 40, 40), "TYX")], make_config(), stop=lambda: next(answers))


def images_of_two_cameras(make_picture: Picture) -> list[Image]:
    return [Image(make_picture(64, 64), "YX"), Image(30 * make_picture(48, 64, seed=1), "YX")]


def test_the_model_and_the_start_say_that_each_image_has_its_own_domain(
    make_picture: Picture, make_config: Config
) -> None:
    trainer = Trainer(images_of_two_cameras(make_picture), make_config())
    assert "each is normalised by its own" in trainer.plan.note
    assert trainer.snapshot().noise == "image"


def test_a_resumed_run_on_images_of_two_cameras_ends_as_if_uninterrupted(
    make_picture: Picture, make_config: Config, tmp_path: Path
) -> None:
    images = images_of_two_cameras(make_picture)
    *_, whole = train(images, make_config())
    trainer = Trainer(images, make_config())
    *_, part = trainer.events(lambda: trainer.step == 5)
    assert isinstance(part, Finished)
    assert isinstance(whole, Finished)
    save_model(part.model, tmp_path / "m.safetensors")
    *_, resumed = train(images, resume=load_model(tmp_path / "m.safetensors"))
    assert isinstance(resumed, Finished)
    assert resumed.model.noise == "image"
    assert resumed.model.domains == whole.model.domains
    for name, weight in whole.model.weights.items():
        assert torch.equal(resumed.model.weights[name], weight)
