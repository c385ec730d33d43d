"""Layers with check boxes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from qtpy.QtCore import QEvent, QObject, QSignalBlocker, QSize, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

__all__ = ["LayerList"]

_MOST_ROWS = 4
# Pixels that a row has beside its text.
_ROW_FRAME = 6
_FRAME = 6


class LayerList(QWidget):
    """Which layers to use: the active one, or those that are ticked.

    While it follows, the active layer alone is ticked, but for what a command uses until another
    layer is active. Ticking by hand ends that.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[Hashable] = []
        self._active: Hashable | None = None
        self.list = QListWidget()
        self.list.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        # Names often differ at their end alone.
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setToolTip("Images to use. Those of the same kind can be used together.")
        self.follow = QCheckBox("Follow the active layer")
        self.follow.setToolTip("Use the layer that is selected in napari's layer list.")
        self.follow.setChecked(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.list)
        layout.addWidget(self.follow)
        self.list.itemChanged.connect(self._on_ticked)
        self.follow.toggled.connect(self._on_follow)
        self._fit_height()
        self.list.installEventFilter(self)

    def value(self) -> tuple[Hashable, ...]:
        """Return the keys of the ticked layers, in the order of the list."""
        return tuple(
            key
            for row, key in enumerate(self._keys)
            if self._item(row).checkState() == Qt.CheckState.Checked
        )

    def set_value(self, keys: Iterable[Hashable]) -> None:
        """Tick these layers and no other; no longer follow the active one if that is another.

        Parameters
        ----------
        keys : iterable of hashable
            Keys of layers in the list.
        """
        wanted = set(keys)
        if wanted not in ({self._active}, set(self.value())):
            with QSignalBlocker(self.follow):
                self.follow.setChecked(False)
        self._tick(wanted)

    def use(self, keys: Iterable[Hashable]) -> None:
        """Tick these layers and no other, and follow the active one as before.

        Parameters
        ----------
        keys : iterable of hashable
            Keys of layers in the list.
        """
        self._tick(set(keys))

    def set_layers(
        self,
        names: Mapping[Hashable, str],
        active: Hashable | None = None,
        otherwise: Iterable[Hashable] = (),
    ) -> None:
        """Replace the list; ticks stay with their keys.

        Parameters
        ----------
        names : mapping of hashable to str
            Name of each layer by an opaque key that outlives renaming. Give ids, not layers.
        active : hashable, optional
            Key of the active layer; None if it is none of these, which then changes nothing.
        otherwise : iterable of hashable
            Keys of layers to tick if none is active or ticked, for as long as that is followed.
        """
        before = self.value()
        ticked = set(before)
        with QSignalBlocker(self.list):
            self.list.clear()
            self._keys = list(names)
            for key, name in names.items():
                self.list.addItem(self._new_item(name, key in ticked))
        self._active = active if active in names else None
        if self.follow.isChecked():
            active_alone = set() if self._active is None else {self._active}
            self._set_ticks(active_alone or set(self.value()) or set(otherwise))
        self._fit_height()
        if self.value() != before:
            self.changed.emit()

    def eventFilter(self, rows: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Make room for another font."""
        if event is not None and event.type() == QEvent.Type.FontChange:
            self._fit_height()
        return super().eventFilter(rows, event)

    def _new_item(self, name: str, ticked: bool) -> QListWidgetItem:
        """Make a row."""
        item = QListWidgetItem(name)
        item.setToolTip(name)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        return item

    def _item(self, row: int) -> QListWidgetItem:
        """Return a row that is there."""
        item = self.list.item(row)
        assert item is not None
        return item

    def _on_ticked(self) -> None:
        """Stop following: a tick of the user is a choice."""
        with QSignalBlocker(self.follow):
            self.follow.setChecked(False)
        self.changed.emit()

    def _on_follow(self, follow: bool) -> None:
        """Go back to the active layer."""
        if follow and self._active is not None:
            self._tick({self._active})

    def _tick(self, keys: set[Hashable]) -> None:
        """Tick these layers and tell about a change."""
        before = self.value()
        self._set_ticks(keys)
        if self.value() != before:
            self.changed.emit()

    def _set_ticks(self, keys: set[Hashable]) -> None:
        """Tick these layers."""
        with QSignalBlocker(self.list):
            for row, key in enumerate(self._keys):
                state = Qt.CheckState.Checked if key in keys else Qt.CheckState.Unchecked
                self._item(row).setCheckState(state)

    def _fit_height(self) -> None:
        """As high as its rows, up to a few, and these as high as their text."""
        height = self.list.fontMetrics().height() + _ROW_FRAME
        with QSignalBlocker(self.list):
            for row in range(len(self._keys)):
                self._item(row).setSizeHint(QSize(0, height))
        rows = min(max(len(self._keys), 1), _MOST_ROWS)
        self.list.setFixedHeight(rows * height + _FRAME)
