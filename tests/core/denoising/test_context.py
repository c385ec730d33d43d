from __future__ import annotations

import torch

from napari_noise2same.core.denoising import Parts
from napari_noise2same.core.model import load_pretrained
from napari_noise2same.core.networks import build_network
from napari_noise2same.core.settings import DenoiseConfig, NetworkConfig

NETWORK = NetworkConfig(widths=(4, 6, 8))


def test_images_are_denoised_with_all_that_the_network_can_look_at() -> None:
    assert Parts(NETWORK, (1, 1), DenoiseConfig()).halo == build_network(NETWORK).grid_radius


def test_taken_apart_images_are_denoised_with_as_many_rows_and_columns_around_them() -> None:
    network = build_network(NETWORK)
    y, x = network.grid_radius
    # And with half of the mean that is taken last.
    assert Parts(NETWORK, (1, 3), DenoiseConfig()).halo == (y, 3 * x + 1)
    assert Parts(NETWORK, (4, 1), DenoiseConfig()).halo == (4 * y + 2, x)
    grid = (4 * network.multiple, 3 * network.multiple)
    assert Parts(NETWORK, (4, 3), DenoiseConfig()).grid == grid


def test_what_a_volume_is_denoised_without_makes_no_difference() -> None:
    shipped = load_pretrained(3)
    network = build_network(shipped.network)
    network.load_state_dict(dict(shipped.weights))
    z, y, x = Parts(shipped.network, (1, 1), DenoiseConfig()).halo
    assert z < network.grid_radius[0]
    volume = (
        5 * torch.sin(torch.arange(30.0))[:, None, None] * torch.ones(30, 16 + 2 * y, 32 + 2 * x)
    )
    volume = volume + torch.randn(volume.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = network(volume[None, None])[0, 0, 14:16, y : y + 16, x : x + 16]
        part = network(volume[None, None, 14 - z : 16 + z])[0, 0, z : z + 2]
    # In units of the noise.
    assert (part[:, y : y + 16, x : x + 16] - whole).abs().max() < 0.01


def test_a_part_of_a_side_asked_for_is_made_of_whole_chunks_and_as_deep_as_the_volume() -> None:
    config, multiple = NetworkConfig(spatial_dims=3, widths=(4, 6, 8)), 8
    parts = Parts(config, (1, 1), DenoiseConfig(tile=64))
    assert parts.grid == (1, multiple, multiple)
    assert parts.shape_for((20, 500, 50)) == (20, 64, 50)
    assert parts.shape_for((90, 500, 500), chunk=(8, 24, 80)) == (64, 48, 80)
    parts = Parts(config, (1, 3), DenoiseConfig(tile=64))
    assert parts.shape_for((20, 500, 500)) == (20, 64, 2 * 3 * multiple)
