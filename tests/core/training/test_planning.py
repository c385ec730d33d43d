from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from napari_noise2same.core.array import ImageView, plan_layout
from napari_noise2same.core.errors import AxesError, ConfigurationError, ImageError
from napari_noise2same.core.io import Image
from napari_noise2same.core.settings import NetworkConfig, TrainingConfig
from napari_noise2same.core.training.planning import TrainingPlan, image_kind, plan_training

CPU = torch.device("cpu")


def view(axes: str, *shape: int, joint: bool = False, dims: Any = None, **layout: Any) -> ImageView:
    array = np.broadcast_to(np.zeros(1, np.uint8), shape)
    planned = plan_layout(axes, shape, spatial_dims=dims, **layout)
    return ImageView(array, planned, joint_channels=joint)


def plan(*views: ImageView, device: torch.device = CPU, **settings: Any) -> TrainingPlan:
    return plan_training(views, TrainingConfig(**settings), device)


def test_the_default_plan_of_a_picture() -> None:
    chosen = plan(view("YX", 512, 512), start="scratch")
    assert chosen.network == NetworkConfig.small(2, 1)
    assert chosen.patch == (64, 64)
    assert chosen.batch > 1
    assert chosen.steps is not None
    assert chosen.seconds is None


def test_the_default_plan_of_a_volume() -> None:
    chosen = plan(view("ZYX", 40, 256, 256), start="scratch")
    assert chosen.network == NetworkConfig.small(3, 1)
    assert len(chosen.patch) == 3
    assert chosen.batch >= 1


def test_a_movie_is_planned_as_a_volume_is() -> None:
    movie, volume = view("TYX", 40, 256, 256, depth_axis="T"), view("ZYX", 40, 256, 256)
    found, expected = plan(movie), plan(volume)
    for name in ("network", "patch", "batch", "steps", "learning_rate"):
        assert getattr(found, name) == getattr(expected, name)


def test_time_as_the_third_axis_needs_a_3d_network() -> None:
    with pytest.raises(ValidationError, match="3D network for time as the third axis"):
        TrainingConfig(depth_axis="T", spatial_dims=2)


def test_more_pixels_get_more_steps_within_bounds() -> None:
    views = [
        view("YX", 8, 8),
        view("YX", 512, 512),
        view("YX", 2048, 2048),
        view("TYX", 100, 4096, 4096),
        view("TYX", 1000, 4096, 4096),
    ]
    steps = [plan(v).steps or 0 for v in views]
    assert steps == sorted(steps)
    assert len(set(steps[:4])) == 4
    assert steps[0] >= steps[1] / 3
    assert steps[4] == steps[3] <= 5 * steps[1]


def test_several_images_count_together() -> None:
    one, four = view("YX", 512, 512), [view("YX", 512, 512)] * 4
    assert plan(*four).steps == plan(view("YX", 1024, 1024)).steps
    assert (plan(*four).steps or 0) > (plan(one).steps or 0)


def test_an_accelerator_gets_larger_batches_from_scratch_only() -> None:
    v, cuda = view("YX", 512, 512), torch.device("cuda")
    assert plan(v, device=cuda, start="scratch").batch > plan(v, start="scratch").batch
    assert plan(v, device=cuda).batch == plan(v).batch


def test_what_the_user_says_is_done() -> None:
    network = NetworkConfig(widths=(8,))
    settings: dict[str, Any] = {
        "network": network,
        "patch": (24, 32),
        "batch": 3,
        "steps": 7,
        "learning_rate": 0.01,
    }
    chosen = plan_training([view("YX", 99, 80)], TrainingConfig(**settings), CPU)
    assert {name: getattr(chosen, name) for name in settings} == settings
    assert chosen.seconds is None


def test_weights_that_know_how_to_denoise_are_moved_gently_and_briefly() -> None:
    shipped, fresh = (plan(view("YX", 512, 512), start=s) for s in ("pretrained", "scratch"))
    assert shipped.learning_rate < fresh.learning_rate / 4
    assert shipped.steps is not None
    assert fresh.steps is not None
    assert shipped.steps < fresh.steps


def test_no_effort_leaves_the_shipped_weights_as_they_are() -> None:
    assert plan(view("YX", 512, 512), effort=0).steps == 0


def test_no_effort_from_scratch_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"scratch \(the shipped weights .* one by one\)"):
        plan(view("CYX", 2, 64, 64, joint=True), effort=0, joint_channels=True)


def test_a_budget_in_seconds_replaces_the_steps() -> None:
    chosen = plan(view("YX", 99, 80), seconds=2.5)
    assert (chosen.steps, chosen.seconds) == (None, 2.5)


def test_patches_are_no_larger_than_the_smallest_image() -> None:
    assert plan(view("YX", 99, 20), view("YX", 40, 80)).patch == (40, 20)
    assert plan(view("ZYX", 9, 99, 20), patch=(16, 64, 64)).patch == (9, 64, 20)


@pytest.mark.parametrize(("joint", "channels"), [(False, 1), (True, 3)])
def test_joint_channels_share_a_network(joint: bool, channels: int) -> None:
    assert plan(view("CYX", 3, 64, 64, joint=joint)).network.channels == channels


@pytest.mark.parametrize("shape", [(7, 100), (100, 7), (1, 1), (1, 512)])
def test_too_small_an_image_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match=f"at least 8 × 8 .* found {shape[0]} × {shape[1]}"):
        plan(view("YX", *shape))
    with pytest.raises(ImageError, match="at least 8 × 8"):
        plan(view("YX", 100, 100), view("YX", *shape))


def test_a_patch_of_other_dimensions_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="patch of 3 lengths"):
        plan(view("ZYX", 20, 64, 64), patch=(32, 32))


@pytest.mark.parametrize(
    "network", [NetworkConfig(channels=2), NetworkConfig(spatial_dims=3), NetworkConfig.paper(3, 2)]
)
def test_a_network_that_does_not_fit_is_refused(network: NetworkConfig) -> None:
    with pytest.raises(ConfigurationError, match=r"2D network of 1 channel\(s\)"):
        plan(view("YX", 64, 64), network=network)


def test_images_of_different_kinds_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"2D with 1 channel\(s\), 3D with 1"):
        plan(view("YX", 64, 64), view("ZYX", 20, 64, 64))


@pytest.mark.parametrize("joint", [False, True])
def test_images_of_different_channels_are_refused(joint: bool) -> None:
    with pytest.raises(ConfigurationError, match="channel"):
        plan(view("CYX", 2, 64, 64, joint=joint), view("CYX", 3, 64, 64, joint=joint))


def test_the_kind_of_an_image_is_what_others_need_to_be_trained_on_with_it() -> None:
    def kind(axes: str, *shape: int, **settings: Any) -> tuple[int, int]:
        return image_kind(Image(np.zeros(shape, np.uint8), axes), TrainingConfig(**settings))

    assert kind("TYX", 9, 64, 32) == kind("YX", 8, 8) == (2, 1)
    assert kind("ZYX", 9, 64, 64) == kind("TYX", 9, 64, 64, depth_axis="T") == (3, 1)
    assert kind("YXS", 64, 64, 3) == kind("CYX", 3, 64, 64, joint_channels=True) == (2, 3)
    with pytest.raises(ImageError, match=r"at least 8 × 8 .* found 7 × 64"):
        kind("YX", 7, 64)
    with pytest.raises(AxesError, match="time axis"):
        kind("YX", 64, 64, depth_axis="T")


def test_no_image_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="found no image"):
        plan()
