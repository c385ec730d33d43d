from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Literal

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


@pytest.mark.parametrize(
    ("dims", "name", "most"),
    [(2, "pretrained.safetensors", 2_000_000), (3, "pretrained_3d.safetensors.gz", 2_000_000)],
)
def test_the_file_is_small_and_the_one_that_the_card_describes(
    dims: Literal[2, 3], name: str, most: int
) -> None:
    content = (FOLDER / name).read_bytes()
    card = load_pretrained(dims).card
    assert len(content) <= most
    assert hashlib.sha256(content).hexdigest() == card["sha256"]
    assert {"network", "data", "recipe", "licence", "steps", "seed", "curve"} <= card.keys()


@pytest.mark.parametrize("dims", [2, 3])
def test_weights_are_single_precision(dims: Literal[2, 3]) -> None:
    assert {tensor.dtype for tensor in load_pretrained(dims).weights.values()} == {torch.float32}


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


def texture(planes: int, *, shared: bool) -> torch.Tensor:
    """Draw smooth random values, everywhere the same or nowhere."""
    values = noise(3, 1, 1, 1 if shared else planes, 80, 80)
    for _ in range(2):
        values = torch.nn.functional.avg_pool3d(values, (1, 5, 5), stride=1)
    return (2 * values / values.std()).expand(1, 1, planes, 72, 72)


@pytest.mark.parametrize(("shared", "least", "most"), [(True, 0.0, 0.7), (False, 0.7, 1.2)])
def test_planes_help_each_other_where_they_share_something(
    net: Net, shared: bool, least: float, most: float
) -> None:
    clean = texture(9, shared=shared)
    x = clean + noise(2, *clean.shape)
    with torch.no_grad():
        planes = torch.stack([net(plane) for plane in x.unbind(2)], dim=2)
        errors = [(found - clean).square().mean().item() for found in (network(3)(x), planes)]
    assert least < errors[0] / errors[1] < most
