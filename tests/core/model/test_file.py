from __future__ import annotations

import errno
import json
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from napari_noise2same.core.errors import ConfigurationError, ModelFileError
from napari_noise2same.core.model import TrainedModel, load_model, save_model

KEY = "napari-noise2same"


def assert_equal_models(found: TrainedModel, expected: TrainedModel) -> None:
    assert found.network == expected.network
    assert_equal_tensors(found.weights, expected.weights)
    assert found.domains == expected.domains
    assert found.axes == expected.axes
    assert found.joint_channels == expected.joint_channels
    assert found.depth_axis == expected.depth_axis
    assert found.noise_distance == expected.noise_distance
    assert found.noise == expected.noise
    assert found.settings == expected.settings
    assert found.seed == expected.seed
    assert found.versions == expected.versions
    assert found.history.columns.keys() == expected.history.columns.keys()
    for name, values in expected.history.columns.items():
        np.testing.assert_array_equal(found.history.columns[name], values, strict=True)
    assert (found.resume is None) == (expected.resume is None)
    if found.resume is not None and expected.resume is not None:
        assert_equal_tensors(found.resume.tensors, expected.resume.tensors)
        assert found.resume.values == expected.resume.values


def assert_equal_tensors(found: Any, expected: Any) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, name
        assert torch.equal(found[name], tensor), name


