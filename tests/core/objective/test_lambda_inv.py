from __future__ import annotations

import json
import math
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from napari_noise2same.core.objective import (
    Terms,
    build_strategy,
    noise2same_loss,
    noise2same_terms,
)
from napari_noise2same.core.objective.lambda_inv import LambdaStrategy
from napari_noise2same.core.objective.masks import stratified_mask
from napari_noise2same.core.settings import (
    AdaptiveLambda,
    CalibratedLambda,
    CovarianceLambda,
    FixedLambda,
    LambdaConfig,
    Noise2InfoLambda,
    Stage,
    StagedLambda,
)

CONFIGS: dict[str, LambdaConfig] = {
    "fixed": FixedLambda(value=1.5),
    "adaptive": AdaptiveLambda(decay=0.9),
    "calibrated": CalibratedLambda(decay=0.9),
    "calibrated to noise": CalibratedLambda(sigma="noise", decay=0.9),
    "covariance": CovarianceLambda(),
    "noise2info": Noise2InfoLambda(every=3, draws=2),
    "staged": StagedLambda(),
}
LEARNING = ["adaptive", "calibrated", "calibrated to noise", "noise2info"]

each_config = pytest.mark.parametrize("name", CONFIGS)


def terms(
    *,
    rec: float = 0.5,
    inv: float = 0.1,
    blind_spot: float = 0.5,
    replaced: float = 1.0,
    covariance: float = 0.1,
    residual: Tensor | None = None,
) -> Terms:
    flat = torch.zeros(2, 1, 8, 8) if residual is None else residual
    numbers = {"rec": rec, "inv": inv, "blind_spot": blind_spot}
    numbers |= {"replaced": replaced, "covariance": covariance, "leverage": replaced}
    numbers |= {"disagreement": 0.0}
    return Terms(residual=flat, **{name: torch.tensor(n) for name, n in numbers.items()})


def fed(config: LambdaConfig, steps: Sequence[Terms], *, sigma: float = 0.3) -> LambdaStrategy:
    """A strategy that has seen some steps."""
    strategy = build_strategy(config, sigma=sigma)
    generator = torch.Generator().manual_seed(0)
    for step in steps:
        strategy.update(step, generator)
    return strategy


def noisy_terms(seed: int) -> Terms:
    generator = torch.Generator().manual_seed(seed)
    rec, inv, blind, replaced = torch.rand(4, generator=generator).tolist()
    residual = 0.2 * torch.randn((2, 1, 8, 8), generator=generator)
    return terms(
        rec=0.04 * rec, inv=0.01 * inv, blind_spot=blind, replaced=replaced, residual=residual
    )


@pytest.mark.parametrize("name", LEARNING)
def test_before_anything_is_known_lambda_is_the_published_one(name: str) -> None:
    assert fed(CONFIGS[name], []).value(0, terms()) == 2


