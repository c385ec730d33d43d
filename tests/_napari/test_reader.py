from __future__ import annotations

import json
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from napari_noise2same._napari import reader
from napari_noise2same._napari.reader import get_reader, read_model
from napari_noise2same.core.model import file as model_file

OURS = {model_file.HEADER_KEY: "{}"}


def model(path: Path, metadata: dict[str, str] | None) -> str:
    save_file({"weights.a": np.zeros(3)}, path, metadata)
    return str(path)


def test_model_file_is_read(tmp_path: Path) -> None:
    assert get_reader(model(tmp_path / "model.safetensors", OURS)) is read_model


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_tensors_of_another_program_are_declined(
    tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    assert get_reader(model(tmp_path / "other.safetensors", metadata)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"abc",
        b"\xff" * 64,
        (5).to_bytes(8, "little") + b"no js",
        (2).to_bytes(8, "little") + b"[]",
        (4).to_bytes(8, "little") + b"null",
        (19).to_bytes(8, "little") + b'{"__metadata__": 3}',
        (2).to_bytes(8, "little") + b"\xff\xfe",
    ],
)
def test_any_other_file_is_declined(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.safetensors"
    path.write_bytes(content)

    assert get_reader(str(path)) is None


def test_missing_file_folder_and_several_files_are_declined(tmp_path: Path) -> None:
    path = model(tmp_path / "model.safetensors", OURS)

    assert get_reader(str(tmp_path / "missing.safetensors")) is None
    assert get_reader(str(tmp_path)) is None
    assert get_reader([path, path]) is None


def test_only_the_header_is_read(tmp_path: Path) -> None:
    header = json.dumps({"__metadata__": OURS}).encode()
    path = tmp_path / "truncated.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)

    assert get_reader(str(path)) is read_model


def test_header_of_absurd_length_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = model(tmp_path / "model.safetensors", OURS)
    monkeypatch.setattr(reader, "_LONGEST_HEADER", 10)

    assert get_reader(path) is None


def test_looking_at_a_file_imports_no_torch(tmp_path: Path) -> None:
    path = model(tmp_path / "model.safetensors", OURS)
    code = (
        "import sys; from napari_noise2same._napari.reader import get_reader;"
        f"assert get_reader({path!r}); assert not {{'torch', 'napari'}} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_model_is_handed_to_the_dock_and_no_layer_comes_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    commands = types.ModuleType("commands")
    commands.open_model = opened.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "napari_noise2same._napari.commands", commands)

    assert read_model("some/model.safetensors") == [(None,)]
    assert opened == ["some/model.safetensors"]
