from __future__ import annotations

import pytest
import torch

from napari_noise2same.core.device import (
    available_devices,
    device_errors,
    has_fast_bfloat16,
    is_out_of_memory,
    resolve_device,
)
from napari_noise2same.core.errors import ConfigurationError, DeviceError

CPU = torch.device("cpu")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A machine with so many CUDA devices, with or without MPS."""
    cuda, mps = request.param
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("machine", "names"),
    [
        ((0, False), ("cpu",)),
        ((0, True), ("mps", "cpu")),
        ((2, False), ("cuda:0", "cuda:1", "cpu")),
    ],
    indirect=["machine"],
)
@pytest.mark.usefixtures("machine")
def test_auto_is_the_best_device_there_is(names: tuple[str, ...]) -> None:
    assert available_devices() == names
    assert resolve_device("auto") == resolve_device() == torch.device(names[0])
    for name in names:
        assert resolve_device(name) == torch.device(name)


@pytest.mark.parametrize("machine", [(2, False)], indirect=True)
@pytest.mark.usefixtures("machine")
def test_cuda_without_a_number_is_any_of_them() -> None:
    assert resolve_device("cuda").type == "cuda"
    assert resolve_device("cpu") == CPU


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        ((0, False), "cuda"),
        ((0, False), "cuda:0"),
        ((0, False), "mps"),
        ((0, True), "cuda"),
        ((2, False), "cuda:2"),
        ((12, False), "cuda:12"),
        ((2, False), "mps"),
    ],
    indirect=["machine"],
)
@pytest.mark.usefixtures("machine")
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(DeviceError, match=rf"this machine's devices \(.*cpu\), found '{name}'"):
        resolve_device(name)


@pytest.mark.parametrize("name", ["", "gpu", "CPU", "cpu:0", "mps:1", "cuda:x", "cuda:-1", "xpu"])
def test_what_names_no_device_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="Expected the device auto, cpu, cuda"):
        resolve_device(name)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA: no words needed"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.00 GB)"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried"),
    ],
)
def test_want_of_memory_is_told_and_says_what_to_do(error: RuntimeError) -> None:
    assert is_out_of_memory(error)
    with pytest.raises(DeviceError, match="memory of cpu does not suffice: choose") as caught:
        raise_inside(error)
    assert caught.value.__cause__ is error


def test_torch_running_out_of_memory_is_told() -> None:
    with pytest.raises(DeviceError, match="does not suffice"), device_errors(CPU):
        torch.empty(2**58)


@pytest.mark.parametrize("error", [RuntimeError("shape mismatch"), ValueError("out of memory")])
def test_other_errors_pass_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        raise_inside(error)
    assert caught.value is error


def test_work_without_errors_is_let_through() -> None:
    with device_errors(CPU):
        total = torch.ones(3).sum()
    assert total == 3


def raise_inside(error: Exception) -> None:
    with device_errors(CPU):
        raise error


@pytest.mark.parametrize(
    ("device", "capabilities", "fast"),
    [
        ("cpu", {"amx_bf16": True}, True),
        ("cpu", {"amx_bf16": False, "avx512_bf16": True}, False),
        ("cpu", {}, False),
        ("mps", {"amx_bf16": True}, False),
    ],
)
def test_bfloat16_is_fast_where_the_processor_has_tiles_for_it(
    monkeypatch: pytest.MonkeyPatch, device: str, capabilities: dict[str, bool], fast: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert has_fast_bfloat16(torch.device(device)) is fast


def test_bfloat16_is_not_taken_for_fast_where_torch_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not has_fast_bfloat16(CPU)


@pytest.mark.parametrize("real", [True, False])
def test_bfloat16_is_fast_on_gpus_that_do_not_emulate_it(
    monkeypatch: pytest.MonkeyPatch, real: bool
) -> None:
    def supported(including_emulation: bool = True) -> bool:
        return including_emulation or real

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert has_fast_bfloat16(torch.device("cuda")) is real
