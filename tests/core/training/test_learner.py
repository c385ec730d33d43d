from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from napari_noise2same.core.errors import TrainingError
from napari_noise2same.core.networks.blocks import ResidualBlock
from napari_noise2same.core.objective.masks import stratified_mask
from napari_noise2same.core.settings import NetworkConfig, TrainingConfig
from napari_noise2same.core.training.learner import MAX_RECOVERIES, LearnedStep, Learner
from napari_noise2same.core.training.teacher import Lesson

CPU = torch.device("cpu")
NETWORK = NetworkConfig(widths=(4, 6))
Break = Callable[[Callable[[int, Tensor], Tensor | None]], None]


def learner(**settings: Any) -> Learner:
    return Learner(NETWORK, TrainingConfig(**settings), CPU)


def learn(
    target: Learner, *, seed: int = 0, scale: float = 1.0, rate: float = 1e-3, **options: Any
) -> LearnedStep | None:
    generator = torch.Generator().manual_seed(seed)
    x = scale * torch.randn(2, 1, 16, 16, generator=generator)
    mask = stratified_mask(tuple(x.shape), 5, generator=generator)
    return target.learn(
        x, mask, torch.zeros(len(mask)), lambda_inv=lambda _: 2.0, rate=rate, **options
    )


def weights(target: Learner) -> Tensor:
    return torch.cat([p.detach().flatten().clone() for p in target.network.parameters()])


def gradient_norm(target: Learner) -> float:
    parts = [p.grad.norm() for p in target.network.parameters() if p.grad is not None]
    return float(torch.stack(parts).norm())


def test_steps_lower_the_loss() -> None:
    target = learner()
    losses = []
    for _ in range(30):
        step = learn(target, rate=3e-3)
        assert step is not None
        losses.append(step.loss)
    assert losses[-1] < 0.7 * losses[0]


