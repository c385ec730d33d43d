from __future__ import annotations

import hashlib
from importlib.resources import files

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_noise2same.core import model as package
from napari_noise2same.core.model import load_pretrained
from napari_noise2same.core.networks import build_network

Net = torch.nn.Module

FOLDER = files(package) / "weights"


@pytest.fixture(scope="module")
def net() -> Net:
    return network(2)


def network(dims: int) -> Net:
    shipped = load_pretrained(3 if dims == 3 else 2)
    built = build_network(shipped.network)
    built.load_state_dict(dict(shipped.weights))
    return built.eval()


def noise(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_the_file_is_small_and_the_one_that_the_card_describes() -> None:
    content = (FOLDER / "pretrained.safetensors").read_bytes()
    card = load_pretrained().card
    assert len(content) <= 2_000_000
    assert hashlib.sha256(content).hexdigest() == card["sha256"]
    assert {"network", "data", "recipe", "licence", "steps", "seed", "curve"} <= card.keys()


def test_weights_are_single_precision() -> None:
    assert {tensor.dtype for tensor in load_pretrained().weights.values()} == {torch.float32}


@settings(max_examples=8, deadline=None)
@given(st.floats(0.2, 50), st.integers(0, 2**20))
def test_the_scale_of_an_image_does_not_matter(scale: float, seed: int) -> None:
    net, x = network(2), noise(seed, 1, 1, 48, 48)
    with torch.no_grad():
        torch.testing.assert_close(net(scale * x), scale * net(x), rtol=1e-3, atol=1e-4 * scale)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**20))
def test_pure_noise_comes_out_flat(seed: int) -> None:
    x = noise(seed, 1, 1, 128, 128)
    with torch.no_grad():
        assert network(2)(x).std() < 0.1


def test_an_edge_stays_where_it_is_and_noise_goes(net: Net) -> None:
    clean = torch.zeros(1, 1, 96, 96)
    clean[..., 48:] = 10
    clean = clean - clean.mean()
    with torch.no_grad():
        found = net(clean + noise(0, 1, 1, 96, 96))
    assert (found - clean)[..., 8:-8, 8:-8].square().mean() < 0.1
    assert (found[..., 49] - found[..., 46]).mean() > 9


def test_a_volume_is_first_denoised_plane_by_plane(net: Net) -> None:
    x = noise(1, 1, 1, 5, 48, 40)
    with torch.no_grad():
        planes = torch.stack([net(plane) for plane in x.unbind(2)], dim=2)
        torch.testing.assert_close(network(3)(x), planes, rtol=1e-4, atol=1e-4)
