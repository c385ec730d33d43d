"""Who makes a result: this process, several ones, or a cluster."""

from __future__ import annotations

import os
import re

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox

from napari_noise2same.core.settings import local_workers
from napari_noise2same.widgets.quiet_wheel import ignore_wheel

__all__ = ["SchedulerBox"]

_HERE = "This process"


class SchedulerBox(QComboBox):
    """A choice of numbers of processes; any number, or the address of a scheduler, can be typed.

    Whether an address is one is for the validation to say.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.addItems([_HERE, *map(_processes, _numbers())])
        ignore_wheel(self)
        self.editTextChanged.connect(self.changed)

    def value(self) -> str:
        """Return the name of a scheduler, or what was typed instead."""
        text = self.currentText().strip()
        if text == _HERE:
            return "threads"
        number = re.fullmatch(r"(\d+)( process(es)?)?", text)
        return f"local:{number[1]}" if number else text

    def set_value(self, name: str) -> None:
        """Show a scheduler.

        Parameters
        ----------
        name : str
            Its name, as in `ResultConfig`.
        """
        number = local_workers(name)
        self.setEditText(_HERE if name == "threads" else _processes(number) if number else name)


def _numbers() -> list[int]:
    """Return the numbers of processes to offer: powers of two, and all cores."""
    cores = max(os.cpu_count() or 2, 2)
    return sorted({2**i for i in range(1, cores.bit_length()) if 2**i <= cores} | {cores})


def _processes(number: int) -> str:
    """Name so many processes."""
    return f"{number} process{'es' * (number != 1)}"
