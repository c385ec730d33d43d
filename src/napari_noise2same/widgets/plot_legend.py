"""A legend whose entries switch curves on and off."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QGridLayout, QPushButton, QWidget

from napari_noise2same.widgets.plot_series import Series

__all__ = ["PlotLegend"]

_COLUMNS = 3
_SWATCH = QSize(18, 10)


class PlotLegend(QWidget):
    """One toggle for each curve, with its colour.

    Parameters
    ----------
    series : sequence of Series
        The curves.
    """

    changed = Signal()

    def __init__(self, series: Sequence[Series]) -> None:
        super().__init__()
        self.buttons = {item.key: _toggle(item) for item in series}
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for i, button in enumerate(self.buttons.values()):
            layout.addWidget(button, i // _COLUMNS, i % _COLUMNS)
            button.toggled.connect(self.changed)

    def value(self) -> frozenset[str]:
        """Return the keys of the curves that show."""
        return frozenset(key for key, button in self.buttons.items() if button.isChecked())

    def set_value(self, keys: frozenset[str]) -> None:
        """Show these curves and no other.

        Parameters
        ----------
        keys : frozenset of str
            Keys of the curves.
        """
        for key, button in self.buttons.items():
            button.setChecked(key in keys)

    def set_colour(self, key: str, colour: str) -> None:
        """Paint a curve's swatch.

        Parameters
        ----------
        key : str
            Key of the curve.
        colour : str
            Its colour.
        """
        self.buttons[key].setIcon(_swatch(colour))


def _toggle(series: Series) -> QPushButton:
    """Make the button of a curve: faint while the curve is hidden."""
    button = QPushButton(series.label)
    button.setCheckable(True)
    button.setChecked(True)
    button.setIconSize(_SWATCH)
    button.setToolTip(f"{series.tooltip}\nClick to hide or show it.")
    button.setStyleSheet("text-align: left; border: none; background: transparent; padding: 2px;")
    return button


def _swatch(colour: str) -> QIcon:
    """Return a thick line; a thin one for the hidden curve."""
    icon = QIcon()
    for state, width, alpha in ((QIcon.State.On, 3.0, 255), (QIcon.State.Off, 1.0, 90)):
        pixmap = QPixmap(_SWATCH * 2)
        pixmap.setDevicePixelRatio(2)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        line = QColor(colour)
        line.setAlpha(alpha)
        painter.setPen(QPen(line, width))
        middle = _SWATCH.height() // 2
        painter.drawLine(1, middle, _SWATCH.width() - 1, middle)
        painter.end()
        icon.addPixmap(pixmap, QIcon.Mode.Normal, state)
    return icon
