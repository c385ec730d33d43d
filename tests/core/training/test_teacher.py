from __future__ import annotations

import pytest
import torch
from torch import nn

from napari_noise2same.core.networks import TURNS, turn, turn_back
from napari_noise2same.core.training.teacher import Teacher


@pytest.fixture
def network() -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(1, 1, 3, padding=1)


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(2, 1, 6, 8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("way", TURNS)
def test_the_answer_to_a_turned_patch_lies_as_the_patch_does(
    network: nn.Conv2d, x: torch.Tensor, way: tuple[bool, bool, bool]
) -> None:
    found = Teacher(network).answer(x, way)
    torch.testing.assert_close(found, turn_back(network(turn(x, way)), way))
    assert not found.requires_grad


def test_what_the_network_learns_its_teacher_knows_only_once_told(
    network: nn.Conv2d, x: torch.Tensor
) -> None:
    teacher = Teacher(network)
    before = teacher.answer(x, TURNS[3])
    with torch.no_grad():
        network.weight.mul_(2)
    assert torch.equal(teacher.answer(x, TURNS[3]), before)

    early = teacher.lesson(99, network.state_dict(), TURNS[3])
    assert torch.equal(early.answer(x), before)

    lesson = teacher.lesson(100, network.state_dict(), TURNS[3])
    assert lesson.weight > early.weight
    torch.testing.assert_close(lesson.answer(x), turn_back(network(turn(x, TURNS[3])), TURNS[3]))
    with torch.no_grad():
        network.weight.mul_(5)
    assert torch.equal(teacher.answer(x, TURNS[3]), lesson.answer(x))


def test_a_restored_teacher_says_the_same_and_knows_where_training_began(
    network: nn.Conv2d, x: torch.Tensor
) -> None:
    teacher = Teacher(network)
    began = network.weight.detach().clone()
    with torch.no_grad():
        network.weight.mul_(2)
    teacher.lesson(100, network.state_dict(), TURNS[3])

    other = Teacher(nn.Conv2d(1, 1, 3, padding=1))
    other.restore(teacher.tensors())
    assert torch.equal(other.first["weight"], began)
    assert torch.equal(other.answer(x, TURNS[3]), teacher.answer(x, TURNS[3]))
