from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_noise2same.core import StreamDenoiser, TileDone, read_image

pytest.importorskip("zarr", reason="Zarr files need the extra 'zarr'")

Run = Callable[..., Any]


def pixels(path: Path) -> Any:
    return np.asarray(read_image(path).data)


def test_a_zarr_holds_what_a_tiff_does(run: Run, noisy: Path, model: Path, tmp_path: Path) -> None:
    for name in ("out.zarr", "out.tif"):
        options = ("--output", tmp_path / name, "--model", model, "--tile", 16, "--json")
        outcome = run("denoise", noisy, *options)
        assert outcome.code == 0
        assert outcome.json()["tile"] == [16, 16]
        assert outcome.json()["megapixels_per_second"] > 0
    np.testing.assert_allclose(
        pixels(tmp_path / "out.zarr"), pixels(tmp_path / "out.tif"), rtol=1e-4
    )
    card = (tmp_path / "out.zarr" / "zarr.json").read_text()
    assert "denoised_by" in card


def test_what_ctrl_c_has_ended_goes_on_with_the_same_command(
    run: Run, noisy: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, output = StreamDenoiser.events, tmp_path / "out.zarr"

    def interrupted_events(self: StreamDenoiser, stop: Any) -> Any:
        for event in events(self, stop):
            yield event
            if isinstance(event, TileDone) and event.done == 1:
                signal.raise_signal(signal.SIGINT)

    command = ("denoise", noisy, "--output", output, "--model", model, "--tile", 16)
    with monkeypatch.context() as patch:
        patch.setattr(StreamDenoiser, "events", interrupted_events)
        outcome = run(*command)
    assert outcome.code == 130
    assert "the same command goes on" in outcome.err
    outcome = run(*command)
    assert outcome.code == 0
    assert "of them done before" in outcome.err
    run("denoise", noisy, "--output", tmp_path / "b.zarr", "--model", model, "--tile", 16)
    np.testing.assert_array_equal(pixels(output), pixels(tmp_path / "b.zarr"))


def test_a_finished_zarr_is_replaced_only_when_asked(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    command = ("denoise", noisy, "--output", tmp_path / "out.zarr", "--model", model)
    assert run(*command).code == 0
    refused = run(*command)
    assert refused.code == 1
    assert "out.zarr there already" in refused.err
    assert run(*command, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("name", "scheduler", "sentence"),
    [
        ("out.tif", "threads", "--scheduler only for results in .zarr"),
        ("out.zarr", "many", "local:N"),
    ],
)
def test_schedulers_that_cannot_be_used_are_refused_before_training(
    run: Run, noisy: Path, tmp_path: Path, name: str, scheduler: str, sentence: str
) -> None:
    options = ("--output", tmp_path / name, "--steps", 1, "--scheduler", scheduler)
    outcome = run("denoise", noisy, *options)
    assert outcome.code == 1
    assert sentence in outcome.err
    assert "Training" not in outcome.err


def test_the_scheduler_is_named_where_it_works(
    run: Run, noisy: Path, model: Path, tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra 'dask'")
    options = ("--output", tmp_path / "out.zarr", "--model", model)
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as workers:
        address = workers.scheduler_address
        outcome = run("denoise", noisy, *options, "--scheduler", address)
    assert outcome.code == 0
    assert f"one tile of 32 × 32 pixels on {address}" in outcome.err