@given(st.floats(0.05, 1), st.integers(0, 2**20))
def test_the_covariance_form_weighs_the_response_to_the_noise(sigma: float, seed: int) -> None:
    """For a linear network the term is 2σ² times its weight of the centre pixel: the divergence."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn((2, 1, 16, 16), generator=generator)
    centre = torch.tensor(0.7, requires_grad=True)
    mask = stratified_mask(tuple(x.shape), 5, generator=generator)
    values = torch.randn(len(mask), generator=generator)
    found = noise2same_terms(lambda image: centre * image, x, mask, values)
    weight = build_strategy(CovarianceLambda(), sigma=sigma).value(0, found)
    loss = noise2same_loss(found, weight)
    assert loss.item() == pytest.approx(found.rec.item() + 2 * sigma**2 * 0.7, rel=1e-4)
    (slope,) = torch.autograd.grad(loss, centre)
    expected = 2 * (0.7 - 1) * x.square().mean().item() + 2 * sigma**2
    assert slope.item() == pytest.approx(expected, rel=1e-3, abs=1e-4)


@given(st.floats(0, 1), st.floats(0, 100))
def test_fixed_is_constant(progress: float, value: float) -> None:
    config = FixedLambda(value=value)
    assert fed(config, []).value(progress, terms()) == value
    assert fed(config, [terms()] * 5).value(progress, terms()) == value


@given(st.floats(1e-6, 4), st.floats(0, 0.999), st.integers(1, 5))
def test_adaptive_is_twice_the_root_of_the_running_bound(
    bound: float, decay: float, steps: int
) -> None:
    step = terms(blind_spot=bound, replaced=5)
    value = fed(AdaptiveLambda(decay=decay), [step] * steps).value(0.5, terms())
    assert value == pytest.approx(2 * math.sqrt(bound), rel=1e-5)


def test_the_bound_is_a_running_mean_of_the_blind_spot_error() -> None:
    errors = [0.9, 0.5, 0.2]
    strategy = fed(AdaptiveLambda(decay=0.5), [terms(blind_spot=b) for b in errors])
    mean = (0.25 * errors[0] + 0.5 * errors[1] + errors[2]) / 1.75
    assert strategy.value(0, terms()) == pytest.approx(2 * math.sqrt(mean), rel=1e-5)


def test_a_network_worse_than_the_replacement_is_no_bound() -> None:
    step = terms(blind_spot=50, replaced=0.49)
    assert fed(AdaptiveLambda(), [step]).value(0, terms()) == pytest.approx(1.4, rel=1e-5)
    assert fed(CalibratedLambda(), [step]).value(0, terms()) == pytest.approx(1.4, rel=1e-5)


@given(st.floats(0.01, 1), st.floats(1, 4), st.floats(0, 0.999))
def test_calibrated_is_twice_the_bound_over_q(bound: float, replaced: float, decay: float) -> None:
    step = terms(blind_spot=bound, replaced=replaced)
    value = fed(CalibratedLambda(decay=decay), [step] * 3).value(0, terms())
    assert value == pytest.approx(2 * bound / math.sqrt(replaced), rel=1e-5)


@given(st.floats(0.01, 1), st.floats(0.01, 4), st.floats(0.01, 1))
def test_calibrated_to_the_noise_is_twice_its_variance_over_q(
    bound: float, replaced: float, sigma: float
) -> None:
    step = terms(blind_spot=bound, replaced=replaced)
    value = fed(CalibratedLambda(sigma="noise"), [step] * 3, sigma=sigma).value(0, terms())
    assert value == pytest.approx(2 * sigma**2 / math.sqrt(replaced), rel=1e-5)


def test_calibrated_survives_an_image_that_the_mask_does_not_change() -> None:
    assert fed(CalibratedLambda(), [terms(blind_spot=0, replaced=0)]).value(0, terms()) == 2


@settings(max_examples=15)
@given(st.floats(0.05, 0.9), st.integers(0, 1000))
def test_noise2info_finds_the_strength_of_pure_noise(sigma: float, seed: int) -> None:
    residual = sigma * torch.randn((4, 1, 64, 64), generator=torch.Generator().manual_seed(seed))
    step = terms(rec=sigma**2, inv=1e-6, residual=residual)
    value = fed(Noise2InfoLambda(every=1), [step]).value(0, terms())
    assert value == pytest.approx(2 * sigma, rel=0.03)


@given(st.floats(0, 0.1), st.floats(0.05, 0.4))
def test_noise2info_adds_the_invariance_to_the_bound(inv: float, level: float) -> None:
    step = terms(rec=level**2, inv=inv, residual=torch.full((2, 1, 8, 8), level))
    value = fed(Noise2InfoLambda(every=1), [step]).value(0, terms())
    # Equal residuals are sorted alike: nothing is subtracted.
    expected = 2 * (math.sqrt(inv) + math.sqrt(inv + level**2))
    assert value == pytest.approx(min(expected, 2), rel=1e-4)


def test_noise2info_takes_off_what_random_draws_from_all_residuals_miss() -> None:
    level = 0.5
    apart = torch.tensor([-level, level]).reshape(2, 1, 1, 1).expand(2, 1, 64, 64)
    step = terms(rec=level**2, inv=0, residual=apart)
    value = fed(Noise2InfoLambda(every=1, draws=16), [step]).value(0, terms())
    # A draw misses half of a patch by 2·level: more than there is.
    assert value == pytest.approx(0, abs=0.1)


@given(st.lists(st.floats(0.01, 2), min_size=1, max_size=20))
def test_noise2info_only_ever_decreases(levels: list[float]) -> None:
    strategy = build_strategy(Noise2InfoLambda(every=1), sigma=0.3)
    values = [strategy.value(0, terms())]
    for level in levels:
        flat = torch.full((2, 1, 8, 8), level)
        strategy.update(terms(rec=level**2, inv=0, residual=flat), torch.Generator())
        values.append(strategy.value(0, terms()))
    assert values[0] == 2
    assert values == sorted(values, reverse=True)
    assert values[-1] == pytest.approx(2 * min(1, *levels), rel=1e-4)


def test_noise2info_estimates_every_so_many_steps() -> None:
    low = terms(rec=0.01, inv=0)
    for steps in range(1, 10):
        strategy = fed(Noise2InfoLambda(every=4), [terms(rec=0.25, inv=0)] * 4 + [low] * steps)
        assert strategy.value(0, terms()) == pytest.approx(1 if steps < 4 else 0.2)
    assert fed(Noise2InfoLambda(every=4), [low] * 3).value(0, terms()) == 2


@pytest.mark.parametrize(
    ("progress", "value"),
    [
        (0, 0.1),
        (1 / 12, 0.55),
        (1 / 6 - 1e-9, 1),
        (1 / 6 + 1e-9, 1),
        (5 / 12, 2),
        (2 / 3 - 1e-9, 3),
        (2 / 3 + 1e-9, 3),
        (5 / 6, 4),
        (1, 5),
    ],
)
def test_staged_rises_along_its_stages(progress: float, value: float) -> None:
    assert fed(StagedLambda(), [terms()]).value(progress, terms()) == pytest.approx(value, abs=1e-6)


def test_staged_jumps_where_the_stages_say_so() -> None:
    def stage(start: float, stop: float) -> Stage:
        return Stage(
            share=1, lambda_start=start, lambda_stop=stop, learning_rate=1e-3, augmentation="none"
        )

    strategy = fed(StagedLambda(stages=(stage(3, 1), stage(8, 8))), [])
    values = [strategy.value(progress, terms()) for progress in (0, 0.25, 0.4999999, 0.5, 1)]
    assert values == pytest.approx([3, 2, 1, 8, 8], abs=1e-5)


@each_config
@pytest.mark.parametrize("seen", [0, 1, 4, 7])
def test_a_restored_strategy_goes_on_as_if_nothing_had_happened(name: str, seen: int) -> None:
    config = CONFIGS[name]
    steps = [noisy_terms(seed) for seed in range(12)]
    before = fed(config, steps[:seen])
    after = build_strategy(config, sigma=0.3)
    after.restore(json.loads(json.dumps(before.state())))
    generators = [torch.Generator().manual_seed(seen) for _ in range(2)]
    for i, step in enumerate(steps[seen:]):
        progress = (seen + i) / len(steps)
        assert after.value(progress, terms()) == before.value(progress, terms())
        for strategy, generator in zip((before, after), generators, strict=True):
            strategy.update(step, generator)
    assert after.state() == before.state()


@each_config
def test_every_strategy_gives_usable_numbers(name: str) -> None:
    strategy = build_strategy(CONFIGS[name], sigma=0.3)
    generator = torch.Generator().manual_seed(0)
    for seed in range(12):
        value = strategy.value(seed / 11, terms())
        assert 0 <= value <= 10
        strategy.update(noisy_terms(seed), generator)
