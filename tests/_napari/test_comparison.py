from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image

from napari_noise2same._napari import comparison
from napari_noise2same._napari.comparison import Comparison, Mode
from napari_noise2same._napari.results import add_result
from napari_noise2same.core.errors import ImageError

MODES: tuple[Mode, ...] = ("grid", "swipe", "blink", "residual")


@pytest.fixture(autouse=True)
def fixed_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    # napari's preferences know the plugin only where it has been discovered.
    monkeypatch.setattr(comparison, "_blink_milliseconds", lambda: 600)


@pytest.fixture
def denoised(viewer: Viewer, noisy: Image) -> Image:
    viewer.add_image(np.zeros((8, 8)), name="other")
    result = add_result(viewer, noisy, np.full(noisy.data.shape, 100, np.float32), {})
    viewer.add_image(np.zeros((8, 8)), name="hidden", visible=False)
    viewer.layers.selection = {noisy, result}
    return result


def look(viewer: Viewer) -> dict[str, Any]:
    """All that a comparison could change."""
    return {
        "layers": [(layer.name, layer.visible) for layer in viewer.layers],
        "selected": {layer.name for layer in viewer.layers.selection},
        "active": viewer.layers.selection.active and viewer.layers.selection.active.name,
        "grid": viewer.canvas.grid.model_dump(),
        "camera": viewer.scene.camera.model_dump(),
        "dims": viewer.dims.model_dump(),
        "callbacks": list(viewer.mouse_drag_callbacks),
    }


def visible(viewer: Viewer) -> list[str]:
    return [layer.name for layer in viewer.layers if layer.visible]


@pytest.mark.parametrize("mode", MODES)
def test_back_leaves_the_viewer_as_it_was(
    viewer: Viewer, noisy: Image, denoised: Image, mode: Mode
) -> None:
    viewer.canvas.grid.update({"enabled": mode != "grid", "stride": -2, "shape": (3, -1)})
    before = look(viewer)
    stopped: list[bool] = []
    comparing = Comparison(viewer, noisy, denoised, lambda: stopped.append(True))

    comparing.start(mode)
    assert look(viewer) != before
    comparing.stop()

    assert look(viewer) == before
    assert stopped == [True]
    comparing.stop()
    assert stopped == [True]


@pytest.mark.parametrize("mode", ["swipe", "residual"])
def test_selected_layer_stays_active(
    viewer: Viewer, noisy: Image, denoised: Image, mode: Mode
) -> None:
    viewer.layers.selection.active = denoised
    before = look(viewer)
    comparing = Comparison(viewer, noisy, denoised)
    comparing.start(mode)
    comparing.stop()

    assert look(viewer) == before


def test_view_pans_again_when_the_line_is_taken_away_while_it_is_dragged(
    viewer: Viewer, noisy: Image, denoised: Image
) -> None:
    comparing = Comparison(viewer, noisy, denoised)
    comparing.start("swipe")
    viewer.scene.camera.mouse_pan = False  # as while dragging
    comparing.stop()

    assert viewer.scene.camera.mouse_pan


def test_one_way_of_comparing_replaces_another(
    viewer: Viewer, noisy: Image, denoised: Image
) -> None:
    before = look(viewer)
    comparing = Comparison(viewer, noisy, denoised)
    for mode in MODES:
        comparing.start(mode)
    comparing.stop()

    assert look(viewer) == before


def test_grid_shows_both_beside_each_other(viewer: Viewer, noisy: Image, denoised: Image) -> None:
    comparing = Comparison(viewer, noisy, denoised)
    comparing.start("grid")

    grid = viewer.canvas.grid
    places = [
        grid.position(viewer.layers.index(layer), viewer.layers) for layer in (noisy, denoised)
    ]
    assert grid.actual_shape(viewer.layers) == (1, 2)
    assert places == [(0, 0), (0, 1)]
    assert visible(viewer) == [noisy.name, denoised.name]
    comparing.stop()


