"""Make the screenshots: train dock, light theme, advanced form, result, swipe line, Batch tab.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/screenshots.py

Needs the plugin, napari and, without a screen, Xvfb. Takes two to three minutes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import napari
import numpy as np
from napari import Viewer
from numpy.typing import NDArray
from qtpy.QtWidgets import QApplication

from napari_noise2same._napari.commands import open_denoise_dock, open_train_dock
from napari_noise2same._napari.compare_dock import CompareDock
from napari_noise2same._napari.denoise_dock import DenoiseDock
from napari_noise2same.core import Image, write_image
from napari_noise2same.core.settings import DenoiseConfig, ResultConfig, TrainingConfig
from napari_noise2same.samples import cells

_SIZE = (1600, 1000)


def main() -> None:
    """Drive a viewer and take pictures on the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "images")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    viewer = _viewer()
    train = open_train_dock(viewer)
    # The defaults, whatever was used last on this machine.
    train.panel.set_value(TrainingConfig())
    _let_qt_work(6)
    train.panel.run.train.click()
    _let_qt_work(60, until=lambda: train.panel.progress.bar.value() > 300)
    _take(viewer, folder / "training.png")
    viewer.theme = "light"
    _take(viewer, folder / "light.png")
    viewer.theme = "dark"
    train.panel.advanced.set_value(True)
    train.panel.verticalScrollBar().setValue(train.panel.verticalScrollBar().maximum())
    _take(viewer, folder / "advanced.png")
    train.panel.advanced.set_value(False)
    train.panel.run.stop.click()
    _let_qt_work(60, until=lambda: not train.controller.is_running)
    denoise = open_denoise_dock(viewer)
    denoise.panel.set_value(DenoiseConfig())
    denoise.panel.result.set_value(ResultConfig())
    denoise.panel.denoise.click()
    _let_qt_work(60, until=lambda: not denoise.panel.is_running())
    _take(viewer, folder / "denoised.png")
    frame, compare = viewer.window.add_plugin_dock_widget("napari-noise2same", "Noise2Same Compare")
    _swipe(compare)
    _take(viewer, folder / "result.png")
    frame.close()
    _denoise_folder(denoise)
    _take(viewer, folder / "batch.png")
    viewer.close()


def _viewer() -> Viewer:
    """Open a viewer with a noisy image."""
    sample = cells()
    viewer = napari.Viewer()
    viewer.window.resize(*_SIZE)
    viewer.add_image(sample.noisy, name="cells", colormap="gray")
    return viewer


def _denoise_folder(denoise: DenoiseDock) -> None:
    """Denoise a folder of files, one of them damaged, in the Batch tab."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "cells"
        folder.mkdir()
        for seed in range(6):
            write_image(folder / f"cell {seed + 1}.tif", *_noisy_cells(seed))
        (folder / "cell 7.tif").write_bytes(b"II*\0 cut short")
        denoise.panel.tabs.setCurrentIndex(1)
        denoise.panel.batch.inputs.set_value((str(folder),))
        _let_qt_work(2)
        denoise.panel.batch.denoise.click()
        _let_qt_work(60, until=lambda: not denoise.panel.is_running())


def _noisy_cells(seed: int) -> tuple[NDArray[np.float32], Image]:
    """Return pixels of a generated image, and how to write them."""
    noisy = cells(side=256, seed=seed).noisy
    return noisy, Image(noisy, "YX")


def _swipe(compare: CompareDock) -> None:
    """Compare the two layers under the swipe line."""
    compare.set_mode("swipe")


def _let_qt_work(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Process events until a condition holds, or for so long."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end and not until():
        QApplication.processEvents()
        time.sleep(0.005)


def _take(viewer: Viewer, path: Path) -> None:
    """Take a picture of the whole window, once everything is drawn."""
    _let_qt_work(1)
    viewer.window.screenshot(str(path), canvas_only=False, flash=False)


if __name__ == "__main__":
    main()
