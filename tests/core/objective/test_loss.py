from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from napari_noise2same.core.networks import build_network
from napari_noise2same.core.objective import (
    Mask,
    Terms,
    estimated_risk,
    noise2same_loss,
    noise2same_terms,
    noise_variance,
)
from napari_noise2same.core.objective.loss import slope
from napari_noise2same.core.objective.masks import stratified_mask
from napari_noise2same.core.objective.replacement import donut_mean, replacement_values
from napari_noise2same.core.settings import NetworkConfig

SHAPE = (4, 2, 16, 16)


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return build_network(NetworkConfig(channels=2, widths=(4, 6)))


@pytest.fixture
def x() -> Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def mask() -> Mask:
    return stratified_mask(SHAPE, 4, generator=torch.Generator().manual_seed(2))


def gradients(loss: Tensor, network: nn.Module) -> Tensor:
    parts: Sequence[Tensor] = torch.autograd.grad(loss, list(network.parameters()))
    return torch.cat([part.flatten() for part in parts])


def test_terms_are_those_of_two_separate_passes(network: nn.Module, x: Tensor, mask: Mask) -> None:
    values = mask.gather(donut_mean(x))
    terms = noise2same_terms(network, x, mask, values)
    hidden = torch.zeros(SHAPE, dtype=torch.bool)
    hidden[mask.index] = True
    masked = torch.where(hidden, donut_mean(x), x)
    plain, blind = network(x), network(masked)
    torch.testing.assert_close(terms.rec, ((plain - x) ** 2).mean())
    torch.testing.assert_close(terms.inv, ((plain - blind) ** 2)[hidden].mean())
    torch.testing.assert_close(terms.blind_spot, ((blind - x) ** 2)[hidden].mean())
    torch.testing.assert_close(terms.replaced, ((masked - x) ** 2)[hidden].mean())
    torch.testing.assert_close(terms.residual, plain - x)


def test_a_teacher_is_asked_about_the_pixels_as_they_are(
    network: nn.Module, x: Tensor, mask: Mask
) -> None:
    values = torch.zeros(len(mask))
    terms = noise2same_terms(network, x, mask, values, lambda seen: 3 * seen)
    torch.testing.assert_close(terms.disagreement, ((network(x) - 3 * x) ** 2).mean())
    assert gradients(terms.disagreement, network).abs().max() > 0
    assert noise2same_terms(network, x, mask, values).disagreement == 0


def test_the_loss_is_the_bound_of_the_theorem(network: nn.Module, x: Tensor, mask: Mask) -> None:
    terms = noise2same_terms(network, x, mask, torch.zeros(len(mask)))
    for lambda_inv in (0.0, 0.5, 2.0):
        expected = terms.rec.item() + lambda_inv * terms.inv.item() ** 0.5
        assert noise2same_loss(terms, lambda_inv).item() == pytest.approx(expected, rel=1e-5)


def test_both_passes_are_run_as_one_batch(x: Tensor, mask: Mask) -> None:
    seen: list[Tensor] = []

    def network(batch: Tensor) -> Tensor:
        seen.append(batch)
        return batch

    values = torch.zeros(len(mask))
    terms = noise2same_terms(network, x, mask, values)
    (batch,) = seen
    assert torch.equal(batch, torch.cat([x, mask.replace(x, values)]))
    # The identity does not denoise and depends on the pixel alone.
    assert terms.rec == 0
    assert terms.inv == terms.replaced == terms.blind_spot > 0


def test_a_fresh_network_is_not_invariant(x: Tensor, mask: Mask) -> None:
    torch.manual_seed(0)
    fresh = build_network(NetworkConfig.small(channels=2))
    terms = noise2same_terms(fresh, x, mask, mask.gather(donut_mean(x)))
    assert terms.inv.item() > 1e-3


def test_the_gradient_of_the_invariance_reaches_both_passes(
    network: nn.Module, x: Tensor, mask: Mask
) -> None:
    values = mask.gather(donut_mean(x))

    def explicit(
        of_plain: Callable[[Tensor], Tensor], of_blind: Callable[[Tensor], Tensor]
    ) -> Tensor:
        plain, blind = network(x), network(mask.replace(x, values))
        inv = (of_plain(plain) - of_blind(blind))[mask.index].square().mean()
        return gradients((plain - x).square().mean() + 2 * torch.sqrt(inv), network)

    loss = noise2same_loss(noise2same_terms(network, x, mask, values), 2.0)
    ours = gradients(loss, network)
    torch.testing.assert_close(ours, explicit(Tensor.clone, Tensor.clone), rtol=1e-3, atol=1e-4)
    for wrong in (explicit(Tensor.detach, Tensor.clone), explicit(Tensor.clone, Tensor.detach)):
        assert (wrong - ours).norm() > 0.05 * ours.norm()


@pytest.mark.parametrize("name", ["blind_spot", "residual"])
def test_what_is_only_reported_carries_no_gradient(
    network: nn.Module, x: Tensor, mask: Mask, name: str
) -> None:
    terms = noise2same_terms(network, x, mask, torch.zeros(len(mask)))
    assert not getattr(terms, name).requires_grad
    assert terms.rec.requires_grad
    assert terms.inv.requires_grad


