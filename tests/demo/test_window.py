from __future__ import annotations

import pytest

from napari_noise2same.demo import window, window_obstacle

SCREEN = {"DISPLAY": ":0"}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The packages that are there; a test may take some away."""
    packages = {"napari", "pyqtgraph", "qtpy", "PySide6"}
    monkeypatch.setattr(window, "find_spec", lambda name: name if name in packages else None)
    return packages


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("environment", "platform"),
    [
        (SCREEN, "linux"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux"),
        ({**SCREEN, "SSH_TTY": "/dev/pts/1"}, "linux"),
        ({}, "win32"),
        ({}, "darwin"),
    ],
)
def test_a_window_opens_where_there_is_a_display(
    environment: dict[str, str], platform: str
) -> None:
    assert window_obstacle(environment, platform) is None


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("environment", "platform", "reason"),
    [
        ({}, "linux", "no display"),
        ({"DISPLAY": ""}, "linux", "no display"),
        ({"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, "darwin", "no display"),
        ({"SSH_TTY": "x"}, "win32", "no display"),
        ({**SCREEN, "CI": "true"}, "linux", "nobody"),
        ({"CI": "1"}, "win32", "nobody"),
    ],
)
def test_no_window_opens_where_nobody_sees_it(
    environment: dict[str, str], platform: str, reason: str
) -> None:
    assert reason in (window_obstacle(environment, platform) or "")


@pytest.mark.parametrize(
    ("missing", "reason"), [("napari", "napari is not"), ("PySide6", "no Qt binding")]
)
def test_no_window_opens_without_its_packages(
    installed: set[str], missing: str, reason: str
) -> None:
    installed.remove(missing)

    assert reason in (window_obstacle(SCREEN, "linux") or "")
