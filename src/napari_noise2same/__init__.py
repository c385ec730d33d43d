"""Self-supervised denoising with Noise2Same: a napari plugin, a Python API and a command line.

Importing this package is cheap on purpose: napari does so when it looks for plugins. The engine,
`napari_noise2same.core`, is imported by whoever needs it.
"""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
