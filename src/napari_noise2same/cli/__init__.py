"""The command line: ``napari-noise2same train|denoise|evaluate|info|demo``."""

from __future__ import annotations

from napari_noise2same.cli.app import app, main

__all__ = ["app", "main"]
