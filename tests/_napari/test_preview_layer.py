"""The layer that shows what a model makes of what is in view."""

from __future__ import annotations

import numpy as np
import pytest
from napari import Viewer
from napari.layers import Image

from napari_noise2same._napari.conversion import layer_image
from napari_noise2same._napari.preview_layer import PreviewLayer
from napari_noise2same.core.array import Window


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
