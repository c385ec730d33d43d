"""A combo box of keys with names."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QPaintEvent
from qtpy.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

from napari_noise2same.widgets.quiet_wheel import ignore_wheel

__all__ = ["ChoiceBox"]

# Pixels that Qt leaves free on each side of the name.
_FIELD_MARGIN = 2


class ChoiceBox(QComboBox):
    """A choice of one key, shown by its name; of a long one the middle is left out.

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
        # Names often differ at their end alone.
        view = self.view()
        assert view is not None  # every combo box has one
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        ignore_wheel(self)
        self.set_choices(choices or {})
        self.currentIndexChanged.connect(self.changed)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        """Leave out the middle of a long name: Qt cuts off its end."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter, style = QStylePainter(self), self.style()
        assert style is not None  # every widget has one
        control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        field = style.subControlRect(control, option, part, self)
        painter.drawComplexControl(control, option)
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideMiddle, field.width() - 2 * _FIELD_MARGIN
        )
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

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
