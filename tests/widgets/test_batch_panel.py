from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent

from napari_noise2same.core.settings import BatchConfig
from napari_noise2same.widgets import BatchPanel

LEFT = Qt.MouseButton.LeftButton
COPY = Qt.DropAction.CopyAction
NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def panel(qtbot: QtBot) -> BatchPanel:
    panel = BatchPanel()
    qtbot.addWidget(panel)
    panel.resize(400, 700)
    panel.set_running(False, ready=True)
    panel.show()
    return panel


def drop(panel: BatchPanel, *urls: QUrl) -> bool:
    """Drag over the panel and, if it takes that, let go."""
    data = QMimeData()
    data.setUrls(list(urls))
    enter = QDragEnterEvent(QPoint(9, 9), COPY, data, LEFT, NO_KEY)
    enter.ignore()
    panel.dragEnterEvent(enter)
    if enter.isAccepted():
        panel.dropEvent(QDropEvent(QPointF(9, 9), COPY, data, LEFT, NO_KEY))
    return enter.isAccepted()


@pytest.mark.parametrize(
    "config",
    [
        BatchConfig(),
        BatchConfig(inputs=("/data/a.tif", "/data/b.tif"), output="/results", format="zarr"),
    ],
)
def test_settings_come_back(panel: BatchPanel, config: BatchConfig) -> None:
    panel.set_value(BatchConfig(inputs=("/other",), output="/elsewhere", format="tif"))
    panel.set_value(config)
    assert panel.value() == config


def test_another_choice_is_told(qtbot: QtBot, panel: BatchPanel) -> None:
    changes: list[Callable[[], None]] = [
        lambda: panel.inputs.set_value(["/data"]),
        lambda: panel.output.set_value(["/results"]),
        lambda: panel.format.set_value("zarr"),
        lambda: panel.overwrite.set_value(True),
    ]
    for change in changes:
        with qtbot.waitSignal(panel.changed):
            change()


def test_files_and_folders_can_be_dropped(panel: BatchPanel, tmp_path: Path) -> None:
    paths = [tmp_path / "a.tif", tmp_path / "folder"]
    assert drop(panel, *(QUrl.fromLocalFile(str(path)) for path in paths))
    assert panel.value().inputs == tuple(map(str, paths))


def test_other_things_cannot_be_dropped(panel: BatchPanel, tmp_path: Path) -> None:
    assert not drop(panel, QUrl("https://example.org/a.tif"))
    panel.set_running(True, ready=False)
    assert not drop(panel, QUrl.fromLocalFile(str(tmp_path)))
    assert panel.value().inputs == ()


def test_buttons_ask_for_what_they_say(qtbot: QtBot, panel: BatchPanel) -> None:
    assert panel.denoise.text() == "Denoise all"
    with qtbot.waitSignal(panel.denoise_requested):
        qtbot.mouseClick(panel.denoise, LEFT)
    panel.set_running(True, ready=False)
    with qtbot.waitSignal(panel.cancel_requested):
        qtbot.mouseClick(panel.cancel, LEFT)


def test_only_cancelling_and_looking_is_possible_during_a_run(panel: BatchPanel) -> None:
    panel.set_running(True, ready=False)
    for part in (panel.denoise, panel.inputs, panel.output, panel.format, panel.overwrite):
        assert not part.isEnabled()
    assert panel.cancel.isEnabled()
    assert panel.table.isEnabled()
    panel.set_running(False, ready=False)
    assert not panel.denoise.isEnabled()
    assert not panel.cancel.isEnabled()
    assert panel.inputs.isEnabled()


def test_the_place_of_results_is_shown_unless_another_is_chosen(panel: BatchPanel) -> None:
    assert panel.output.edit.placeholderText() == "beside the images"
    panel.set_default_output("/data denoised")
    assert panel.output.edit.placeholderText() == "/data denoised"
    assert panel.value().output == ""


def test_the_longest_text_does_not_keep_the_dock_wide(panel: BatchPanel) -> None:
    beside_a_label = panel.inputs.x() + panel.overwrite.minimumSizeHint().width()
    assert panel._settings.minimumSizeHint().width() < beside_a_label
