"""Training beside a window that Mesa draws does not end the process.

The tests of the docks would end where there is a triton that exports LLVM; here is what keeps them
going, told apart from what is installed.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from napari_noise2same._napari.llvm import keep_llvm_apart
from napari_noise2same._napari.worker import Worker


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library of a package called triton."""
    folder = tmp_path / "triton" / "_C"
    folder.mkdir(parents=True)
    (tmp_path / "triton" / "__init__.py").touch()
    path = folder / "libtriton.so"
    path.write_bytes(b"not a library")
    monkeypatch.delitem(sys.modules, "triton", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    return path


def test_library_is_loaded_so_that_it_looks_at_itself_first(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name, mode: loaded.append((name, mode)))
    monkeypatch.setattr(os, "RTLD_DEEPBIND", 8, raising=False)
    keep_llvm_apart()

    ((name, mode),) = loaded
    assert name == str(library)
    assert mode & 8
    assert "triton" not in sys.modules


@pytest.mark.usefixtures("library")
def test_library_that_cannot_be_loaded_is_left_alone() -> None:
    keep_llvm_apart()


def test_without_triton_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_noise2same._napari.llvm.find_spec", lambda _name: None)
    monkeypatch.setattr(ctypes, "CDLL", None)
    keep_llvm_apart()


def test_every_worker_does_so_before_its_work(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    module = "napari_noise2same._napari.worker.keep_llvm_apart"
    monkeypatch.setattr(module, lambda: order.append("apart"))

    def work(_stop: Callable[[], bool]) -> Iterator[str]:
        order.append("work")
        yield "event"

    worker = Worker(work)
    with qtbot.waitSignal(worker.finished):
        pass
    assert order == ["apart", "work"]
