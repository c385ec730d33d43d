"""What the Denoise dock shows of a run, whatever of it one look at the thread's queue sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image as ImageLayer
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from napari_noise2same._napari import denoise_run
from napari_noise2same._napari.activity import Activity
from napari_noise2same._napari.conversion import layer_image
from napari_noise2same._napari.denoise_jobs import LayerJob
from napari_noise2same._napari.denoise_run import DenoiseRun
from napari_noise2same.core.denoising import DenoiseFinished, DenoiseStarted, TileDone
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.widgets import DenoisePanel


@pytest.fixture
def panel(qtbot: QtBot) -> DenoisePanel:
    panel = DenoisePanel()
    qtbot.addWidget(panel)
    return panel


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What napari's activity dock is told."""
    fractions: list[float] = []
    monkeypatch.setattr(Activity, "show", lambda _self, fraction: fractions.append(fraction))
    return fractions


def start(viewer: Viewer, panel: DenoisePanel, names: str) -> DenoiseRun:
    """A run over small layers of one-letter names."""
    layers = [viewer.add_image(np.ones((8, 8), np.float32), name=name) for name in names]
    jobs = [
        LayerJob(layer, layer_image(layer), None, 0, DenoiseConfig(), Path()) for layer in layers
    ]
    return DenoiseRun(viewer, panel, jobs, lambda _config: {})


def started(result: NDArray[Any]) -> DenoiseStarted[NDArray[Any]]:
    return DenoiseStarted(result, (8, 8), 2, "cpu")


def finished(result: NDArray[Any]) -> DenoiseFinished[NDArray[Any]]:
    return DenoiseFinished(result, 1.0, (8, 8), "cpu")


def tile(done: int) -> TileDone:
    return TileDone(done, 2, 0, (slice(0, 8), slice(0, 8)), 1.0, 1.0)


def drawings(layer: ImageLayer) -> list[float]:
    """The value of a layer each time that it is drawn from now on."""
    values: list[float] = []
    layer.events.set_data.connect(lambda _event: values.append(float(layer.data.mean())))
    return values


def test_the_end_of_a_layer_and_the_start_of_the_next_come_at_once(
    viewer: Viewer, panel: DenoisePanel, shown: list[float]
) -> None:
    run = start(viewer, panel, "ab")
    first, second = np.zeros((2, 8, 8), np.float32)
    run.show([started(first)])
    drawn = drawings(viewer.layers["a [n2s]"])
    first[:] = 5
    over = run.show([tile(1), tile(2), finished(first), started(second)])
    assert [(noisy.name, result.name) for noisy, result in over] == [("a", "a [n2s]")]
    assert drawn == [5]
    assert shown == [0.5]
    # Nothing is in the second layer when the run is cancelled.
    assert "b [n2s]" in viewer.layers
    run.finish()
    assert [layer.name for layer in viewer.layers] == ["a", "a [n2s]", "b"]
    run.close()


def test_who_watches_a_hidden_result_hears_that_it_fills(
    viewer: Viewer, panel: DenoisePanel
) -> None:
    run = start(viewer, panel, "a")
    result = np.zeros((8, 8), np.float32)
    run.show([started(result)])
    layer = viewer.layers["a [n2s]"]
    layer.visible = False
    heard: list[float] = []
    layer.events.data.connect(lambda event: heard.append(float(event.value.mean())))
    result[:] = 5
    run.show([tile(1), tile(2), finished(result)])

    assert heard == [5]
    run.finish()
    run.close()


def test_what_is_missing_of_a_cancelled_result_is_said(viewer: Viewer, panel: DenoisePanel) -> None:
    run = start(viewer, panel, "ab")
    first, second = np.zeros((2, 8, 8), np.float32)
    run.show([started(first), tile(1), tile(2), finished(first)])
    assert run.finish() == ""
    run.show([started(second)])
    run.show([tile(1)])
    assert "left" in panel.progress.label.text()
    assert run.finish() == "Stopped: 1 of 2 tiles of b [n2s] are done."
    assert "left" not in panel.progress.label.text()
    run.close()


def test_all_of_a_run_at_once(viewer: Viewer, panel: DenoisePanel, shown: list[float]) -> None:
    run = start(viewer, panel, "ab")
    results = np.full((2, 8, 8), 5, np.float32)
    events = [(started(r), tile(1), tile(2), finished(r)) for r in results]
    over = run.show([*events[0], *events[1]])
    assert [(noisy.name, result.name) for noisy, result in over] == [
        ("a", "a [n2s]"),
        ("b", "b [n2s]"),
    ]
    assert shown == [0.5, 1]
    run.finish()
    assert len(viewer.layers) == 4
    run.close()


