from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from napari_noise2same.widgets import RunProgress
from napari_noise2same.widgets.progress import format_seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (7.4, "0:07"), (59.7, "1:00"), (750, "12:30"), (3900, "1:05:00")],
)
def test_times_read_like_a_clock(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


def test_one_line_says_it_all(qtbot: QtBot) -> None:
    progress = RunProgress("step")
    qtbot.addWidget(progress)
    progress.set_device("cuda:0", 1.2e9)
    progress.set_progress(120, 1000, fraction=0.12, elapsed=21, remaining=154)
    assert progress.label.text() == "step 120 / 1,000 · 0:21 · 2:34 left · cuda:0 1.2 GB"
    assert progress.bar.value() / progress.bar.maximum() == 0.12


def test_a_budget_in_time_has_no_number_of_steps(qtbot: QtBot) -> None:
    progress = RunProgress("step")
    qtbot.addWidget(progress)
    progress.set_progress(120, None, fraction=0.5, elapsed=30)
    assert progress.label.text() == "step 120 · 0:30"


def test_nothing_is_left_in_the_end(qtbot: QtBot) -> None:
    progress = RunProgress("step")
    qtbot.addWidget(progress)
    progress.set_progress(6, 6, fraction=1, elapsed=33, remaining=0)
    assert progress.label.text() == "step 6 / 6 · 0:33"


def test_what_was_stopped_has_no_time_to_go(qtbot: QtBot) -> None:
    progress = RunProgress("step")
    qtbot.addWidget(progress)
    progress.set_progress(2, 6, fraction=1 / 3, elapsed=33, remaining=66)
    progress.set_device("cpu")
    progress.stop()
    assert progress.label.text() == "step 2 / 6 · 0:33 · cpu"
    assert 0 < progress.bar.value() < progress.bar.maximum()


def test_busy_until_the_first_count(qtbot: QtBot) -> None:
    progress = RunProgress("tile")
    qtbot.addWidget(progress)
    progress.set_device("cpu", 1.5 * 2**30)
    progress.set_busy("Preparing…")
    assert progress.label.text() == "Preparing…"
    assert progress.bar.maximum() == 0
    progress.set_progress(1, 4, fraction=0.25, elapsed=0)
    assert progress.label.text() == "tile 1 / 4 · 0:00"
    assert progress.bar.maximum() > 0


def test_nothing_moves_and_no_time_is_to_go_while_a_run_is_held(qtbot: QtBot) -> None:
    progress = RunProgress("step")
    qtbot.addWidget(progress)
    progress.set_busy("Preparing…")
    progress.set_paused(True)
    assert progress.label.text() == "Preparing… · Paused"
    assert progress.bar.maximum() > 0
    progress.set_paused(False)
    assert progress.label.text() == "Preparing…"
    assert progress.bar.maximum() == 0
    progress.set_paused(True)
    # The step under way.
    progress.set_progress(2, 6, fraction=1 / 3, elapsed=33, remaining=66)
    assert progress.label.text() == "step 2 / 6 · 0:33 · Paused"
    progress.set_paused(False)
    assert progress.label.text() == "step 2 / 6 · 0:33 · 1:06 left"
    assert progress.bar.value() / progress.bar.maximum() == pytest.approx(1 / 3, abs=0.01)


def test_reset_forgets_everything(qtbot: QtBot) -> None:
    progress = RunProgress("tile")
    qtbot.addWidget(progress)
    progress.set_device("cpu")
    progress.set_progress(4, 4, fraction=1, elapsed=9)
    progress.reset()
    assert progress.label.text() == ""
    assert progress.bar.value() == 0
