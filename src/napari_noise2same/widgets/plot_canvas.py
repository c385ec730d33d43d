"""The axes and curves of the loss plot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QSize
from qtpy.QtGui import QColor

from napari_noise2same.widgets.plot_limits import padded_limits, steady_limits
from napari_noise2same.widgets.plot_series import LAMBDA, LOSSES, SERIES, Series

__all__ = ["PlotCanvas"]

_SMOOTH_WIDTH = 2.0
_RAW_ALPHA = 60
# Thick lines are slow to draw: more points than this would not be seen.
_POINTS_PER_PIXEL = 1.0
_DIM = 0.5
# Wide enough for five digits and the label: the plot does not move when the numbers get longer.
_AXIS_WIDTH = 54
# Room for half of the topmost number, and for labels, which pyqtgraph sets beyond its axes.
_MARGINS = (0, 8, 4, 6)
_SIZE = QSize(300, 200)

Columns = Mapping[str, NDArray[np.float64]]


class PlotCanvas(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Losses on the left axis, λ_inv on the right one, steps below.

    Each curve is made once and only ever gets new data.
    """

    def __init__(self) -> None:
        super().__init__(background=None, enableMenu=False)
        self._log = False
        self._follow = True
        self._limits: dict[str, tuple[float, float] | None] = {}
        self._columns: tuple[Columns, Columns] = ({}, {})
        self._visible = frozenset(series.key for series in SERIES)
        self._right = self._add_right_axis()
        self.raw = {series.key: self._add_curve(series, "peak") for series in LOSSES}
        self.smooth = {series.key: self._add_curve(series, "subsample") for series in SERIES}
        self._set_up_axes()
        self.view_all()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return a modest size: a dock has much else to show."""
        return _SIZE

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size below which nothing can be read."""
        return QSize(160, 180)

    def set_columns(self, raw: Columns, smooth: Columns) -> None:
        """Show these numbers.

        Parameters
        ----------
        raw : mapping of str to ndarray, each of shape (n,)
            ``step`` and the value of each series at each step.
        smooth : mapping of str to ndarray, each of shape (n,)
            The same, smoothed.
        """
        self._columns = (raw, smooth)
        steps = raw["step"]
        for key, curve in self.raw.items():
            curve.setData(steps, raw[key])
        for key, curve in self.smooth.items():
            curve.setData(steps, smooth[key])
            # A line needs two points.
            curve.setSymbol("o" if steps.size == 1 else None)
        self._update_view()

    def set_visible(self, keys: frozenset[str]) -> None:
        """Show these series and hide the others.

        Parameters
        ----------
        keys : frozenset of str
            Their columns.
        """
        self._visible = keys
        for curves in (self.raw, self.smooth):
            for key, curve in curves.items():
                curve.setVisible(key in keys)
        self.view_all()

    def set_log(self, log: bool) -> None:
        """Choose the scale of the losses; λ_inv stays linear.

        Parameters
        ----------
        log : bool
            Whether it is logarithmic.
        """
        self._log = log
        self.getAxis("left").setLogMode(log)
        for series in LOSSES:
            self.raw[series.key].setLogMode(False, log)
            self.smooth[series.key].setLogMode(False, log)
        self.view_all()

    def set_colours(self, background: str, foreground: str) -> Mapping[str, str]:
        """Follow a theme.

        Parameters
        ----------
        background, foreground : str
            Colours of the theme.

        Returns
        -------
        mapping of str to str
            Colour of each series.
        """
        dark = QColor(background).lightnessF() < 0.5
        colours = {item.key: item.on_dark if dark else item.on_light for item in SERIES}
        for key, curve in self.smooth.items():
            curve.setPen(pg.mkPen(colours[key], width=_SMOOTH_WIDTH))
            curve.setSymbolBrush(colours[key])
            curve.setSymbolPen(None)
        for key, curve in self.raw.items():
            faint = QColor(colours[key])
            faint.setAlpha(_RAW_ALPHA)
            curve.setPen(pg.mkPen(faint, width=1))
        for name in ("left", "bottom", "right"):
            axis = self.getAxis(name)
            axis.setPen(_mix(foreground, background))
            axis.setTextPen(colours[LAMBDA.key] if name == "right" else foreground)
        self.setBackground(background)
        return colours

    def view_all(self) -> None:
        """Show all points, and again all when more come."""
        self._follow = True
        self._limits = {}
        self._update_view()

    def _add_right_axis(self) -> Any:
        """Add a second view over the first, with its own vertical axis."""
        item = self.getPlotItem()
        view = pg.ViewBox(enableMenu=False)
        view.setMouseEnabled(x=False, y=False)
        view.setZValue(item.getViewBox().zValue() + 1)
        item.showAxis("right")
        item.scene().addItem(view)
        item.getAxis("right").linkToView(view)
        view.setXLink(item)
        item.getViewBox().sigResized.connect(self._align)
        return view

    def _align(self) -> None:
        """Keep the second view on top of the first."""
        self._right.setGeometry(self.getPlotItem().getViewBox().sceneBoundingRect())

    def _add_curve(self, series: Series, method: str) -> Any:
        """Make a curve, once: thinned out to what the screen can show."""
        curve = pg.PlotDataItem(
            connect="finite",
            clipToView=True,
            autoDownsample=True,
            autoDownsampleFactor=_POINTS_PER_PIXEL,
            downsampleMethod=method,
        )
        # To the view itself: the plot would set its own thinning, which is none.
        view = self._right if series is LAMBDA else self.getPlotItem().getViewBox()
        view.addItem(curve)
        return curve

    def _set_up_axes(self) -> None:
        """Label the axes; the mouse moves and zooms the losses."""
        item = self.getPlotItem()
        item.hideButtons()
        # Never shown, but a window of its own, which would outlive the plot.
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())
        item.layout.setContentsMargins(*_MARGINS)
        item.setLabel("bottom", "step")
        item.setLabel("left", "loss")
        item.setLabel("right", LAMBDA.label)
        for name in ("left", "right", "bottom"):
            item.getAxis(name).enableAutoSIPrefix(False)
        for name in ("left", "right"):
            item.getAxis(name).setWidth(_AXIS_WIDTH)
        item.getViewBox().sigRangeChangedManually.connect(self._on_mouse)

    def _on_mouse(self) -> None:
        """Leave the view to the user, who looks at a part."""
        self._follow = False

    def _update_view(self) -> None:
        """Widen the view where points leave it; narrow it only when it is much too wide."""
        raw, smooth = self._columns
        steps = raw.get("step", np.empty(0))
        losses = [smooth[s.key] for s in LOSSES if s.key in self._visible and s.key in smooth]
        # Room for all that it was, so that a steady λ_inv looks steady.
        weights = [raw[LAMBDA.key]] if LAMBDA.key in raw else []
        right = self._steady("right", padded_limits(weights))
        self._right.setYRange(*right, padding=0)
        if not self._follow:
            return
        view = self.getPlotItem().getViewBox()
        view.setXRange(*self._steady("bottom", padded_limits([steps], margin=0.0)), padding=0)
        view.setYRange(*self._steady("left", padded_limits(losses, log=self._log)), padding=0)

    def _steady(self, axis: str, limits: tuple[float, float]) -> tuple[float, float]:
        """Return the limits of an axis and remember them."""
        chosen = steady_limits(self._limits.get(axis), limits)
        self._limits[axis] = chosen
        return chosen


def _mix(first: str, second: str) -> QColor:
    """Return a colour between two."""
    a, b = QColor(first), QColor(second)
    parts = zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)
    return QColor(*(round(_DIM * x + (1 - _DIM) * y) for x, y in parts))
