"""What ends with a dock, and when."""

import subprocess
import sys


def test_nothing_is_touched_when_a_script_ends_without_an_event_loop() -> None:
    code = (
        "from qtpy.QtWidgets import QApplication, QWidget;"
        "from napari_noise2same._napari.dock_parts import when_gone;"
        "application, dock = QApplication([]), QWidget();"
        "when_gone(dock, lambda: print('touched'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == done.stderr == ""
