"""The layer that shows what a model makes of what is in view."""

from __future__ import annotations

import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image
from pytestqt.qtbot import QtBot
from qtpy.QtGui import QOpenGLContext
from qtpy.QtWidgets import QOpenGLWidget

from napari_noise2same._napari.commands import open_train_dock
from napari_noise2same._napari.conversion import layer_image
from napari_noise2same._napari.preview_layer import PreviewLayer
from napari_noise2same.core import Preset
from napari_noise2same.core.array import Window

TIMEOUT = 120_000


def show(preview: PreviewLayer) -> None:
    """Show what is in view as it is."""
    piece = preview.request()
    assert piece is not None
    assert isinstance(piece.data, Window)
    preview.show(piece.data, np.asarray(piece.data[:]), 0)


@pytest.fixture
def preview(viewer: Viewer, noisy: Image) -> PreviewLayer:
    preview = PreviewLayer(viewer, noisy, layer_image(noisy))
    show(preview)
    return preview


def test_preview_and_its_source_look_the_same(
    viewer: Viewer, noisy: Image, preview: PreviewLayer
) -> None:
    layer = viewer.layers["cells [n2s preview]"]
    noisy.contrast_limits = (90, 99)
    noisy.colormap = "green"
    layer.gamma = 0.3

    assert layer.contrast_limits == [90, 99]
    assert layer.colormap.name == "green"
    assert noisy.gamma == 0.3
    preview.close()
    layer.gamma = 0.1
    assert noisy.gamma == 0.3


def test_colours_have_a_preview_too(viewer: Viewer) -> None:
    layer = viewer.add_image(np.zeros((16, 16, 3), np.uint8), name="cells", rgb=True)
    preview = PreviewLayer(viewer, layer, layer_image(layer))
    show(preview)

    assert viewer.layers["cells [n2s preview]"].rgb
    preview.close()


def preview_of(qtbot: QtBot, viewer: Viewer, name: str) -> Image:
    """Wait for a preview, and return it."""
    qtbot.waitUntil(lambda: name in viewer.layers, timeout=TIMEOUT)
    layer = viewer.layers[name]
    assert isinstance(layer, Image)
    return layer


def brightness(viewer: Viewer) -> float:
    """Return how bright the middle of the canvas is, from 0 to 1."""
    picture = viewer.screenshot(flash=False)
    rows, columns = picture.shape[:2]
    middle = picture[rows // 3 : -rows // 3, columns // 3 : -columns // 3, 1]
    return float(middle.mean() / 255)


@pytest.mark.parametrize("kind", ["instant", "training"])
@pytest.mark.parametrize("blending", ["additive", "minimum"])
def test_previews_hide_a_source_that_does_not_cover(
    qtbot: QtBot, shown_viewer: Viewer, kind: str, blending: str
) -> None:
    data = np.random.default_rng(0).normal(100, 3, (64, 64))
    source = shown_viewer.add_image(data, name="cells", contrast_limits=(0, 250), blending=blending)
    before = brightness(shown_viewer)
    dock = open_train_dock(shown_viewer)
    config = Preset.QUICK.config(steps=1_000_000, batch=1, patch=(16, 16), device="cpu")
    dock.panel.set_value(config)
    if kind == "instant":
        dock.panel.instant.click()
        preview = preview_of(qtbot, shown_viewer, "cells [instant preview]")
    else:
        dock.panel.run.train.click()
        preview = preview_of(qtbot, shown_viewer, "cells [n2s preview]")
    preview.data = np.full_like(preview.data, 150)
    assert brightness(shown_viewer) == pytest.approx(0.6, abs=0.05)
    assert (source.visible, source.blending) == (True, blending)

    shown_viewer.window.remove_dock_widget(dock)
    qtbot.waitUntil(lambda: list(shown_viewer.layers) == [source], timeout=TIMEOUT)
    assert brightness(shown_viewer) == pytest.approx(before, abs=0.01)


def test_the_instant_preview_is_cut_as_its_source(qtbot: QtBot, viewer: Viewer) -> None:
    data = np.random.default_rng(0).normal(100, 10, (8, 24, 32)).astype(np.float32)
    source = viewer.add_image(data, name="cells", axis_labels=("z", "y", "x"))
    viewer.dims.ndisplay = 3
    dock = open_train_dock(viewer)
    dock.panel.instant.click()
    preview = preview_of(qtbot, viewer, "cells [instant preview]")
    source.depiction = "plane"
    source.rendering = "average"
    source.plane.position = (3, 4, 5)
    source.plane.normal = (0, 1, 0)
    source.plane.thickness = 2
    source.experimental_clipping_planes.add_plane(position=(1, 2, 3), normal=(1, 0, 0))
    assert (preview.depiction, preview.rendering) == ("plane", "average")
    assert preview.plane == source.plane
    assert preview.plane is not source.plane
    assert preview.experimental_clipping_planes == source.experimental_clipping_planes
    source.experimental_clipping_planes[0].position = (2, 2, 3)
    assert preview.experimental_clipping_planes[0].position == (2, 2, 3)
    dock.panel.instant.click()
    source.plane.position = (2, 4, 5)
    assert preview.plane.position == (3, 4, 5)


def test_a_preview_goes_in_the_opengl_context_of_its_canvas(shown_viewer: Viewer) -> None:
    """What napari frees in none ends the process where software draws the window."""
    noisy = shown_viewer.add_image(np.zeros((4, 32, 32), np.uint8))
    preview = PreviewLayer(shown_viewer, noisy, layer_image(noisy))
    show(preview)
    canvas, *_ = shown_viewer.window.main_menu.window().findChildren(QOpenGLWidget)
    contexts: list[QOpenGLContext | None] = []
    shown_viewer.layers.events.removed.connect(
        lambda: contexts.append(QOpenGLContext.currentContext())
    )
    canvas.doneCurrent()

    preview.close()
    assert contexts == [canvas.context()]
