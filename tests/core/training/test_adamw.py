from __future__ import annotations

import pytest
import torch
from torch import nn

from napari_noise2same.core.training.adamw import AdamW


def weights(seed: int = 0) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((3, 2), (5,))]


def set_gradients(learnt: list[nn.Parameter], step: int) -> None:
    for weight, other in zip(learnt, weights(seed=step + 1), strict=True):
        weight.grad = other.detach() * 10.0**-step


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_it_does_what_that_of_torch_does(weight_decay: float) -> None:
    own, other = weights(), weights()
    optimiser = AdamW(own, weight_decay)
    reference = torch.optim.AdamW(other, weight_decay=weight_decay)
    for step in range(5):
        rate = 0.1 / (step + 1)
        for group in reference.param_groups:
            group["lr"] = rate
        set_gradients(own, step)
        set_gradients(other, step)
        optimiser.step(rate)
        reference.step()
        for weight, expected in zip(own, other, strict=True):
            torch.testing.assert_close(weight, expected)


def test_what_has_no_gradient_stays() -> None:
    learnt = weights()
    set_gradients(learnt, 0)
    learnt[0].grad = None
    AdamW(learnt, 0.1).step(0.1)
    torch.testing.assert_close(learnt[0], weights()[0])
    assert not torch.equal(learnt[1], weights()[1])


def test_it_goes_on_where_another_has_stopped() -> None:
    whole, parts = weights(), weights()
    first, second, alone = AdamW(parts, 0.1), AdamW(parts, 0.1), AdamW(whole, 0.1)
    assert first.tensors() == {}
    for step in range(4):
        set_gradients(whole, step)
        set_gradients(parts, step)
        alone.step(0.1)
        if step == 2:
            second.restore(first.tensors())
        (first if step < 2 else second).step(0.1)
    for weight, expected in zip(parts, whole, strict=True):
        assert torch.equal(weight, expected)