def assert_refused(path: Path, match: str) -> None:
    with pytest.raises(ModelFileError, match=match) as caught:
        load_model(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert message.endswith(".")


def rewrite(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Write the file again with an edited header."""
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()[KEY])
    edit(header)
    save_file(load_file(path), path, metadata={KEY: json.dumps(header)})


@pytest.fixture
def path(model: TrainedModel, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(model, path)
    return path


def test_a_model_comes_back_equal(model: TrainedModel, path: Path) -> None:
    assert_equal_models(load_model(path), model)


def test_a_bare_model_comes_back_equal(model: TrainedModel, tmp_path: Path) -> None:
    bare = TrainedModel(model.network, model.weights, model.domains[1:], "SYX", joint_channels=True)
    save_model(bare, tmp_path / "bare.safetensors")
    assert_equal_models(load_model(tmp_path / "bare.safetensors"), bare)


def test_a_file_from_before_there_was_a_choice_has_z_for_the_third_axis(
    model: TrainedModel, path: Path
) -> None:
    assert model.depth_axis == "T"
    rewrite(path, lambda header: header.pop("depth_axis"))
    assert load_model(path).depth_axis == "Z"


def test_the_distance_of_noise_once_was_one_number_of_the_network(
    model: TrainedModel, path: Path
) -> None:
    assert model.noise_distance == (2, 3)
    rewrite(path, lambda header: header.pop("noise_distance"))
    assert load_model(path).noise_distance == (1, 1)
    rewrite(path, lambda header: header["network"].update(dilation=2))
    assert load_model(path).noise_distance == (2, 2)


def test_weights_in_any_memory_layout_come_back_equal(model: TrainedModel, tmp_path: Path) -> None:
    weights = {
        name: tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor
        for name, tensor in model.weights.items()
    }
    save_model(replace(model, weights=weights), tmp_path / "m.safetensors")
    assert_equal_tensors(load_model(tmp_path / "m.safetensors").weights, model.weights)


def test_the_loaded_network_gives_what_the_saved_one_gave(model: TrainedModel, path: Path) -> None:
    x = torch.randn(1, 1, 9, 11)
    with torch.inference_mode():
        assert torch.equal(load_model(path).build()(x), model.build()(x))


def test_saving_and_loading_draw_nothing_from_the_global_generator(
    model: TrainedModel, path: Path
) -> None:
    before = torch.get_rng_state()
    save_model(model, path)
    load_model(path).build()
    assert torch.equal(torch.get_rng_state(), before)


def test_paths_may_be_strings(model: TrainedModel, tmp_path: Path) -> None:
    save_model(model, str(tmp_path / "m.safetensors"))
    assert load_model(str(tmp_path / "m.safetensors")).seed == model.seed


def test_what_is_no_model_is_not_written(model: TrainedModel, tmp_path: Path) -> None:
    given: Any = model.weights
    with pytest.raises(ConfigurationError, match="Expected a model, found"):
        save_model(given, tmp_path / "m.safetensors")


def test_a_malicious_pickle_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    path, trace = tmp_path / "model.safetensors", tmp_path / "executed"

    class Malicious:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (trace,)

    path.write_bytes(pickle.dumps(Malicious()))
    assert_refused(path, "damaged or another kind of file")
    assert not trace.exists()
    torch.save(Malicious(), path)
    assert_refused(path, "damaged or another kind of file")
    assert not trace.exists()
    pickle.loads(pickle.dumps(Malicious()))  # the trap does work
    assert trace.exists()


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_a_truncated_file_is_refused(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert_refused(path, "damaged or another kind of file")


def test_a_file_that_grew_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")
    assert_refused(path, "damaged or another kind of file")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path / "absent.safetensors", "found none")
    assert_refused(tmp_path, "found none")


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_a_foreign_file_is_refused(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"weights": torch.zeros(3)}, path, metadata=metadata)
    assert_refused(path, "another program")


def test_a_newer_format_asks_for_an_update(path: Path) -> None:
    rewrite(path, lambda header: header.update(format=2, network="of another kind"))
    assert_refused(path, "found format 2 .* update napari-noise2same")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"', "7", "{}", "[" * 100_000])
def test_a_header_that_is_not_ours_is_refused(path: Path, text: str) -> None:
    save_file(load_file(path), path, metadata={KEY: text})
    assert_refused(path, "damaged header")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "1"),
        ("network", {"widths": []}),
        ("network", {"kind": "transformer"}),
        ("network", None),
        ("domains", None),
        ("domains", {"mean": 0}),
        ("domains", []),
        ("domains", [{"mean": 0, "std": 0, "sigma": 1, "noise": None}]),
        ("joint_channels", True),
        ("axes", "QX"),
        ("axes", 5),
        ("axes", ["Y", "X"]),
        ("depth_axis", "C"),
        ("noise_distance", [0, 1]),
        ("noise_distance", [1, 5]),
        ("noise_distance", [1]),
        ("settings", 5),
        ("settings", {"effort": "abc"}),
        ("settings", {"effort": None}),
        ("seed", float("inf")),
        ("seed", "x"),
        ("versions", 3),
        ("resume", 3),
    ],
)
def test_a_header_of_impossible_values_is_refused(path: Path, name: str, value: object) -> None:
    rewrite(path, lambda header: header.update({name: value}))
    assert_refused(path, "damaged header")


@pytest.mark.parametrize(
    "name",
    ["format", "network", "domains", "axes", "joint_channels", "settings", "seed", "versions"],
)
def test_a_header_without_a_field_is_refused(path: Path, name: str) -> None:
    rewrite(path, lambda header: header.pop(name))
    assert_refused(path, "damaged header")


def test_a_file_without_its_history_is_refused(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    tensors = {k: v for k, v in load_file(path).items() if k != "history.loss"}
    save_file(tensors, path, metadata=metadata)
    assert_refused(path, "damaged header")


@pytest.mark.parametrize("shape", [(), (2, 2), (77,)])
def test_a_history_of_another_shape_is_refused(path: Path, shape: tuple[int, ...]) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file(load_file(path) | {"history.loss": torch.zeros(shape)}, path, metadata=metadata)
    assert_refused(path, "damaged header")


def test_weights_that_are_no_numbers_are_refused(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    tensors["weights.head.bias"][0] = torch.nan
    save_file(tensors, path, metadata=metadata)
    assert_refused(path, r"not \(head\.bias first\)")


@pytest.mark.parametrize("case", ["shape", "missing", "extra"])
def test_weights_of_another_network_are_refused(path: Path, case: str) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    if case == "shape":
        tensors["weights.head.bias"] = torch.zeros(5)
    elif case == "missing":
        del tensors["weights.head.bias"]
    else:
        tensors["weights.tail.bias"] = torch.zeros(4)
    save_file(tensors, path, metadata=metadata)
    assert_refused(path, r"found 1 that do not fit \((head|tail)\.bias first\)")


def test_a_network_too_large_for_any_memory_is_refused(path: Path) -> None:
    network = {"widths": [1024] * 8, "spatial_dims": 3}
    rewrite(path, lambda header: header.update(network=network))
    assert_refused(path, "do not fit")


def test_saving_replaces_an_older_file(model: TrainedModel, path: Path) -> None:
    save_model(replace(model, seed=7), path)
    assert load_model(path).seed == 7
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failing_write_leaves_the_old_file_and_nothing_else(
    model: TrainedModel, path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if failing == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
        monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ModelFileError, match=r"cannot be written .* \(No space left"):
        save_model(replace(model, seed=7), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_the_file_is_never_seen_half_written(
    model: TrainedModel, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, synchronise, seen = path.read_bytes(), os.fsync, []

    def look(handle: int) -> None:
        synchronise(handle)
        seen.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", look)
    save_model(replace(model, seed=7), path)
    assert seen == [before]


def test_a_folder_that_is_not_there_is_reported(model: TrainedModel, tmp_path: Path) -> None:
    path = tmp_path / "absent" / "model.safetensors"
    with pytest.raises(ModelFileError, match=r"cannot be written .* \(No such file"):
        save_model(model, path)
    assert not path.parent.exists()


def test_a_folder_is_not_replaced_by_a_model(model: TrainedModel, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "precious.tif").touch()
    with pytest.raises(ModelFileError, match="cannot be written"):
        save_model(model, tmp_path / "data")
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "precious.tif"]


def test_a_file_says_whose_noise_images_are_normalised_by(
    model: TrainedModel, tmp_path: Path
) -> None:
    path = tmp_path / "m.safetensors"
    save_model(replace(model, noise="image"), path)
    assert load_model(path).noise == "image"
    rewrite(path, lambda header: header.pop("noise"))
    assert load_model(path).noise == "model"
    rewrite(path, lambda header: header.update(noise="camera"))
    assert_refused(path, "noise of 'camera'")
