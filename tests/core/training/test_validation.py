from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from napari_noise2same.core.settings import MaskConfig
from napari_noise2same.core.training.batches import BatchSource
from napari_noise2same.core.training.patches import PatchSampler
from napari_noise2same.core.training.validation import Validation

CPU = torch.device("cpu")


class Scale(nn.Module):
    """Multiplies by its only weight."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(7.0))

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x


def validation(
    block: Tensor,
    network: nn.Module | None = None,
    *,
    patch: tuple[int, ...] = (16, 16),
    seed: int = 0,
    **mask: object,
) -> Validation:
    sampler, config = PatchSampler([block], patch), MaskConfig.model_validate(mask)
    return Validation(
        network or Scale(), BatchSource(sampler, config, batch=8, device=CPU, seed=seed)
    )


def scaled(factor: float) -> dict[str, Tensor]:
    return {"factor": torch.tensor(factor)}


@pytest.fixture
def noise() -> Tensor:
    return torch.randn(1, 64, 64, generator=torch.Generator().manual_seed(0))


def test_the_error_of_nothing_is_the_variance(noise: Tensor) -> None:
    error = validation(noise).error(scaled(0.0))
    assert error == pytest.approx(noise.square().mean().item(), rel=0.05)


def test_the_prediction_sees_the_replacement_and_not_the_pixel(noise: Tensor) -> None:
    """The identity copies the replacement, which is independent of white noise."""
    error = validation(noise, replacement="gaussian").error(scaled(1.0))
    assert error == pytest.approx(1.0 + 0.2**2, rel=0.08)


def test_the_same_pixels_are_tried_each_time(noise: Tensor) -> None:
    fixed = validation(noise, replacement="gaussian")
    first = fixed.error(scaled(0.5))
    fixed.error(scaled(2.0))
    assert fixed.error(scaled(0.5)) == first
    assert validation(noise, replacement="gaussian").error(scaled(0.5)) == first
    assert validation(noise, replacement="gaussian", seed=1).error(scaled(0.5)) != first


def test_the_seed_decides_the_masked_pixels(noise: Tensor) -> None:
    whole = noise[:, :16, :16]  # as large as a patch: there is only one
    errors = {validation(whole, seed=seed).error(scaled(0.0)) for seed in range(5)}
    assert len(errors) == 5


def test_the_networks_own_weights_are_neither_used_nor_changed(noise: Tensor) -> None:
    network = Scale()
    error = validation(noise, network).error(scaled(0.0))
    assert network.factor.item() == 7.0
    with torch.no_grad():
        network.factor.fill_(-3.0)
    assert validation(noise, network).error(scaled(0.0)) == error


def test_the_noise_is_that_of_plain_places(noise: Tensor) -> None:
    block = noise.repeat(1, 2, 2)
    assert validation(block).plain_noise(scaled(0.0), 0.7) == pytest.approx(1.0, rel=0.1)
    textured = block.clone()
    textured[:, :, 80:] += 9 * (torch.arange(48) % 2)
    found = validation(textured).plain_noise(scaled(0.0), 0.7)
    assert found == pytest.approx(1.0, rel=0.15)


def test_places_without_noise_do_not_tell_how_strong_it_is(noise: Tensor) -> None:
    block = noise.repeat(1, 2, 2)
    assert validation(block).plain_noise(scaled(1.0), 0.7) == 0.7
    block[:, :, :80] = 0
    found = validation(block).plain_noise(scaled(0.0), 0.9)
    assert found == pytest.approx(0.9, rel=0.15)


def test_small_patches_tell_it_too() -> None:
    block = torch.randn(1, 96, 96, generator=torch.Generator().manual_seed(0))
    small = validation(block, patch=(8, 8))
    assert small.plain_noise(scaled(0.0), 0.5) == pytest.approx(1.0, rel=0.15)


class Swap(nn.Module):
    """Answers with the other channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flip(1)


@pytest.mark.parametrize("independent", [False, True])
def test_channels_give_a_hidden_pixel_away_only_if_they_are_independent(
    noise: Tensor, independent: bool
) -> None:
    """Two channels that are the same: what one hides, the other shows or hides as well."""
    fixed = validation(noise.expand(2, 64, 64), Swap(), independent_channels=independent)
    assert (fixed.error({}) < 0.1) == independent


def test_the_error_needs_no_gradient(noise: Tensor) -> None:
    weights = {"factor": torch.tensor(0.5, requires_grad=True)}
    assert isinstance(validation(noise).error(weights), float)
    assert weights["factor"].grad is None


def test_the_noise_is_read_from_the_residual(noise: Tensor) -> None:
    """Nothing but noise: the best denoiser returns nothing, and the residual is all of it."""
    found = validation(0.3 * noise).noise(scaled(0.0))
    assert found.sigma == pytest.approx(0.3, rel=0.05)
    assert found.correlation == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("axis", [1, 2])
def test_noise_that_neighbours_share_is_seen_along_y_and_x(noise: Tensor, axis: int) -> None:
    shared = noise + 0.5 * noise.roll(1, axis)
    found = validation(shared).noise(scaled(0.0))
    assert found.correlation == pytest.approx(0.4, abs=0.05)


class Watched(nn.Module):
    """Keeps what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x[: len(x) // 2])  # the other half is the masked copy
        return torch.zeros_like(x)

    @property
    def places(self) -> int:
        return len(torch.unique(torch.cat(self.seen), dim=0))


def test_the_noise_is_looked_at_in_more_places_than_weights_are_compared_on(noise: Tensor) -> None:
    """It is looked at once, and differs from place to place."""
    compared, looked_at = Watched(), Watched()
    validation(noise, compared).risk({}, 1.0)
    validation(noise, looked_at).noise({})
    assert looked_at.places > 2 * compared.places


def test_what_planes_share_is_no_noise(noise: Tensor) -> None:
    """Each is exposed by itself: their residuals share the signal that was missed."""
    fixed = validation(noise.expand(4, 64, 64)[None], patch=(4, 16, 16))
    assert fixed.noise(scaled(0.0)).correlation == pytest.approx(0, abs=0.05)


def test_the_change_is_the_difference_of_the_results(noise: Tensor) -> None:
    fixed = validation(2 * noise)
    assert fixed.change(scaled(0.5), scaled(0.5)) == 0
    assert fixed.change(scaled(0.5), scaled(0.6)) == pytest.approx(0.2, rel=0.05)
