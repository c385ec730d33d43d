"""Live plot of the losses and of λ_inv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Signal
from qtpy.QtGui import QImage
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_noise2same.widgets.growing_table import GrowingTable
from napari_noise2same.widgets.plot_canvas import PlotCanvas
from napari_noise2same.widgets.plot_files import write_numbers, write_picture
from napari_noise2same.widgets.plot_legend import PlotLegend
from napari_noise2same.widgets.plot_series import SERIES, RunningMean
from napari_noise2same.widgets.save_dialog import ask_where_to_save

__all__ = ["LossPlot"]

_KEYS = ("step", *(series.key for series in SERIES))
_DECAY = 0.95
_PRINT_SCALE = 3


class LossPlot(QWidget):
    """Total, reconstruction, invariance and blind-spot loss, and λ_inv on its own axis.

    Losses of single steps are faint, their running mean is bold.

    Attributes
    ----------
    export_requested : str, callable
        The user wants this file; the function takes its path and writes it, in any thread.
    """

    export_requested = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self._raw = GrowingTable(_KEYS)
        self._smooth = GrowingTable(_KEYS)
        self._means = _new_means()
        self.canvas = PlotCanvas()
        self.legend = PlotLegend(SERIES)
        self.log = QCheckBox("Log scale")
        self.log.setToolTip("Show the losses on a logarithmic scale.")
        self.view_all = QPushButton("View all")
        self.view_all.setToolTip("Show all steps again after zooming with the mouse.")
        self.export = self._make_export_button()
        self._arrange()
        self.legend.changed.connect(lambda: self.canvas.set_visible(self.legend.value()))
        self.log.toggled.connect(self.canvas.set_log)
        self.view_all.clicked.connect(self.canvas.view_all)
        palette = self.palette()
        self.set_colours(palette.window().color().name(), palette.windowText().color().name())

    def value(self) -> Mapping[str, NDArray[np.float64]]:
        """Return the numbers of all steps by column."""
        return self._raw.to_dict()

    def append(self, points: Sequence[Mapping[str, float]]) -> None:
        """Add steps.

        Parameters
        ----------
        points : sequence of mapping of str to float
            ``step``, ``loss``, ``rec``, ``inv``, ``blind_spot`` and ``lambda_inv`` of each step;
            other keys are ignored.
        """
        if points:
            rows = [[point[key] for key in _KEYS] for point in points]
            self._extend(np.array(rows, dtype=np.float64).T)

    def set_history(self, columns: Mapping[str, NDArray[np.float64]]) -> None:
        """Show these steps instead of all before.

        Parameters
        ----------
        columns : mapping of str to ndarray, each of shape (n,)
            The same keys as for `append`.
        """
        self._forget()
        self._extend(np.array([columns[key] for key in _KEYS], dtype=np.float64))
        self.canvas.view_all()

    def clear(self) -> None:
        """Show an empty plot."""
        self._forget()
        self._extend(np.empty((len(_KEYS), 0)))
        self.canvas.view_all()

    def set_colours(self, background: str, foreground: str) -> None:
        """Follow a theme.

        Parameters
        ----------
        background, foreground : str
            Colours of the theme, such as ``"#262930"``.
        """
        for key, colour in self.canvas.set_colours(background, foreground).items():
            self.legend.set_colour(key, colour)

    def picture(self) -> QImage:
        """Return the plot with its legend as a picture, three times as large as on the screen."""
        # An image, unlike a pixmap, has all colours on a screen that has not.
        image = QImage(self._figure.size() * _PRINT_SCALE, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(_PRINT_SCALE)
        image.fill(self.canvas.backgroundBrush().color())
        self._figure.render(image)
        return image

    def _extend(self, columns: NDArray[np.float64]) -> None:
        """Add rows to the numbers and to their running means, and show them."""
        smooth = columns.copy()
        for key, mean in self._means.items():
            row = _KEYS.index(key)
            smooth[row] = mean.update(columns[row])
        self._raw.extend(columns)
        self._smooth.extend(smooth)
        self.canvas.set_columns(_views(self._raw), _views(self._smooth))

    def _forget(self) -> None:
        """Drop all numbers."""
        self._raw.clear()
        self._smooth.clear()
        self._means = _new_means()

    def _arrange(self) -> None:
        """Lay out the figure (what is exported) and the controls below it."""
        self._figure = QWidget()
        figure = QVBoxLayout(self._figure)
        figure.setContentsMargins(0, 0, 0, 0)
        figure.setSpacing(2)
        figure.addWidget(self.canvas, 1)
        figure.addWidget(self.legend)
        controls = QHBoxLayout()
        controls.addWidget(self.log)
        controls.addStretch(1)
        controls.addWidget(self.view_all)
        controls.addWidget(self.export)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._figure, 1)
        layout.addLayout(controls)

    def _make_export_button(self) -> QPushButton:
        """Make the button for pictures and numbers."""
        button = QPushButton("Export")
        menu = QMenu(button)
        menu.addAction("Picture (PNG)…", self._ask_png)
        menu.addAction("Numbers (CSV)…", self._ask_csv)
        button.setMenu(menu)
        return button

    def _ask_png(self) -> None:
        """Ask where to write the picture."""
        path = ask_where_to_save(self, "Export picture", "Pictures", "png", "training.png")
        if path:
            self.export_requested.emit(path, partial(write_picture, picture=self.picture()))

    def _ask_csv(self) -> None:
        """Ask where to write the numbers."""
        path = ask_where_to_save(self, "Export numbers", "Tables", "csv", "training.csv")
        if path:
            self.export_requested.emit(path, partial(write_numbers, columns=self.value()))


def _new_means() -> dict[str, RunningMean]:
    """Return the running mean of each series, before the first step."""
    return {series.key: RunningMean(_DECAY) for series in SERIES}


def _views(table: GrowingTable) -> dict[str, NDArray[np.float64]]:
    """Return the columns of a table without copying them."""
    return {name: table[name] for name in table.names}