def test_blink_shows_one_after_the_other(viewer: Viewer, noisy: Image, denoised: Image) -> None:
    comparing = Comparison(viewer, noisy, denoised)
    comparing.start("blink")
    blink: Any = comparing._running
    seen = []
    for _ in range(3):
        seen.append(visible(viewer))
        blink._timer.timeout.emit()

    assert seen == [[denoised.name], [noisy.name], [denoised.name]]
    assert blink._timer.isActive()
    assert blink._timer.interval() == 600
    comparing.stop()
    assert not blink._timer.isActive()


@pytest.mark.parametrize(
    ("mode", "which"),
    [("grid", "noisy"), ("swipe", "noisy"), ("swipe", "denoised"), ("residual", "denoised")],
)
def test_comparison_ends_when_a_layer_is_removed(
    viewer: Viewer, noisy: Image, denoised: Image, mode: Mode, which: str
) -> None:
    stopped: list[bool] = []
    names = [layer.name for layer in viewer.layers]
    gone = {"noisy": noisy, "denoised": denoised}[which]
    comparing = Comparison(viewer, noisy, denoised, lambda: stopped.append(True))
    comparing.start(mode)
    viewer.layers.remove(gone)

    assert stopped == [True]
    names.remove(gone.name)
    assert [layer.name for layer in viewer.layers] == names
    assert not viewer.canvas.grid.enabled


@pytest.mark.parametrize("mode", ["swipe", "residual"])
def test_comparison_ends_when_the_user_deletes_what_it_has_added(
    viewer: Viewer, noisy: Image, denoised: Image, mode: Mode
) -> None:
    before = look(viewer)
    comparing = Comparison(viewer, noisy, denoised)
    comparing.start(mode)
    viewer.layers.remove(viewer.layers[-1])

    assert look(viewer) == before


@pytest.mark.parametrize("mode", ["swipe", "blink"])
def test_comparison_ends_when_all_layers_are_removed(
    viewer: Viewer, noisy: Image, denoised: Image, mode: Mode
) -> None:
    stopped: list[bool] = []
    comparing = Comparison(viewer, noisy, denoised, lambda: stopped.append(True))
    comparing.start(mode)
    viewer.layers.clear()

    assert not viewer.layers
    assert stopped == [True]


def test_missing_layer_is_refused(viewer: Viewer, noisy: Image, denoised: Image) -> None:
    viewer.layers.remove(denoised)
    before = look(viewer)

    with pytest.raises(ImageError, match="one is gone"):
        Comparison(viewer, noisy, denoised).start("swipe")
    assert look(viewer) == before


def test_layer_is_not_compared_with_itself(viewer: Viewer, noisy: Image) -> None:
    with pytest.raises(ImageError, match="choose another"):
        Comparison(viewer, noisy, noisy).start("grid")


@pytest.mark.parametrize("mode", ["swipe", "blink"])
def test_layers_that_hide_each_other_are_refused(
    viewer: Viewer, noisy: Image, denoised: Image, mode: Mode
) -> None:
    before = look(viewer)
    viewer.layers.link_layers([noisy, denoised])
    with pytest.raises(ImageError, match="unlink them"):
        Comparison(viewer, noisy, denoised).start(mode)

    assert look(viewer) == before


def test_layers_that_others_hide_are_refused(viewer: Viewer, noisy: Image, denoised: Image) -> None:
    viewer.layers.link_layers([viewer.layers["other"], noisy])
    with pytest.raises(ImageError, match="unlink them"):
        Comparison(viewer, noisy, denoised).start("grid")


def test_residual_of_other_pixels_is_refused(viewer: Viewer, noisy: Image) -> None:
    other = viewer.add_image(np.zeros((5, 5)))
    before = look(viewer)

    with pytest.raises(ImageError, match="as many pixels"):
        Comparison(viewer, noisy, other).start("residual")
    assert look(viewer) == before
