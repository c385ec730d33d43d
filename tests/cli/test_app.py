from __future__ import annotations

import errno
import json
import logging
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import tifffile

import napari_noise2same
from napari_noise2same import __main__
from napari_noise2same.cli import main
from napari_noise2same.cli.interrupt import INTERRUPTED

Run = Callable[..., Any]


def test_help_does_not_load_torch() -> None:
    code = (
        "import sys, napari_noise2same.cli as cli\n"
        "try: cli.main(['train', '--help'])\n"
        "except SystemExit: print('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "--lambda-inv" in done.stdout
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("command", ["train", "denoise", "evaluate", "demo"])
@pytest.mark.parametrize("columns", [80, 120])
def test_help_fills_its_lines(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str, columns: int
) -> None:
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", columns)
    paragraphs = run(command, "--help").out.split("╭")[0]
    lines = [line.strip() for line in paragraphs.splitlines()]
    for line, following in pairwise(lines):
        # The next word would not have fitted.
        assert not (line and following) or len(f" {line} {following.split()[0]} ") > columns


def test_version(run: Run) -> None:
    assert run("--version").out.strip() == napari_noise2same.__version__


def test_an_error_is_one_sentence_and_exit_code_1(run: Run, tmp_path: Path) -> None:
    outcome = run("info", tmp_path / "missing.safetensors")

    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.startswith("Error: Expected a model file, found none at ")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["info", "missing.safetensors"],
        ["train", "missing.tif", "--model", "m.safetensors"],
        ["denoise", "missing.tif", "--output", "out.tif"],
        ["evaluate", "missing.tif", "--reference", "missing.tif"],
        ["train", "missing.tif", "--model", "m.safetensors", "--lambda-inv", "-1"],
    ],
)
def test_an_error_is_one_object_of_json_if_asked(run: Run, arguments: list[str]) -> None:
    outcome = run(*arguments, "--json")
    assert outcome.code == 1
    assert outcome.out.count("\n") == 1
    assert outcome.err == f"Error: {outcome.json()['error']}\n"


def test_an_impossible_setting_is_one_sentence(run: Run, noisy: Path, tmp_path: Path) -> None:
    outcome = run("train", noisy, "--model", tmp_path / "m.safetensors", "--lambda-inv", -1)

    assert outcome.code == 1
    assert "lambda_inv" in outcome.err
    assert "-1.0" in outcome.err
    assert outcome.err.count("\n") == 1


def test_settings_that_do_not_go_together_are_in_our_own_words(
    run: Run, noisy: Path, tmp_path: Path
) -> None:
    patch = '{"patch": [4, 4]}'
    outcome = run("train", noisy, "--model", tmp_path / "m.safetensors", "--settings", patch)
    assert outcome.code == 1
    assert "patch = [4, 4] (expected two or three lengths, of at least 8 pixels" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["train"],
        ["denoise", "a.tif"],
        ["unknown"],
        ["train", "a.tif", "--model", "m", "--lambda-inv", "much"],
        ["train", "a.tif", "--model", "m", "--steps", "-1"],
        ["train", "a.tif", "--model", "m", "--preset", "slow"],
        ["train", "a.tif", "--model", "m", "--preset", "best", "--steps", "9"],
        ["denoise", "a.tif", "--output", "b.tif", "--dtype", "uint8"],
    ],
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).code == 2


def test_a_warning_is_one_line_without_its_place_in_the_code(run: Run, noisy: Path) -> None:
    with tifffile.TiffWriter(noisy, append=True) as file:
        file.write(tifffile.imread(noisy)[:16])

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        outcome = run("evaluate", noisy, "--reference", noisy)

    assert outcome.code == 0
    assert "Warning: noisy.tif holds 2 images, of which the first is read." in outcome.err
    assert ".py" not in outcome.err


def test_a_warning_is_shown_once(run: Run, noisy: Path, tmp_path: Path) -> None:
    with tifffile.TiffWriter(noisy, append=True) as file:
        file.write(tifffile.imread(noisy)[:16])
    arguments = ("--output", tmp_path / "a.tif", "--preset", "instant")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        for _ in range(2):
            outcome = run("denoise", noisy, *arguments, "--overwrite")
            assert outcome.err.count("holds 2 images") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_told_to_end_while_the_program_loads_ends_it_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    class Impatient:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "napari_noise2same.cli":
                signal.raise_signal(number)

    monkeypatch.delitem(sys.modules, "napari_noise2same.cli")
    monkeypatch.setattr(sys, "meta_path", [Impatient(), *sys.meta_path])
    monkeypatch.setattr(sys, "argv", ["napari-noise2same", "info", "model.safetensors", "--json"])
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as leaving:
            __main__.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert leaving.value.code == INTERRUPTED
    printed = capsys.readouterr()
    assert printed.err == "Error: Stopped before there was a result.\n"
    assert json.loads(printed.out) == {"error": "Stopped before there was a result."}


def test_ctrl_c_before_there_is_a_result_is_told(
    run: Run, noisy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(sys.modules["napari_noise2same.cli.evaluate"], "read_image", read)
    outcome = run("evaluate", noisy, "--reference", noisy, "--json")

    assert outcome.code == INTERRUPTED
    assert outcome.json() == {"error": "Stopped before there was a result."}
    assert "Stopped before there was a result." in outcome.err


@pytest.mark.parametrize(
    "options", [("--steps", "abc"), ("--settings", "{bad"), ("--stepz", 3), ()]
)
def test_wrong_usage_ends_with_json_too(run: Run, noisy: Path, options: tuple[object]) -> None:
    outcome = run("train", noisy, *options, "--json")
    assert outcome.code == 2
    assert outcome.json()["error"].startswith("Expected")
    assert "train" in outcome.err


def test_what_other_packages_log_is_not_shown(run: Run, noisy: Path) -> None:
    before = list(logging.getLogger().handlers)
    run("evaluate", noisy, "--reference", noisy)
    added = [handler for handler in logging.getLogger().handlers if handler not in before]

    # Without any handler Python prints warnings that are logged to standard error.
    assert [type(handler) for handler in added] == [logging.NullHandler]


def test_results_are_printed_where_letters_are_missing(
    noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(written, encoding="cp1252"))
    arguments = ("train", noisy, "--model", tmp_path / "σ.safetensors", "--steps", 0)
    with pytest.raises(SystemExit) as leaving:
        main(list(map(str, arguments)))
    sys.stdout.flush()
    assert not leaving.value.code
    assert rb"\u03c3.safetensors: no steps of training" in written.getvalue()


def test_what_the_system_refuses_is_one_sentence(run: Run, tmp_path: Path) -> None:
    outcome = run("evaluate", tmp_path / ("a" * 300), "--reference", tmp_path / "b.tif")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code"), [("evaluate noisy.tif --reference noisy.tif", 1), ("train", 2)]
)
def test_an_output_that_refuses_is_told_without_it(
    noisy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: str,
    code: int,
) -> None:
    class FullDisk(BytesIO):
        def write(self, _content: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.chdir(noisy.parent)
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(FullDisk(), write_through=True))
    with pytest.raises(SystemExit) as leaving:
        main([*arguments.split(), "--json"])
    assert leaving.value.code == code
    said = "No space left on device: a file or the standard output cannot be used."
    assert (said in capsys.readouterr().err) == (code == 1)
