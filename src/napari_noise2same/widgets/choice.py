"""A combo box of keys with names."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QComboBox

from napari_noise2same.widgets.quiet_wheel import ignore_wheel

__all__ = ["ChoiceBox"]


class ChoiceBox(QComboBox):
    """A choice of one key, shown by its name.

    Parameters
    ----------
    choices : mapping of hashable to str
        Name of each key, in order. Keys are kept as long as they can be chosen: give ids
        rather than objects that should be freed.
    """

    changed = Signal()

    def __init__(self, choices: Mapping[Hashable, str] | None = None) -> None:
        super().__init__()
        self._keys: list[Hashable] = []
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        ignore_wheel(self)
        self.set_choices(choices or {})
        self.currentIndexChanged.connect(self.changed)

    def value(self) -> Hashable:
        """Return the chosen key, or None if there is nothing to choose."""
        index = self.currentIndex()
        return self._keys[index] if 0 <= index < len(self._keys) else None

    def set_value(self, key: object) -> None:
        """Choose a key; nothing happens if it is not there.

        Parameters
        ----------
        key : hashable
            The key.
        """
        if key in self._keys:
            self.setCurrentIndex(self._keys.index(key))

    def set_choices(self, choices: Mapping[Hashable, str]) -> None:
        """Replace what can be chosen; the chosen key stays if it is still there.

        Parameters
        ----------
        choices : mapping of hashable to str
            Name of each key, in order.
        """
        chosen, before = self.currentIndex() >= 0, self.value()
        with QSignalBlocker(self):
            self.clear()
            self._keys = list(choices)
            self.addItems(list(choices.values()))
            if chosen:
                self.set_value(before)
        if self.value() != before:
            self.changed.emit()
