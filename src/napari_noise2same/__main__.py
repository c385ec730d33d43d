"""The program: ``napari-noise2same``, or ``python -m napari_noise2same`` as torchrun starts it."""

from __future__ import annotations

import json
import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line.

    SIGTERM is taken as Ctrl-C from the beginning, unless it is ignored.

    Raises
    ------
    SystemExit
        Always, with its exit code; with that of Ctrl-C where it was pressed while this loads.
    """
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from napari_noise2same.cli import main as run
    except KeyboardInterrupt:
        sentence = "Stopped before there was a result."
        sys.stderr.write(f"Error: {sentence}\n")
        if "--json" in sys.argv:
            sys.stdout.write(json.dumps({"error": sentence}) + "\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
