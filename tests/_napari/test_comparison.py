from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image

from napari_noise2same._napari import comparison
from napari_noise2same._napari.compare_residual import as_dask, residual
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


def test_residual_is_noisy_minus_denoised_around_zero(
    viewer: Viewer, noisy: Image, denoised: Image
) -> None:
    comparing = Comparison(viewer, noisy, denoised)
    comparing.start("residual")
    layer = viewer.layers[-1]
    low, high = layer.contrast_limits

    np.testing.assert_allclose(np.asarray(layer.data), noisy.data - 100)
    assert low == -high
    assert 20 < high < 40
    np.testing.assert_allclose(layer.colormap.map(0.5)[0, :3], 0, atol=0.05)
    np.testing.assert_allclose(layer.data_to_world((3, 5)), denoised.data_to_world((3, 5)))
    assert visible(viewer) == ["Residual"]
    comparing.stop()


def test_residual_of_unsigned_integers_may_be_negative() -> None:
    before, after = np.full((8, 8), 3, np.uint8), np.full((8, 8), 5, np.uint8)

    difference = residual(
        Image(before, contrast_limits=(0, 9)), Image(after, contrast_limits=(0, 9))
    )

    assert np.asarray(difference).tolist() == [[-2.0] * 8] * 8


def test_residual_of_colours_is_their_mean(viewer: Viewer) -> None:
    rng = np.random.default_rng(0)
    before, after = rng.integers(0, 255, (2, 16, 16, 3), np.uint8)
    layers = [viewer.add_image(data, rgb=True) for data in (before, after)]
    comparing = Comparison(viewer, *layers)
    comparing.start("residual")

    expected = (before.astype(float) - after).mean(axis=-1)
    np.testing.assert_allclose(np.asarray(viewer.layers[-1].data), expected, atol=1e-4)
    comparing.stop()


def test_residual_reads_a_stack_plane_by_plane(viewer: Viewer) -> None:
    reads: list[int] = []

    def read(block: Any) -> Any:
        reads.append(block.size)
        return block

    lazy = da.zeros((40, 16, 16), chunks=(1, 16, 16)).map_blocks(read, dtype=float)
    noisy = viewer.add_image(lazy, contrast_limits=(0, 1))
    denoised = add_result(viewer, noisy, np.zeros((40, 16, 16)), {})
    viewer.dims.set_current_step(0, 7)
    reads.clear()
    comparing = Comparison(viewer, noisy, denoised)
    comparing.start("residual")

    assert sum(reads) <= 6 * 256
    comparing.stop()


class OnDisk:
    """An array that must not be read whole, for instance to derive a name from it."""

    shape, dtype, ndim = (5, 16, 16, 3), np.dtype(np.uint8), 4

    def __dask_tokenize__(self) -> None:
        raise AssertionError

    def __getitem__(self, index: Any) -> Any:
        return np.zeros(self.shape, self.dtype)[index]


def test_array_on_disk_is_wrapped_plane_by_plane() -> None:
    assert as_dask(OnDisk(), colours=True).chunks == ((1,) * 5, (16,), (16,), (3,))
    assert as_dask(OnDisk(), colours=False).chunks == ((1,) * 5, (1,) * 16, (16,), (3,))


def test_residual_of_a_region_of_a_level_is_at_its_place(viewer: Viewer) -> None:
    levels = [np.random.default_rng(i).random((64 >> i, 64 >> i)) for i in range(2)]
    noisy = viewer.add_image(levels, multiscale=True)
    region = (slice(4, 20), slice(8, 32))
    denoised = add_result(viewer, noisy, np.ones((16, 24)), {}, level=1, region=region)

    np.testing.assert_allclose(
        np.asarray(residual(noisy, denoised)), levels[1][4:20, 8:32] - 1, atol=1e-6
    )


def test_residual_of_constant_images_can_be_shown(viewer: Viewer) -> None:
    layers = [viewer.add_image(np.full((8, 8), np.nan)), viewer.add_image(np.ones((8, 8)))]
    comparing = Comparison(viewer, *layers)
    comparing.start("residual")

    assert viewer.layers[-1].contrast_limits == [-1, 1]
    comparing.stop()


def test_residual_of_other_pixels_is_refused(viewer: Viewer, noisy: Image) -> None:
    other = viewer.add_image(np.zeros((5, 5)))
    before = look(viewer)

    with pytest.raises(ImageError, match="as many pixels"):
        Comparison(viewer, noisy, other).start("residual")
    assert look(viewer) == before
