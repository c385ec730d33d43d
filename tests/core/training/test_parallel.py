from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn

from napari_noise2same.core.errors import ConfigurationError, DeviceError
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel, load_model
from napari_noise2same.core.objective import Mask, Terms, noise2same_loss, noise2same_terms
from napari_noise2same.core.objective.masks import stratified_mask
from napari_noise2same.core.objective.replacement import replacement_values
from napari_noise2same.core.settings import (
    CalibratedLambda,
    CovarianceLambda,
    Noise2InfoLambda,
    TrainingConfig,
)
from napari_noise2same.core.training import Finished, join_ranks, train
from napari_noise2same.core.training.parallel import (
    Ranks,
    Together,
    choose_ranks,
    rank_device,
)

Config = Callable[..., TrainingConfig]
Picture = Callable[..., NDArray[np.float32]]

CPU = torch.device("cpu")
SCRIPT = Path(__file__).with_name("together.py")
STRATEGIES = {
    "covariance": CovarianceLambda(),
    "calibrated": CalibratedLambda(),
    "noise2info": Noise2InfoLambda(every=1),
}


def runs(make_config: Config) -> dict[str, dict[str, Any]]:
    """Runs of five steps of three patches, which two processes cannot share evenly.

    In float32: in bfloat16 the sum of two gradients is not rounded as one is.
    """
    base: dict[str, Any] = {"batch": 3, "steps": 5, "validate_every": 5, "mixed_precision": False}
    found: dict[str, dict[str, Any]] = {
        name: {"config": make_config(lambda_inv=kind, **base), "stopped_by": None}
        for name, kind in STRATEGIES.items()
    }
    found["first stops"] = {"config": make_config(**base), "stopped_by": 0}
    found["second stops"] = {"config": make_config(**base), "stopped_by": 1}
    timed = make_config(**base | {"steps": None, "seconds": 0.2})
    found["timed"] = {"config": timed, "stopped_by": None}
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("together")


@pytest.fixture
def together(folder: Path, make_config: Config, make_picture: Picture) -> Path:
    """Models that two processes have trained."""
    if not (folder / "runs.json").exists():
        np.save(folder / "picture.npy", make_picture(64, 64))
        data = {
            name: {**run, "config": run["config"].model_dump(mode="json")}
            for name, run in runs(make_config).items()
        }
        (folder / "runs.json").write_text(json.dumps(data))
        launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        command = [sys.executable, *launcher, str(SCRIPT), str(folder)]
        subprocess.run(command, check=True, capture_output=True)
    return folder


def model(folder: Path, name: str, rank: int) -> TrainedModel:
    return load_model(folder / f"{name}-{rank}.safetensors")


@pytest.mark.parametrize("name", STRATEGIES)
def test_two_processes_do_the_steps_of_one(
    together: Path, make_config: Config, make_picture: Picture, name: str
) -> None:
    image = Image(make_picture(64, 64), "YX")
    *_, alone = train([image], runs(make_config)[name]["config"])
    assert isinstance(alone, Finished)
    found = model(together, name, 0)
    for column, values in alone.model.history.columns.items():
        np.testing.assert_allclose(found.history.columns[column], values, rtol=2e-4, err_msg=column)
    for key, weight in alone.model.weights.items():
        torch.testing.assert_close(found.weights[key], weight, rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", [*STRATEGIES, "timed"])
def test_all_processes_have_the_same_weights_to_the_bit(together: Path, name: str) -> None:
    first, second = (model(together, name, rank) for rank in (0, 1))
    assert all(torch.equal(first.weights[key], second.weights[key]) for key in first.weights)
    for column, values in first.history.columns.items():
        np.testing.assert_array_equal(values, second.history.columns[column])


def test_the_first_process_decides_when_all_stop(together: Path) -> None:
    assert [len(model(together, "first stops", rank).history) for rank in (0, 1)] == [2, 2]
    assert [len(model(together, "second stops", rank).history) for rank in (0, 1)] == [5, 5]


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The only process that torchrun has started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "TORCHELASTIC_RUN_ID": "test"}
    for name, value in {**place, "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with join_ranks():
        yield
    assert not distributed.is_initialized()


def batch(patches: int = 3) -> tuple[Tensor, Mask, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(patches, 1, 16, 16, generator=generator)
    mask = stratified_mask(tuple(x.shape), 5.0, generator=generator)
    return x, mask, replacement_values(x, mask, "donut", generator=generator)


@pytest.mark.usefixtures("launched")
def test_a_single_process_of_torchrun_finds_what_one_alone_finds() -> None:
    network = nn.Conv2d(1, 1, 3, padding=1)
    gradients = []
    for ranks in (Ranks(), choose_ranks(CPU, batch=3)):
        network.zero_grad()
        terms = ranks.terms(network, *batch(), torch.square)
        loss = noise2same_loss(terms, 1.5) + terms.disagreement
        loss.backward()  # type: ignore[no-untyped-call]
        ranks.add_gradients(network.parameters())
        gradients.append([p.grad for p in network.parameters()])
        expected = noise2same_terms(network, *batch(), torch.square)
        for field in fields(Terms):
            found = getattr(terms, field.name)
            torch.testing.assert_close(found, getattr(expected, field.name))
        assert ranks.agree(0.25) == 0.25
    torch.testing.assert_close(gradients[0], gradients[1])


@pytest.mark.usefixtures("launched")
def test_patches_without_a_masked_pixel_leave_the_rest_finite() -> None:
    x, mask, values = batch()
    nothing = Mask(tuple(index[:0] for index in mask.index))
    network = nn.Conv2d(1, 1, 3, padding=1)
    terms = Together(CPU).terms(network, x, nothing, values[:0])
    terms.rec.backward()  # type: ignore[no-untyped-call]
    assert terms.inv.item() == 0
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.usefixtures("launched")
def test_more_processes_than_patches_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "get_world_size", lambda: 4)
    with pytest.raises(ConfigurationError, match="each of 4 processes, found 3"):
        choose_ranks(CPU, batch=3)


@pytest.mark.usefixtures("launched")
def test_each_process_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 3)
    assert rank_device(torch.device("cuda:0")) == torch.device("cuda:3")
    assert rank_device(CPU) == CPU
    with pytest.raises(DeviceError, match="found mps"):
        rank_device(torch.device("mps"))


def test_without_torchrun_nothing_is_different() -> None:
    with join_ranks():
        assert type(choose_ranks(CPU, batch=1)) is Ranks
        assert rank_device(torch.device("cuda:1")) == torch.device("cuda:1")


@pytest.mark.parametrize(("rank", "count"), [(1, 2), (2, 2)])
def test_gpus_are_taken_by_the_rank_on_the_machine(
    monkeypatch: pytest.MonkeyPatch, rank: int, count: int
) -> None:
    taken: list[Any] = []
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "test")
    monkeypatch.setenv("LOCAL_RANK", str(rank))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    monkeypatch.setattr(distributed, "init_process_group", lambda *args, **_: taken.append(args[0]))
    monkeypatch.setattr(distributed, "destroy_process_group", lambda: taken.append("left"))
    if rank < count:
        with join_ranks():
            pass
        assert taken == [rank, "cpu:gloo,cuda:nccl", "left"]
        return
    with pytest.raises(DeviceError, match="found 2 for process 3"), join_ranks():
        pass
