"""The program: ``napari-noise2same``, or ``python -m napari_noise2same`` as torchrun starts it."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line.

    Raises
    ------
    SystemExit
        Always, with its exit code; with that of Ctrl-C where it was pressed while this loads.
    """
    try:
        from napari_noise2same.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