def test_a_layer_is_drawn_once_it_is_finished_even_if_it_was_a_moment_ago(
    viewer: Viewer, panel: DenoisePanel
) -> None:
    run = start(viewer, panel, "a")
    result = np.zeros((8, 8), np.float32)
    run.show([started(result), tile(1)])
    drawn = drawings(viewer.layers["a [n2s]"])
    # As if drawing took an hour.
    run._pause = 3_600_000
    result[:] = 5
    run.show([tile(2)])
    assert drawn == []
    run.show([finished(result)])
    assert drawn == [5]
    run.close()


class Clock:
    """A `QElapsedTimer` of a time that passes as the test says."""

    now = 0

    def __init__(self) -> None:
        self._begun: int | None = None

    def isValid(self) -> bool:  # noqa: N802
        return self._begun is not None

    def start(self) -> None:
        self._begun = Clock.now

    def elapsed(self) -> int:
        assert self._begun is not None
        return Clock.now - self._begun

    def restart(self) -> int:
        elapsed = self.elapsed()
        self.start()
        return elapsed


def test_drawing_takes_at_most_a_fifth_of_the_time(
    viewer: Viewer, panel: DenoisePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denoise_run, "QElapsedTimer", Clock)
    monkeypatch.setattr(Clock, "now", 0)
    run = start(viewer, panel, "a")
    result = np.zeros((8, 8), np.float32)
    run.show([started(result)])
    ends: list[int] = []

    def draw(_event: Any) -> None:
        Clock.now += 100
        ends.append(Clock.now)

    viewer.layers["a [n2s]"].events.set_data.connect(draw)
    for Clock.now in (0, 599, 600, 1199, 1200):
        run.show([tile(1)])
    assert ends == [100, 700, 1300]
    run.close()


def test_a_result_stays_where_it_is_if_its_source_is_no_longer_the_same(
    viewer: Viewer, panel: DenoisePanel
) -> None:
    run = start(viewer, panel, "ab")
    first, second = np.ones((2, 8, 8), np.float32)
    run.show([started(first), tile(1)])
    viewer.layers["a"].data = np.ones((3, 9, 9), np.float32)
    viewer.layers["a"].scale = (1, 2, 2)
    run.show([finished(first), started(second), tile(1)])
    viewer.layers["b"].scale = (2, 2)
    viewer.layers.remove("b")
    run.show([finished(second)])
    for name in ("a [n2s]", "b [n2s]"):
        assert viewer.layers[name].scale.tolist() == [1, 1]
    run.close()


def test_a_result_has_the_axis_names_that_its_source_gets(
    viewer: Viewer, panel: DenoisePanel
) -> None:
    run = start(viewer, panel, "a")
    result = np.ones((8, 8), np.float32)
    run.show([started(result)])
    viewer.layers["a"].axis_labels = ("y", "x")
    run.show([tile(1)])
    assert viewer.layers["a [n2s]"].axis_labels == ("y", "x")
    run.close()


def test_a_result_that_the_user_has_moved_stays_there(viewer: Viewer, panel: DenoisePanel) -> None:
    run = start(viewer, panel, "a")
    result = np.ones((8, 8), np.float32)
    run.show([started(result), tile(1)])
    layer = viewer.layers["a [n2s]"]
    layer.translate = (0, 20)
    viewer.layers["a"].scale = (2, 2)
    run.show([tile(2), finished(result)])
    assert layer.translate.tolist() == [0, 20]
    assert layer.scale.tolist() == [2, 2]
    run.close()


@pytest.mark.parametrize(
    ("blending", "hidden"), [("additive", True), ("translucent", False), ("opaque", False)]
)
def test_a_result_is_not_added_to_what_it_was_made_from(
    viewer: Viewer, panel: DenoisePanel, blending: str, hidden: bool
) -> None:
    run = start(viewer, panel, "a")
    source = viewer.layers["a"]
    source.blending = blending
    result = np.ones((8, 8), np.float32)
    run.show([started(result), tile(1)])
    assert source.visible
    run.show([tile(2), finished(result)])
    assert source.visible is not hidden
    assert viewer.layers["a [n2s]"].visible


@pytest.mark.parametrize(
    ("blending", "expected"),
    [("additive", "translucent_no_depth"), ("translucent", "translucent"), ("opaque", "opaque")],
)
def test_what_is_around_a_denoised_part_stays_in_sight_and_what_is_below_does_not(
    viewer: Viewer, panel: DenoisePanel, blending: str, expected: str
) -> None:
    source = viewer.add_image(np.ones((16, 16), np.float32), name="a", blending=blending)
    part = (slice(0, 8), slice(0, 8))
    job = LayerJob(source, layer_image(source), part, 0, DenoiseConfig(), Path())
    result = np.ones((8, 8), np.float32)
    DenoiseRun(viewer, panel, [job], lambda _config: {}).show([started(result), finished(result)])
    assert source.visible
    assert source.blending == blending
    assert viewer.layers["a [n2s]"].blending == expected