def test_the_gradient_is_finite_where_both_passes_agree(x: Tensor, mask: Mask) -> None:
    level = torch.zeros((), requires_grad=True)
    slope = torch.zeros((), requires_grad=True)
    terms = noise2same_terms(lambda b: level + slope * b, x, mask, torch.zeros(len(mask)))
    assert terms.inv == 0
    loss = noise2same_loss(terms, 2.0)
    # The constant under the root is too small to matter for the value.
    assert loss.item() == pytest.approx(terms.rec.item(), abs=1e-3)
    found = torch.autograd.grad(loss, [level, slope])
    expected = torch.autograd.grad(((level + slope * x - x) ** 2).mean(), [level, slope])
    torch.testing.assert_close(found, expected)


def test_terms_are_float32_whatever_the_network_computes_in(x: Tensor, mask: Mask) -> None:
    terms = noise2same_terms(Tensor.bfloat16, x, mask, torch.zeros(len(mask)))
    assert {value.dtype for value in vars(terms).values()} == {torch.float32}


def trained_on_noise(lambda_inv: float) -> Terms:
    """Terms of a small network after some steps on white noise of variance 1."""
    torch.manual_seed(0)
    network = build_network(NetworkConfig(widths=(8,), unshuffle=1))
    generator = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(200):
        # Fresh noise: what can be learned by heart says nothing of the loss.
        x = torch.randn((8, 1, 20, 20), generator=generator)
        mask = stratified_mask((8, 1, 20, 20), 6, generator=generator)
        terms = noise2same_terms(network, x, mask, mask.gather(donut_mean(x)))
        optimiser.zero_grad()
        noise2same_loss(terms, lambda_inv).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return terms


def test_without_the_invariance_term_training_drifts_to_the_identity() -> None:
    terms = trained_on_noise(0)
    assert terms.rec < 0.03
    assert terms.inv > 0.5


def test_with_the_invariance_term_training_does_not_copy_the_noise() -> None:
    terms = trained_on_noise(2)
    assert terms.rec > 0.9
    assert terms.inv < 0.01


@given(st.floats(0.2, 2), st.floats(0.5, 1), st.integers(0, 2**20))
def test_the_best_denoiser_tells_the_noise(signal: float, noise: float, seed: int) -> None:
    """For white signal and noise the best denoiser multiplies by S/(S + N)."""
    generator = torch.Generator().manual_seed(seed)
    clean = signal**0.5 * torch.randn((4, 1, 64, 64), generator=generator)
    x = clean + noise * torch.randn(clean.shape, generator=generator)
    factor = signal / (signal + noise**2)
    mask = stratified_mask(tuple(x.shape), 5, generator=generator)
    terms = noise2same_terms(lambda image: factor * image, x, mask, torch.zeros(len(mask)))
    assert noise_variance(terms) == pytest.approx(noise**2, rel=0.1)


@given(st.floats(0, 1.2), st.floats(0.2, 1), st.integers(0, 2**20))
def test_the_risk_is_the_error_against_the_truth(factor: float, noise: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    clean = torch.randn((4, 1, 64, 64), generator=generator)
    x = clean + noise * torch.randn(clean.shape, generator=generator)
    mask = stratified_mask(tuple(x.shape), 5, generator=generator)
    terms = noise2same_terms(lambda image: factor * image, x, mask, torch.zeros(len(mask)))
    true = (factor * x - clean).square().mean().item()
    assert estimated_risk(terms, noise**2) == pytest.approx(true, abs=0.1 * noise)


@given(st.floats(0, 1), st.floats(30, 1e4), st.integers(0, 2**20))
def test_a_few_bright_peaks_do_not_decide_the_slope(
    factor: float, height: float, seed: int
) -> None:
    """Of noise such a network keeps a part, of what is bright all."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn((4, 1, 64, 64), generator=generator)
    x[..., ::16, ::16] += height
    mask = stratified_mask(tuple(x.shape), 5, generator=generator)

    def network(image: Tensor) -> Tensor:
        return torch.where(image > height / 2, image, factor * image)

    terms = noise2same_terms(network, x, mask, torch.zeros(len(mask)))
    assert slope(terms).item() == pytest.approx(factor, abs=0.1)


def test_padding_says_nothing_about_slope_and_noise(mask: Mask, network: nn.Module) -> None:
    x = torch.full(SHAPE, 0.3)
    values = replacement_values(x, mask, "donut", generator=torch.Generator())
    terms = noise2same_terms(network, x, mask, values)
    assert abs(slope(terms).item()) < 1e-3
    assert math.isfinite(noise_variance(terms))
    assert math.isfinite(estimated_risk(terms, 1.0))


def test_a_network_that_copies_gives_no_infinite_noise() -> None:
    x = torch.randn((1, 1, 16, 16), generator=torch.Generator().manual_seed(0))
    mask = stratified_mask(tuple(x.shape), 5, generator=torch.Generator().manual_seed(0))
    terms = noise2same_terms(lambda image: image.clone(), x, mask, torch.zeros(len(mask)))
    assert noise_variance(terms) == 0