def test_the_seed_decides_the_first_weights_and_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    first, second, other = learner(seed=1), learner(seed=1), learner(seed=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(weights(first), weights(other))


@pytest.mark.parametrize(
    ("mixed_precision", "fast", "dtype"),
    [
        (True, True, torch.bfloat16),
        (True, False, torch.float32),
        (False, True, torch.float32),
    ],
)
def test_blocks_calculate_in_bfloat16_where_that_is_fast_and_signal_and_loss_do_not(
    monkeypatch: pytest.MonkeyPatch, mixed_precision: bool, fast: bool, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(
        "napari_noise2same.core.training.learner.has_fast_bfloat16", lambda _device: fast
    )
    target = learner(mixed_precision=mixed_precision)
    seen, signal = set(), set()
    block = next(part for part in target.network.modules() if isinstance(part, ResidualBlock))
    block.first.register_forward_hook(lambda *args: seen.add(args[-1].dtype))
    target.network.register_forward_hook(lambda *args: signal.add(args[-1].dtype))
    step = learn(target)
    assert seen == {dtype}
    assert signal == {torch.float32}
    assert step is not None
    assert {term.dtype for term in (step.terms.rec, step.terms.inv)} == {torch.float32}
    assert weights(target).dtype == torch.float32


def test_the_rate_scales_the_step() -> None:
    start = weights(learner())
    lengths = []
    for rate in (1e-5, 1e-4):
        target = learner(weight_decay=0)
        learn(target, rate=rate)
        lengths.append(float((weights(target) - start).norm()))
    assert lengths[1] == pytest.approx(10 * lengths[0], rel=0.05)


def test_weight_decay_shrinks_the_weights() -> None:
    free, decayed = learner(weight_decay=0), learner(weight_decay=10)
    learn(free)
    learn(decayed)
    assert weights(decayed).norm() < 0.995 * weights(free).norm()


def test_gradients_are_clipped_to_their_largest_norm() -> None:
    free, clipped = learner(gradient_clip=1e9), learner(gradient_clip=0.5)
    learn(free, scale=100.0)
    learn(clipped, scale=100.0)
    assert gradient_norm(free) > 100
    assert gradient_norm(clipped) == pytest.approx(0.5, rel=1e-3)


def test_the_average_follows_the_weights() -> None:
    target = learner(averaging=0.0)
    learn(target)
    for name, tensor in target.network.state_dict().items():
        assert torch.equal(target.average.weights[name], tensor)
    slow = learner(averaging=0.99)
    for seed in range(3):
        learn(slow, seed=seed)
    for name, tensor in slow.network.state_dict().items():
        assert not torch.equal(slow.average.weights[name], tensor)


def test_a_teacher_counts_by_its_weight() -> None:
    alone, *taught = (
        learn(learner(), lesson=lesson)
        for lesson in (None, Lesson(torch.zeros_like, 0.0), Lesson(torch.zeros_like, 3.0))
    )
    assert alone is not None
    for step, weight in zip(taught, (0.0, 3.0), strict=True):
        assert step is not None
        # Where the teacher says nothing but zeros, the network's answer is what they differ by.
        assert step.terms.disagreement > 0
        assert step.loss - alone.loss == pytest.approx(weight * step.terms.disagreement.item())


def nan(output: Tensor) -> Tensor:
    return output * torch.nan


def nan_gradient(output: Tensor) -> Tensor:
    """The loss is finite, and its gradient is not."""
    output.register_hook(nan)  # type: ignore[no-untyped-call]
    return output.clone()


@pytest.mark.parametrize("damage", [nan, nan_gradient, lambda output: output * torch.inf])
def test_a_step_that_is_not_finite_is_undone_at_half_the_rate(
    break_network: Break, damage: Callable[[Tensor], Tensor]
) -> None:
    break_network(lambda step, output: damage(output) if step == 4 else None)
    target = learner(averaging=0.9)
    for seed in range(3):
        assert learn(target, seed=seed) is not None
    average = target.average.copy()
    assert learn(target) is None
    assert target.rate_scale == 0.5
    for name, tensor in target.network.state_dict().items():
        assert torch.equal(tensor, average[name])
        assert torch.equal(target.average.weights[name], average[name])
    assert not any(name.startswith("optimiser") for name in target.tensors())
    assert learn(target) is not None
    assert torch.isfinite(weights(target)).all()


def test_the_scaled_rate_is_the_one_used(break_network: Break) -> None:
    break_network(lambda step, output: nan(output) if step == 1 else None)
    target = learner(weight_decay=0)
    start = weights(target)
    learn(target)
    learn(target, rate=1e-4)
    whole = learner(weight_decay=0)
    learn(whole)  # fresh network of the same seed: step 3 of the hook
    length = (weights(target) - start).norm()
    assert float(length) == pytest.approx(0.05 * float((weights(whole) - start).norm()), rel=0.1)


def test_endless_failures_end_in_one_clear_error(break_network: Break) -> None:
    break_network(lambda _, output: nan(output))
    target = learner()
    for _ in range(MAX_RECOVERIES - 1):
        assert learn(target) is None
    with pytest.raises(TrainingError, match="Expected a finite loss"):
        learn(target)


def test_failures_before_an_interruption_count(break_network: Break) -> None:
    break_network(lambda _, output: nan(output))
    first, second = learner(), learner()
    for _ in range(MAX_RECOVERIES - 1):
        learn(first)
    second.restore(first.tensors(), first.values())
    with pytest.raises(TrainingError, match="Expected a finite loss"):
        learn(second)


def test_failures_count_only_in_a_row(break_network: Break) -> None:
    period = MAX_RECOVERIES
    break_network(lambda step, output: nan(output) if step % period else None)
    target = learner()
    results = [learn(target) for _ in range(3 * period)]
    assert sum(terms is not None for terms in results) == 3


def test_state_comes_back_exactly() -> None:
    first, second = learner(), learner(seed=5)
    for seed in range(3):
        learn(first, seed=seed)
    second.restore(first.tensors(), first.values())
    for seed in range(3, 6):
        learn(first, seed=seed)
        learn(second, seed=seed)
    assert first.values() == second.values()
    expected = second.tensors()
    assert first.tensors().keys() == expected.keys()
    for name, tensor in first.tensors().items():
        assert torch.equal(tensor, expected[name]), name


def test_state_is_a_copy() -> None:
    target = learner()
    learn(target)
    state = target.tensors()
    kept = {name: tensor.clone() for name, tensor in state.items()}
    learn(target)
    other = learner()
    other.restore(state, target.values())
    learn(other)
    for name, tensor in kept.items():
        assert torch.equal(state[name], tensor), name
