from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from napari_noise2same.core.networks import BlindNet, UNet, build_network, count_parameters
from napari_noise2same.core.settings import NetworkConfig

Network = UNet | BlindNet

# Every kind of network, small: the settings beside spatial_dims and channels.
VARIANTS: dict[str, dict[str, Any]] = {
    "small": {"widths": (4, 6, 6)},
    "uneven": {"widths": (4, 6), "blocks": (2, 1)},
    "unfolded": {"widths": (4, 6), "unshuffle": 1, "blocks": 2, "bias": True},
    "gated": {"widths": (4, 6), "skip": "gated"},
    "single level": {"widths": (4,)},
    "blind": {"kind": "blind", "widths": (4, 4)},
}
UNBIASED = ["small", "single level", "blind"]
EXTENTS: dict[int, tuple[int, ...]] = {2: (24, 32), 3: (3, 24, 24)}

each_variant = pytest.mark.parametrize("variant", VARIANTS)
each_dims = pytest.mark.parametrize("dims", [2, 3])


@each_variant
@each_dims
@settings(max_examples=10)
@given(data=st.data())
def test_any_spatial_size_and_number_of_channels_comes_back(
    dims: Literal[2, 3], variant: str, data: st.DataObject
) -> None:
    channels = data.draw(st.integers(1, 3))
    size = data.draw(st.lists(st.integers(1, 19), min_size=dims, max_size=dims))
    network = build_network(
        NetworkConfig(spatial_dims=dims, channels=channels, **VARIANTS[variant])
    )
    shape = (2, channels, *size)
    with torch.no_grad():
        result = network(torch.randn(shape))
    assert result.shape == shape
    assert torch.isfinite(result).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (1, 17)])
def test_the_default_network_takes_tiny_images(size: tuple[int, int]) -> None:
    network = build_network(NetworkConfig.small())
    with torch.no_grad():
        assert network(torch.ones(1, 1, *size)).shape == (1, 1, *size)


@each_dims
@pytest.mark.parametrize("variant", UNBIASED)
@given(scale=st.floats(1e-6, 1e6))
@settings(max_examples=15)
def test_without_biases_networks_are_positively_homogeneous(
    trained_like: Callable[..., Network], dims: int, variant: str, scale: float
) -> None:
    network = trained_like(spatial_dims=dims, **VARIANTS[variant])
    x = torch.randn(1, 1, *(9,) * dims, dtype=torch.double)
    with torch.no_grad():
        result = network(x)
        torch.testing.assert_close(network(scale * x), scale * result, rtol=1e-9, atol=0)
    assert result.std() > 1e-3


@each_dims
@each_variant
def test_receptive_radius_bounds_what_an_output_depends_on(
    trained_like: Callable[..., Network], dims: int, variant: str
) -> None:
    network = trained_like(spatial_dims=dims, **VARIANTS[variant])
    radius = network.receptive_radius
    assert len(radius) == dims
    size = [2 * (r + network.multiple) for r in radius]
    reach = [0] * dims
    # The first pixel of a cell sees farthest to one side, the last one to the other.
    for offset in {0, network.multiple - 1}:
        start = [r + network.multiple - r % network.multiple for r in radius]
        place = [*start[:-2], start[-2] + offset, start[-1] + network.multiple - 1 - offset]
        x = torch.randn(1, 1, *size, dtype=torch.double, requires_grad=True)
        (gradient,) = torch.autograd.grad(network(x)[(0, 0, *place)], x)
        seen = gradient[0, 0].nonzero() - torch.tensor(place)
        reach = [max(a, int(b)) for a, b in zip(reach, seen.abs().amax(0), strict=True)]
    assert all(a <= b for a, b in zip(reach, radius, strict=True))
    # Not much larger either: every tile reads that much more on each side.
    assert all(a + network.multiple > b for a, b in zip(reach, radius, strict=True))


@each_dims
@each_variant
def test_a_tile_that_starts_at_a_multiple_gives_what_the_whole_gives(
    trained_like: Callable[..., Network], dims: int, variant: str
) -> None:
    network = trained_like(spatial_dims=dims, **VARIANTS[variant])
    halo, step = network.receptive_radius, network.multiple
    shift = [1] * (dims - 2) + [step, step]
    size = [2 * h + s + 3 for h, s in zip(halo, shift, strict=True)]
    x = torch.randn(1, 1, *size, dtype=torch.double)
    cut: tuple[Any, ...] = (..., *(slice(s, None) for s in shift))
    inner: tuple[Any, ...] = (..., *(slice(h, None) for h in halo))
    with torch.no_grad():
        whole, tile = network(x)[cut][inner], network(x[cut])[inner]
    assert whole.numel() > 0
    assert whole.std() > 1e-3
    torch.testing.assert_close(tile, whole, rtol=1e-9, atol=1e-11)


@each_variant
def test_images_of_a_batch_do_not_influence_each_other(
    trained_like: Callable[..., Network], variant: str
) -> None:
    network = trained_like(**VARIANTS[variant])
    x = torch.randn(3, 1, 11, 13, dtype=torch.double)
    with torch.no_grad():
        one_by_one = torch.cat([network(one) for one in x.chunk(3)])
        torch.testing.assert_close(network(x), one_by_one)


