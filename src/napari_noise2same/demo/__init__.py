"""The first thing to run: a generated scene, denoised and compared with the truth."""

from __future__ import annotations

from napari_noise2same.demo.run import DemoReport, run_demo
from napari_noise2same.demo.window import window_obstacle

__all__ = ["DemoReport", "run_demo", "window_obstacle"]
