from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_noise2same.core.networks import BlindNet, build_network
from napari_noise2same.core.settings import NetworkConfig

each_dims = pytest.mark.parametrize("dims", [2, 3])
each_depth = pytest.mark.parametrize("depth", [1, 3])
each_channels = pytest.mark.parametrize("channels", [1, 3])


@each_dims
@each_depth
@each_channels
@settings(max_examples=15)
@given(data=st.data())
def test_changing_a_pixel_never_changes_the_output_at_its_place(
    trained_like: Callable[..., BlindNet], dims: int, depth: int, channels: int, data: st.DataObject
) -> None:
    network = trained_like(
        kind="blind", spatial_dims=dims, channels=channels, widths=(4,) * depth, bias=True
    )
    size = data.draw(st.lists(st.integers(1, 12), min_size=dims, max_size=dims))
    place: tuple[Any, ...] = (..., *(data.draw(st.integers(0, length - 1)) for length in size))
    x = torch.randn(1, channels, *size, dtype=torch.double)
    changed = x.clone()
    changed[place] += 100 * torch.randn(1, channels, dtype=torch.double)
    with torch.no_grad():
        assert torch.equal(network(changed)[place], network(x)[place])


@each_dims
@each_depth
@each_channels
def test_no_gradient_leads_from_an_output_to_its_own_pixel(
    trained_like: Callable[..., BlindNet], dims: int, depth: int, channels: int
) -> None:
    network = trained_like(kind="blind", spatial_dims=dims, channels=channels, widths=(4,) * depth)
    centre = [r + 1 for r in network.receptive_radius]
    x = torch.randn(1, channels, *(2 * c + 1 for c in centre), dtype=torch.double)
    x.requires_grad_()
    for channel in range(channels):
        (gradient,) = torch.autograd.grad(network(x)[(0, channel, *centre)], x)
        own: tuple[Any, ...] = (0, ..., *centre)
        assert (gradient[own] == 0).all()
        # All channels of the neighbours are seen, on every side.
        around: tuple[Any, ...] = (0, ..., *(slice(c - 1, c + 2) for c in centre))
        neighbours = gradient[around]
        assert ((neighbours != 0).sum(dim=tuple(range(1, dims + 1))) == 3**dims - 1).all()


@each_dims
def test_a_fresh_network_sees_all_around_but_the_centre(dims: int) -> None:
    network = build_network(NetworkConfig.model_validate({"kind": "blind", "spatial_dims": dims}))
    x = torch.randn(1, 1, *(9,) * dims, requires_grad=True)
    centre: tuple[Any, ...] = (0, 0, *(4,) * dims)
    (gradient,) = torch.autograd.grad(network(x)[centre], x)
    expected = torch.zeros_like(gradient, dtype=torch.bool)
    window: tuple[Any, ...] = (0, 0, *(slice(2, 7),) * dims)
    expected[window] = True
    expected[centre] = False
    assert torch.equal(gradient != 0, expected)
