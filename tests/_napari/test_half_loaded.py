"""The 3D view can be turned to while a thread loads torch, and threads begin while others do."""

from __future__ import annotations

import subprocess
import sys

# Another process, as SciPy remembers for good what it has been asked; a torch that gets no further.
_CODE = """
import sys
from types import ModuleType

import napari
import numpy as np
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari.worker import Worker


def work(_stop):
    sys.modules["torch"] = ModuleType("torch")
    yield "loading"


viewer = napari.Viewer(show=False)
viewer.add_image(np.zeros((4, 8, 8)))
said = []
worker = Worker(work)
worker.events.connect(said.extend)
while not said:
    QApplication.processEvents()
viewer.dims.ndisplay = 3
viewer.camera.angles = (10, 20, 30)
del sys.modules["torch"]
viewer.close()
"""


_LATE = """
import sys
from types import ModuleType

from napari_noise2same._napari.half_loaded import keep_3d_view_apart

sys.modules["torch"] = ModuleType("torch")
keep_3d_view_apart()
"""


def run(code: str) -> None:
    """Run code in another process."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_3d_view_does_without_a_torch_that_is_half_loaded() -> None:
    run(_CODE)


def test_a_torch_that_another_plugin_has_half_loaded_is_no_obstacle() -> None:
    run(_LATE)
