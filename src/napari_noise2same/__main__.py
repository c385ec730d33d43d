"""``python -m napari_noise2same``: the command line, as ``torchrun -m`` starts it."""

from __future__ import annotations

from napari_noise2same.cli import main

if __name__ == "__main__":
    main()