@each_dims
@each_variant
def test_training_lowers_the_error_by_every_weight(dims: Literal[2, 3], variant: str) -> None:
    network = build_network(NetworkConfig(spatial_dims=dims, **VARIANTS[variant]))
    clean = torch.linspace(-2, 2, 24).sin().expand(4, 1, *EXTENTS[dims][:-1], 24)
    noisy = clean + 0.3 * torch.randn(clean.shape)
    fresh = {name: weight.clone() for name, weight in network.state_dict().items()}
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    errors = []
    for _ in range(40):
        error = (network(noisy) - clean).square().mean()
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        errors.append(error.item())
    assert errors[-1] < errors[0] / 2
    for name, weight in network.named_parameters():
        assert not torch.equal(weight, fresh[name]), name


def test_multiple_is_the_finest_step_that_keeps_the_grid(
    trained_like: Callable[..., Network],
) -> None:
    network = trained_like(**VARIANTS["small"])
    assert network.multiple == 8
    halo, half = network.receptive_radius[0], network.multiple // 2
    x = torch.randn(1, 1, 2 * halo, 2 * halo, dtype=torch.double)
    with torch.no_grad():
        whole, tile = network(x)[..., half:, half:], network(x[..., half:, half:])
    assert (whole - tile)[..., halo:, halo:].abs().max() > 1e-3


def test_more_blocks_see_farther_with_more_weights() -> None:
    one, two = (build_network(NetworkConfig(widths=(4, 4), blocks=n)) for n in (1, 2))
    # A level has two sides, but for the deepest; a block has two 3×3 convolutions.
    assert count_parameters(two) - count_parameters(one) == 3 * 2 * 9 * 4 * 4
    assert two.receptive_radius[0] - one.receptive_radius[0] == 2 * (2 * 2 + 4)


def test_levels_may_differ_in_blocks() -> None:
    networks = [build_network(NetworkConfig(widths=(4, 4), blocks=n)) for n in (1, (1, 1), (2, 1))]
    one, same, more = networks
    assert count_parameters(one) == count_parameters(same)
    assert one.receptive_radius == same.receptive_radius
    assert count_parameters(more) - count_parameters(one) == 2 * 2 * 9 * 4 * 4
    assert more.receptive_radius[0] - one.receptive_radius[0] == 2 * 2 * 2


@pytest.mark.parametrize("blocks", [(1,), (1, 1, 1), (1, 0)])
def test_every_level_needs_its_number_of_blocks(blocks: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match="blocks"):
        NetworkConfig(widths=(4, 4), blocks=blocks)


def test_gates_change_what_the_network_computes_and_nothing_else() -> None:
    concat, gated = (build_network(NetworkConfig(skip=skip)) for skip in ("concat", "gated"))
    shared = concat.state_dict()
    own = set(gated.state_dict()) - set(shared)
    assert own
    assert all(".gate." in name for name in own)
    gated.load_state_dict(shared, strict=False)
    x = torch.randn(1, 1, 16, 16)
    with torch.no_grad():
        assert (gated(x) - concat(x)).abs().max() > 1e-2
        # Gates that are fully open let the encoder's features through as they are.
        for name, weight in gated.named_parameters():
            if ".gate." in name:
                weight.fill_(1e3 if name.endswith("bias") else 0)
        torch.testing.assert_close(gated(x), concat(x))


def test_the_paper_network_has_the_published_size() -> None:
    network = build_network(NetworkConfig.paper())
    assert 4e6 < count_parameters(network) < 6e6
    assert NetworkConfig.paper().widths[0] == 96
    assert any(name.endswith("bias") for name, _ in network.named_parameters())


def test_the_small_network_has_no_biases_and_a_tenth_of_the_paper_size() -> None:
    network = build_network(NetworkConfig.small())
    assert count_parameters(network) < 5e5
    assert not any(name.endswith("bias") for name, _ in network.named_parameters())


@pytest.mark.parametrize("preset", [NetworkConfig.small, NetworkConfig.paper])
@each_dims
def test_presets_serve_volumes_and_several_channels(
    dims: Literal[2, 3], preset: Callable[..., NetworkConfig]
) -> None:
    config = preset(spatial_dims=dims, channels=3)
    assert (config.spatial_dims, config.channels) == (dims, 3)
    kinds = {type(module) for module in build_network(config).modules()}
    assert (nn.Conv3d in kinds, nn.Conv2d in kinds) == (dims == 3, dims == 2)


def test_only_trainable_weights_are_counted() -> None:
    layer = nn.Linear(3, 5)
    assert count_parameters(layer) == 20
    layer.bias.requires_grad_(False)
    assert count_parameters(layer) == 15


def test_weights_come_from_the_global_generator() -> None:
    def first_weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return next(build_network(NetworkConfig.small()).parameters())

    assert torch.equal(first_weights(3), first_weights(3))
    assert not torch.equal(first_weights(3), first_weights(4))
