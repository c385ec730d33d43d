from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.layers import Image

from napari_noise2same._napari.result_folders import result_path


@pytest.mark.parametrize("name", ["a" * 300, "é" * 150])
def test_any_name_of_a_layer_gives_a_name_that_a_folder_can_have(tmp_path: Path, name: str) -> None:
    folder = result_path(Image(np.zeros((4, 4)), name=name), str(tmp_path))
    folder.mkdir()

    assert folder.name.startswith(name[:90])
    assert folder.name.endswith(".ome.zarr")
